/**
 * Style and behaviour of the comparison page, written into it. Colours are Okabe and Ito's, told apart with any colour
 * vision; a miss is also striped, a false alarm outlined, so that kinds differ without colour.
 */

export const PAGE_STYLE = `
:root { color-scheme: light dark; --ground: #fff; --ink: #1a1a1a; --line: #767676; --turn: #b9bec6; --miss: #0072b2; --false-alarm: #e69f00; --confusion: #d55e00; --unscored: #8882; }
@media (prefers-color-scheme: dark) { :root { --ground: #16181c; --ink: #ececec; --line: #909090; --turn: #565d69; --miss: #56b4e9; } }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 100rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: .5rem 0; } caption { text-align: left; font-weight: 600; }
th, td { padding: .2rem .8rem .2rem 0; text-align: left; font-variant-numeric: tabular-nums; }
.totals { display: block; overflow-x: auto; } thead th { border-bottom: 1px solid var(--line); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; border: 1px solid var(--line); border-radius: 6px; }
.swatch { width: 28px; height: 14px; vertical-align: -2px; } .patterns { position: absolute; }
.tools { display: flex; flex-wrap: wrap; gap: .4rem; margin: .5rem 0; }
button { font: inherit; padding: .2rem .7rem; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 6px; cursor: pointer; }
button:focus-visible, .scroll:focus-visible, .errors:focus-visible, input:focus-visible, summary:focus-visible { outline: 3px solid var(--miss); outline-offset: 2px; }
.timeline { display: grid; grid-template-columns: minmax(6rem, 14rem) 1fr; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.names { border-right: 1px solid var(--line); } .axis-space, .axis { height: 24px; position: relative; overflow: hidden; }
.lane { height: 24px; line-height: 24px; padding: 0 .5rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-size: 13px; }
.heading { font-weight: 700; } .scroll { overflow-x: auto; } .stretch { min-width: 100%; }
.stretch svg { display: block; width: 100%; }
.tick { position: absolute; top: 2px; font-size: 12px; padding-left: 3px; border-left: 1px solid var(--line); white-space: nowrap; }
rect { vector-effect: non-scaling-stroke; }
.turn { fill: var(--turn); } .unscored { fill: var(--unscored); }
.miss { fill: url(#striped); stroke: var(--miss); } .miss-ground { fill: var(--ground); } .miss-ink { fill: var(--miss); }
.false-alarm { fill: var(--false-alarm); stroke: var(--ink); stroke-dasharray: 3 2; } .confusion { fill: var(--confusion); }
.hide-miss .timeline .miss, .hide-false-alarm .timeline .false-alarm, .hide-confusion .timeline .confusion,
.hide-miss tr[data-kind=miss], .hide-false-alarm tr[data-kind=false-alarm], .hide-confusion tr[data-kind=confusion] { display: none; }
.errors { max-height: 24rem; overflow: auto; } tr[aria-current] { outline: 2px solid var(--confusion); }
summary { cursor: pointer; margin: .5rem 0; } kbd { border: 1px solid var(--line); border-radius: 4px; padding: 0 .3em; }
`;

export const PAGE_SCRIPT = `
'use strict';
for (const section of document.querySelectorAll('section')) {
  const timeline = section.querySelector('.timeline');
  const scroll = section.querySelector('.scroll');
  const stretch = section.querySelector('.stretch');
  const axis = section.querySelector('.axis');
  const from = Number(timeline.dataset.from);
  const length = Math.max(Number(timeline.dataset.to) - from, 0.001);
  const rows = [...section.querySelectorAll('tr[data-start]')];
  let zoom = 1;
  let current = -1;

  const clock = (time) => {
    const whole = Math.abs(Math.round(time * 1000));
    const pad = (number) => String(number).padStart(2, '0');
    const hours = Math.floor(whole / 3600000);
    const rest = Math.floor(whole / 60000) % 60;
    const part = whole % 1000 ? '.' + String(whole % 1000).padStart(3, '0').replace(/0+$/, '') : '';
    return (time < 0 ? '\\u2212' : '') + (hours ? hours + ':' + pad(rest) : rest) + ':' + pad(Math.floor(whole / 1000) % 60) + part;
  };

  const drawAxis = () => {
    const pixelsPerSecond = stretch.clientWidth / length;
    const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400];
    const step = steps.find((one) => one * pixelsPerSecond >= 80) || 604800;
    const first = from + scroll.scrollLeft / pixelsPerSecond - step;
    const last = first + scroll.clientWidth / pixelsPerSecond + 2 * step;
    axis.textContent = '';
    for (let n = Math.ceil(Math.max(first, from) / step); n * step <= Math.min(last, from + length); n++) {
      const tick = document.createElement('span');
      tick.className = 'tick';
      tick.style.left = (n * step - from) * pixelsPerSecond + 'px';
      tick.textContent = clock(n * step);
      axis.append(tick);
    }
  };

  // Zooms so that the moment at x pixels of the view stays where it is.
  const setZoom = (wanted, x = scroll.clientWidth / 2) => {
    const moment = (scroll.scrollLeft + x) / stretch.clientWidth;
    zoom = Math.min(Math.max(wanted, 1), Math.max(1, Math.min(20 * length, 8000000 / scroll.clientWidth)));
    stretch.style.width = 100 * zoom + '%';
    scroll.scrollLeft = moment * stretch.clientWidth - x;
    drawAxis();
  };

  const goTo = (row) => {
    for (const other of rows) other.removeAttribute('aria-current');
    row.setAttribute('aria-current', 'true');
    current = rows.indexOf(row);
    const start = Number(row.dataset.start);
    const end = Number(row.dataset.end);
    if (((end - start) / length) * stretch.clientWidth < 8) setZoom((8 * length) / ((end - start) * scroll.clientWidth));
    scroll.scrollLeft = (((start + end) / 2 - from) / length) * stretch.clientWidth - scroll.clientWidth / 2;
    const cells = [...row.cells].map((cell) => cell.textContent);
    const speakers = [cells[5] && 'reference ' + cells[5], cells[6] && 'hypothesis ' + cells[6]].filter(Boolean).join(', ');
    document.getElementById('announcer').textContent = cells[4] + ' in ' + cells[3] + ' from ' + cells[0] + ' to ' + cells[1] + ': ' + speakers;
  };

  const step = (by) => {
    for (let at = current + by; at >= 0 && at < rows.length; at += by) {
      if (document.body.classList.contains('hide-' + rows[at].dataset.kind)) continue;
      return goTo(rows[at]);
    }
    document.getElementById('announcer').textContent = by > 0 ? 'No later error' : 'No earlier error';
  };

  const actions = {
    in: () => setZoom(zoom * 2),
    out: () => setZoom(zoom / 2),
    all: () => setZoom(1),
    next: () => step(1),
    previous: () => step(-1),
  };
  section.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    if (button.dataset.do === 'go') goTo(button.closest('tr'));
    else actions[button.dataset.do]();
  });
  const keys = { '+': 'in', '=': 'in', '-': 'out', 0: 'all', n: 'next', p: 'previous' };
  scroll.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    actions[keys[event.key]]();
  });
  scroll.addEventListener('wheel', (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    setZoom(zoom * (event.deltaY < 0 ? 1.25 : 0.8), event.clientX - scroll.getBoundingClientRect().left);
  }, { passive: false });
  scroll.addEventListener('scroll', drawAxis);
  addEventListener('resize', drawAxis);
  drawAxis();
}
for (const box of document.querySelectorAll('input[data-kind]')) {
  box.addEventListener('change', () => document.body.classList.toggle('hide-' + box.dataset.kind, !box.checked));
}
`;
