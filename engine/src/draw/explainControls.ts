/**
 * How the page is used: pointer, keys, zoom, sound; then the plots are put into their places. Plain JavaScript as text, the
 * second half of {@link EXPLAIN_SCRIPT}.
 */
export const EXPLAIN_CONTROLS: string = `
// ---- pointer and keys
function listen(self) {
  const { canvas } = self;
  let drag;
  const timeOf = (event) => geometry(self).t(event.clientX - canvas.getBoundingClientRect().left);
  canvas.addEventListener('pointermove', (event) => {
    const g = geometry(self);
    if (drag && self.range() === view) {
      if (Math.abs(event.clientX - drag.x) > 3) drag.moved = true;
      if (drag.moved) move(drag.from - ((event.clientX - drag.x) / (g.right - g.left)) * (view.to - view.from));
    }
    point(timeOf(event), self, event.clientY - canvas.getBoundingClientRect().top);
  });
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    drag = { x: event.clientX, from: view.from, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointerup', (event) => {
    if (!(drag && drag.moved) && self.onPick) self.onPick(timeOf(event), event.clientY - canvas.getBoundingClientRect().top);
    drag = undefined;
  });
  canvas.addEventListener('pointercancel', () => { drag = undefined; });
  canvas.addEventListener('pointerleave', () => { if (document.activeElement !== canvas) point(undefined); });
  canvas.addEventListener('wheel', (event) => {
    if (!(event.ctrlKey || event.metaKey) || self.range() !== view) return;
    event.preventDefault();
    zoom(Math.exp(event.deltaY * 0.004), timeOf(event));
  }, { passive: false });
  canvas.addEventListener('dblclick', (event) => { if (self.range() === view) zoom(0.4, timeOf(event)); });
  canvas.addEventListener('keydown', (event) => {
    const { from, to } = self.range();
    const step = (to - from) * (event.shiftKey ? 0.1 : 0.01);
    const now = cursor === undefined || cursor < from || cursor > to ? (from + to) / 2 : cursor;
    if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      const next = Math.min(duration, Math.max(0, now + (event.key === 'ArrowRight' ? step : -step)));
      if (self.range() === view && (next > view.to || next < view.from)) move(view.from + next - now);
      point(next, self, undefined, true);
    } else if (event.key === 'Home' || event.key === 'End') point(event.key === 'Home' ? from : to, self, undefined, true);
    else if (event.key === '+' || event.key === '=') zoom(0.5, now);
    else if (event.key === '-') zoom(2, now);
    else if (event.key === '0') show(0, duration);
    else if (event.key === 'Enter' && self.onPick) self.onPick(now);
    else return;
    event.preventDefault();
  });
}
function point(t, self, y, aloud = false) {
  cursor = t;
  placeCursors();
  for (const one of plots) {
    if (!one.output) continue;
    one.output.setAttribute('aria-live', aloud && one === self ? 'polite' : 'off');
    one.output.textContent = isIn(one, t) ? one.read(t, one === self ? y : undefined) : '';
  }
}
function isIn(one, t) {
  const { from, to } = one.range();
  return t !== undefined && t >= from && t <= to;
}
function placeCursors() {
  for (const one of plots) {
    const inside = isIn(one, cursor);
    one.bar.style.display = inside ? 'block' : 'none';
    if (inside) one.bar.style.transform = 'translateX(' + geometry(one).x(cursor) + 'px)';
  }
}
function show(from, to) {
  const length = Math.min(duration, Math.max(shortest, to - from));
  view.from = Math.min(Math.max(0, from), duration - length);
  view.to = view.from + length;
  schedule();
}
const move = (from) => show(from, from + view.to - view.from);
const zoom = (factor, about = (view.from + view.to) / 2) => show(about - (about - view.from) * factor, about + (view.to - about) * factor);
let due = false;
function schedule() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    for (const one of plots) paint(one);
    document.getElementById('shown').textContent = clock(view.from, 1) + ' – ' + clock(view.to, 1) + ' of ' + clock(duration, 1);
    placeCursors();
  });
}

// ---- sound, where the page carries it
const player = document.getElementById('player');
let stopAt = Number.POSITIVE_INFINITY;
if (player) {
  player.src = URL.createObjectURL(new Blob([bytes(document.getElementById('sound').textContent)], { type: 'audio/wav' }));
  const follow = () => {
    point(player.currentTime);
    if (player.currentTime >= stopAt) { player.pause(); stopAt = Number.POSITIVE_INFINITY; }
    if (!player.paused) requestAnimationFrame(follow);
  };
  player.addEventListener('play', follow);
}
function play([start, end]) {
  if (start < view.from || end > view.to) move(start - 0.1 * (view.to - view.from));
  if (!player) return point(start);
  player.currentTime = start;
  stopAt = end;
  player.play();
}
const pick = (list, inOneRow) => (t, y) => {
  const row = y === undefined || inOneRow ? undefined : Math.floor(y / TURN_ROW);
  const found = turnAt(list, t).find(([, , s]) => row === undefined || s === row);
  if (found) play(found);
};

// ---- the whole recording, above
const whole = { from: 0, to: duration };
plot('overview', 22, (c, g, bottom) => {
  plain(c, g, 0, bottom);
  label(c, g, bottom / 2, 'whole recording');
  for (const [start, end, s] of exclusiveTurns) {
    c.fillStyle = speakerColour(s);
    c.fillRect(g.x(start), 4, Math.max(0.7, g.x(end) - g.x(start)), bottom - 8);
  }
  c.strokeStyle = colours.accent;
  c.lineWidth = 2;
  c.strokeRect(g.x(view.from), 1, Math.max(3, g.x(view.to) - g.x(view.from)), bottom - 2);
}, () => '', { range: () => whole, axis: false, onPick: (t) => move(t - (view.to - view.from) / 2) });
plot('wave', 72, drawWave, readWave, { onPick: (t) => point(t) });
if (win) {
  plot('window', FLAG + win.sets.length * SET_ROW + 8 + win.numSpeakers * OWN_ROW, drawWindow, readWindow, { range: windowRange });
  const height = rowEnds.length * brickHeight();
  const pickBrick = (t, y) => {
    const brick = y === undefined ? brickHearing(t) : brickAt(t, y);
    if (brick) chooseChunk(brick.chunk);
  };
  plot('bricks', height, bricksDrawer((_, s) => colours.local[s % 4], 'windows'), readBricks((_, s) => 'local speaker ' + (s + 1)), { onPick: pickBrick });
  plot('clustered', height, bricksDrawer((brick, s) => speakerColour(brick.owners[s]), 'windows'), readBricks((brick, s) => nameOf(brick.owners[s])), { onPick: pickBrick });
  const slider = document.getElementById('choose');
  slider.max = String(win.chunks.length - 1);
  slider.addEventListener('input', () => choose(Number(slider.value)));
  choose(chosen);
}
if (line) {
  plot('count', 64, drawCount, readCount);
  if (speakers.length > 0) plot('votes', speakers.length * VOTE_ROW, drawVotes, readVotes);
}
plot('turns', named * TURN_ROW, turnsDrawer(turns, false), readTurns(turns), { onPick: pick(turns, false) });
plot('exclusive', TURN_ROW, turnsDrawer(exclusiveTurns, true), readTurns(exclusiveTurns), { onPick: pick(exclusiveTurns, true) });

for (const [id, act] of [['in', () => zoom(0.5)], ['out', () => zoom(2)], ['all', () => show(0, duration)], ['left', () => move(view.from - (view.to - view.from) * 0.5)], ['right', () => move(view.from + (view.to - view.from) * 0.5)]])
  document.getElementById('zoom-' + id).addEventListener('click', act);

// ---- the embeddings: pointing at one tells which window it is of
const svg = document.getElementById('scatter');
if (svg) {
  const output = document.getElementById('scatter-read');
  const marks = [...svg.querySelectorAll('[data-i]')].sort((a, b) => a.dataset.i - b.dataset.i);
  let on;
  const tell = (mark) => {
    if (on) on.classList.remove('on');
    on = mark;
    if (!mark) { output.textContent = ''; return; }
    mark.classList.add('on');
    const { speaker, training, start } = run.points[mark.dataset.i];
    output.textContent = nameOf(speaker) + (training ? '' : ', assigned only') + ' · local speaker ' + (Number(mark.dataset.l) + 1) + ' of window ' + (Number(mark.dataset.c) + 1) + ', from ' + clock(start, 1);
  };
  svg.addEventListener('pointermove', (event) => tell(event.target.closest('[data-i]')));
  svg.addEventListener('pointerleave', () => tell(undefined));
  svg.addEventListener('click', (event) => {
    const mark = event.target.closest('[data-i]');
    if (mark && win) chooseChunk(Number(mark.dataset.c));
  });
  svg.setAttribute('tabindex', '0');
  svg.addEventListener('keydown', (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by || marks.length === 0) return;
    output.setAttribute('aria-live', 'polite');
    tell(marks[(marks.indexOf(on) + by + marks.length) % marks.length]);
    event.preventDefault();
  });
}

// ---- the table: a row leads to its turn
const rows = document.querySelectorAll('#table tbody tr');
rows.forEach((row, i) => {
  row.addEventListener('click', () => play(turns[i]));
  if (!player) return;
  const button = document.createElement('button');
  button.textContent = '▶';
  button.setAttribute('aria-label', 'Play turn ' + (i + 1));
  row.lastElementChild.prepend(button);
});

readColours();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { readColours(); schedule(); });
new ResizeObserver(schedule).observe(document.querySelector('main'));
document.documentElement.dataset.ready = 'yes';
schedule();
`;
