/**
 * How the page's plots are drawn: plain JavaScript as text, the first half of {@link EXPLAIN_SCRIPT}. Each plot has a
 * canvas, a height, a function that draws it and one that says in words what it shows at a time.
 */
export const EXPLAIN_PLOTS: string = `
const run = JSON.parse(document.getElementById('run').textContent);
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const { duration, speakers, turns, exclusiveTurns } = run;
const wave = bytes(run.wave.data);
const win = run.windows && { ...run.windows, scores: bytes(run.windows.scores), active: bytes(run.windows.active) };
const line = run.timeline && { ...run.timeline, count: bytes(run.timeline.count), votes: bytes(run.timeline.votes) };
const NOBODY = 255;
const AXIS = 18;
const view = { from: 0, to: duration };
const shortest = Math.min(duration, 0.5);
let chosen = win ? win.telling : 0;
let cursor;
let colours = {};

// ---- time and text
const nameOf = (s) => (s === NOBODY ? 'nobody' : speakers[s].label);
const percent = (byte) => Math.round(byte / 2.55) + ' %';
function clock(t, digits = 2) {
  const whole = Math.max(0, t);
  const h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60, s = (whole % 60).toFixed(digits);
  if (duration < 60) return s + ' s';
  const pad = (text) => (Number.parseFloat(text) < 10 ? '0' + text : text);
  return (duration >= 3600 ? h + ':' + pad(String(m)) : String(m)) + ':' + pad(s);
}
function readColours() {
  const css = getComputedStyle(document.documentElement);
  const of = (name) => css.getPropertyValue('--' + name).trim();
  colours = Object.fromEntries(['bg', 'ink', 'soft', 'line', 'plot', 'brick', 'wave', 'heat', 'accent'].map((name) => [name, of(name)]));
  colours.speaker = Array.from({ length: 10 }, (_, i) => of('s' + i));
  colours.local = Array.from({ length: 4 }, (_, i) => of('l' + i));
}
const speakerColour = (s) => (s === NOBODY ? colours.soft : colours.speaker[s % 10]);

// ---- plots: each knows its height, how to draw itself and what to say about a time
const plots = [];
function plot(id, height, draw, read, { range = () => view, axis = true, onPick } = {}) {
  const canvas = document.getElementById(id);
  if (!canvas) return;
  const box = canvas.parentElement;
  const bar = box.appendChild(document.createElement('div'));
  bar.className = 'cursor';
  const self = { id, canvas, bar, height: height + (axis ? AXIS : 0), draw, read, range, axis, onPick, output: document.getElementById(id + '-read') };
  canvas.style.height = self.height + 'px';
  canvas.tabIndex = 0;
  canvas.setAttribute('aria-keyshortcuts', 'ArrowLeft ArrowRight + - 0');
  plots.push(self);
  listen(self);
}
const gutter = (width) => (width < 640 ? 84 : 116);
function geometry(self) {
  const width = self.canvas.clientWidth, left = gutter(width), right = width - 6;
  const { from, to } = self.range();
  return { width, left, right, from, to, x: (t) => left + ((t - from) / (to - from)) * (right - left), t: (x) => from + ((x - left) / (right - left)) * (to - from) };
}
function paint(self) {
  const { canvas } = self;
  const ratio = window.devicePixelRatio || 1;
  const g = geometry(self);
  if (g.width === 0) return;
  canvas.width = Math.round(g.width * ratio);
  canvas.height = Math.round(self.height * ratio);
  const c = canvas.getContext('2d');
  c.scale(ratio, ratio);
  c.font = '12px ' + getComputedStyle(document.body).fontFamily;
  c.textBaseline = 'middle';
  const bottom = self.height - (self.axis ? AXIS : 0);
  if (self.axis) ticks(c, g, bottom);
  c.save();
  self.draw(c, g, bottom);
  c.restore();
}
function plain(c, g, top, bottom) { c.fillStyle = colours.plot; c.fillRect(g.left, top, g.right - g.left, bottom - top); }
function label(c, g, y, text, colour) {
  if (colour) { c.fillStyle = colour; c.fillRect(0, y - 5, 4, 10); }
  c.fillStyle = colours.ink;
  c.textAlign = 'left';
  let shown = text;
  while (shown.length > 3 && c.measureText(shown).width > g.left - 16) shown = shown.slice(0, -2) + '…';
  c.fillText(shown, 9, y);
}
function ticks(c, g, bottom) {
  const room = (g.right - g.left) / (duration < 60 ? 60 : 84);
  const step = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400].find((s) => (g.to - g.from) / s <= room) || 28800;
  c.textAlign = 'center';
  for (let k = Math.ceil(g.from / step - 1e-9); k * step <= g.to + 1e-9; k++) {
    const x = g.x(k * step);
    c.fillStyle = colours.line;
    c.fillRect(Math.round(x), bottom, 1, 5);
    c.fillStyle = colours.soft;
    const half = 22;
    c.fillText(clock(k * step, step < 0.1 ? 2 : step < 1 ? 1 : 0), Math.min(Math.max(x, g.left + half - 12), g.right - half + 4), bottom + 11);
  }
}
function clip(c, g, bottom) { c.beginPath(); c.rect(g.left, 0, g.right - g.left, bottom); c.clip(); }

// 1 the sound
function drawWave(c, g, bottom) {
  plain(c, g, 0, bottom);
  label(c, g, bottom / 2, 'sound');
  clip(c, g, bottom);
  c.fillStyle = colours.wave;
  const bins = wave.length / 2, size = run.wave.binDuration;
  for (let x = g.left; x < g.right; x++) {
    const a = Math.max(0, Math.floor(g.t(x) / size)), b = Math.min(bins - 1, Math.floor((g.t(x + 1)) / size));
    let low = 255, high = 0;
    for (let i = a; i <= b; i++) { low = Math.min(low, wave[2 * i]); high = Math.max(high, wave[2 * i + 1]); }
    if (high < low) continue;
    const top = (1 - high / 255) * (bottom - 4) + 2;
    c.fillRect(x, top, 1, Math.max(1, ((high - low) / 255) * (bottom - 4)));
  }
}
function readWave(t) {
  const i = Math.floor(t / run.wave.binDuration);
  if (i < 0 || 2 * i >= wave.length) return clock(t);
  const value = (byte) => ((byte / 127.5 - 1) * run.wave.peak).toFixed(3);
  return clock(t) + ' · from ' + value(wave[2 * i]) + ' to ' + value(wave[2 * i + 1]);
}

// 2 one window, enlarged
const startOf = (i) => win.chunks[i] * win.step;
const setName = (mask) => {
  const members = Array.from({ length: win.numSpeakers }, (_, s) => s).filter((s) => mask & (1 << s)).map((s) => s + 1);
  return members.length === 0 ? 'nobody' : members.join(' + ');
};
const FLAG = 26, SET_ROW = 17, OWN_ROW = 15;
function drawWindow(c, g, bottom) {
  const start = startOf(chosen);
  const shared = (t) => g.left + ((t - view.from) / (view.to - view.from)) * (g.right - g.left);
  c.save();
  clip(c, g, FLAG);
  c.fillStyle = colours.accent;
  c.globalAlpha = 0.16;
  c.beginPath();
  c.moveTo(shared(start), 4); c.lineTo(shared(start + win.duration), 4); c.lineTo(g.right, FLAG); c.lineTo(g.left, FLAG);
  c.fill();
  c.globalAlpha = 1;
  c.fillRect(shared(start), 0, Math.max(2, shared(start + win.duration) - shared(start)), 4);
  c.restore();
  const { sets, numFrames, numSpeakers } = win;
  const frameAt = (x) => Math.floor((g.t(x + 0.5) - start - win.firstFrame) / win.frameStep);
  sets.forEach((mask, k) => {
    const y = FLAG + k * SET_ROW;
    plain(c, g, y, y + SET_ROW - 1);
    label(c, g, y + SET_ROW / 2, setName(mask));
    c.fillStyle = colours.heat;
    for (let x = Math.ceil(g.left); x < g.right; x++) {
      const f = frameAt(x);
      if (f < 0 || f >= numFrames) continue;
      c.globalAlpha = win.scores[(chosen * numFrames + f) * sets.length + k] / 255;
      c.fillRect(x, y, 1, SET_ROW - 1);
    }
    c.globalAlpha = 1;
  });
  const top = FLAG + sets.length * SET_ROW + 8;
  for (let s = 0; s < numSpeakers; s++) {
    const y = top + s * OWN_ROW;
    plain(c, g, y, y + OWN_ROW - 2);
    label(c, g, y + OWN_ROW / 2 - 1, 'local speaker ' + (s + 1), colours.local[s % 4]);
    c.fillStyle = colours.local[s % 4];
    for (let x = Math.ceil(g.left); x < g.right; x++) {
      const f = frameAt(x);
      const mask = f < 0 || f >= numFrames ? 0 : win.active[chosen * numFrames + f];
      if (!(mask & (1 << s))) continue;
      c.globalAlpha = mask & (mask - 1) ? 0.45 : 1;
      c.fillRect(x, y, 1, OWN_ROW - 2);
    }
    c.globalAlpha = 1;
  }
}
function readWindow(t) {
  const f = Math.floor((t - startOf(chosen) - win.firstFrame) / win.frameStep);
  if (f < 0 || f >= win.numFrames) return clock(t);
  const at = (chosen * win.numFrames + f) * win.sets.length;
  const best = win.sets.map((mask, k) => [win.scores[at + k], setName(mask)]).filter(([p]) => p >= 3).sort((a, b) => b[0] - a[0]);
  return clock(t) + ' · ' + best.slice(0, 3).map(([p, name]) => name + ' ' + percent(p)).join(', ') + ' → ' + setName(win.active[chosen * win.numFrames + f]);
}
const windowRange = () => ({ from: startOf(chosen), to: startOf(chosen) + win.duration });

// 3 and 6 all windows, like bricks
const bricks = [];
const rowEnds = [];
if (win) {
  const { chunks, runs, numRuns, speakerOf } = win.bricks;
  const counts = new Uint16Array(bytes(numRuns).buffer), packed = bytes(runs), owners = bytes(speakerOf);
  let at = 0;
  chunks.forEach((chunk, i) => {
    const start = chunk * win.step;
    let row = rowEnds.findIndex((end) => end <= start + 1e-6);
    if (row < 0) row = rowEnds.length;
    rowEnds[row] = start + win.duration;
    const own = Array.from({ length: counts[i] }, (_, k) => [packed[at + 5 * k], packed[at + 5 * k + 1] * 256 + packed[at + 5 * k + 2], packed[at + 5 * k + 3] * 256 + packed[at + 5 * k + 4]]);
    at += 5 * counts[i];
    bricks.push({ chunk, start, row, runs: own, owners: owners.subarray(i * win.numSpeakers, (i + 1) * win.numSpeakers) });
  });
}
const OWN = 5;
const brickHeight = () => win.numSpeakers * OWN + 5;
const bricksDrawer = (colourOf, name) => (c, g, bottom) => {
  label(c, g, bottom / 2, name);
  clip(c, g, bottom);
  for (const brick of bricks) {
    const { chunk, start, row, runs } = brick;
    if (start > g.to || start + win.duration < g.from) continue;
    const y = row * brickHeight();
    const x = g.x(start), w = g.x(start + win.duration) - x;
    c.fillStyle = colours.brick;
    c.beginPath();
    c.roundRect(x + Math.min(1, w / 8), y, Math.max(0.6, w - Math.min(2, w / 4)), brickHeight() - 3, 3);
    c.fill();
    if (win.chunks[chosen] === chunk) { c.strokeStyle = colours.accent; c.lineWidth = 2; c.stroke(); }
    for (const [s, from, to] of runs) {
      c.fillStyle = colourOf(brick, s);
      const a = g.x(start + win.firstFrame + from * win.frameStep), b = g.x(start + win.firstFrame + to * win.frameStep);
      c.fillRect(a, y + 1 + s * OWN, Math.max(0.3, b - a), OWN - 1);
    }
  }
};
function brickAt(t, y) {
  const row = Math.floor(y / brickHeight());
  return bricks.find((brick) => brick.row === row && t >= brick.start && t < brick.start + win.duration);
}
const brickHearing = (t) => bricks.find(({ start }) => t >= start && t < start + win.duration);
const readBricks = (nameLocal) => (t, y) => {
  const brick = (y === undefined ? undefined : brickAt(t, y)) || brickHearing(t);
  if (!brick) return clock(t);
  const f = Math.floor((t - brick.start - win.firstFrame) / win.frameStep);
  const who = brick.runs.filter(([, from, to]) => f >= from && f < to).map(([s]) => nameLocal(brick, s));
  return clock(t) + ' · window ' + (brick.chunk + 1) + ' hears ' + (who.join(' and ') || 'nobody');
};
function chooseChunk(chunk) {
  if (chunk === undefined) return;
  let best = 0;
  win.chunks.forEach((one, i) => { if (Math.abs(one - chunk) < Math.abs(win.chunks[best] - chunk)) best = i; });
  choose(best);
}
function choose(i) {
  chosen = i;
  const slider = document.getElementById('choose');
  slider.value = String(i);
  slider.setAttribute('aria-valuetext', windowText());
  document.getElementById('chosen').textContent = windowText();
  schedule();
}
const windowText = () => 'window ' + (win.chunks[chosen] + 1) + ' of ' + win.numChunks + ', ' + clock(startOf(chosen), 1) + ' – ' + clock(startOf(chosen) + win.duration, 1);

// 4 speaker count
const mostAtOnce = line ? Math.max(2, ...new Set(line.count)) : 2;
const binOf = (t) => Math.floor((t - line.start) / line.binDuration);
function drawCount(c, g, bottom) {
  plain(c, g, 0, bottom);
  const y = (n) => bottom - 3 - (n / mostAtOnce) * (bottom - 12);
  for (let n = 0; n <= mostAtOnce; n++) {
    c.fillStyle = colours.line;
    c.fillRect(g.left, y(n), g.right - g.left, 1);
    c.fillStyle = colours.ink;
    c.textAlign = 'right';
    c.fillText(String(n), g.left - 8, y(n));
  }
  label(c, g, bottom / 2, 'talking');
  clip(c, g, bottom);
  for (let x = g.left; x < g.right; x++) {
    const a = Math.max(0, binOf(g.t(x))), b = Math.min(line.numBins - 1, Math.max(a, binOf(g.t(x + 1)) - 1));
    let most = 0;
    for (let i = a; i <= b; i++) most = Math.max(most, line.count[i]);
    if (most === 0) continue;
    c.fillStyle = colours.heat;
    c.globalAlpha = most > 1 ? 0.85 : 0.4;
    c.fillRect(x, y(most), 1, bottom - 3 - y(most));
  }
  c.globalAlpha = 1;
}
function readCount(t) {
  const i = binOf(t);
  return clock(t) + (i >= 0 && i < line.numBins ? ' · ' + line.count[i] + ' talking' : '');
}

// 7 votes
const VOTE_ROW = 30;
function drawVotes(c, g, bottom) {
  const width = speakers.length;
  speakers.forEach((speaker, s) => {
    const top = s * VOTE_ROW, base = top + VOTE_ROW - 3;
    plain(c, g, top, base);
    label(c, g, top + VOTE_ROW / 2 - 1, speaker.label, speakerColour(s));
    c.fillStyle = speakerColour(s);
    for (let x = g.left; x < g.right; x++) {
      const a = Math.max(0, binOf(g.t(x))), b = Math.min(line.numBins - 1, Math.max(a, binOf(g.t(x + 1)) - 1));
      if (binOf(g.t(x)) < 0 || b < a) continue;
      let sum = 0;
      for (let i = a; i <= b; i++) sum += line.votes[i * width + s];
      const h = (sum / (b - a + 1) / 255) * (VOTE_ROW - 4);
      if (h > 0.2) c.fillRect(x, base - h, 1, h);
    }
  });
}
function readVotes(t) {
  const i = binOf(t);
  if (i < 0 || i >= line.numBins) return clock(t);
  const heard = speakers.map((_, s) => [line.votes[i * speakers.length + s], s]).filter(([v]) => v > 0).sort((a, b) => b[0] - a[0]);
  return clock(t) + ' · ' + (heard.slice(0, 4).map(([v, s]) => nameOf(s) + ' ' + percent(v)).join(', ') || 'nobody');
}

// 8 and 9 turns
const TURN_ROW = 22;
const named = speakers.filter((speaker) => speaker.speechDuration > 0).length;
const turnsDrawer = (list, inOneRow) => (c, g, bottom) => {
  const numRows = inOneRow ? 1 : named;
  for (let s = 0; s < numRows; s++) {
    plain(c, g, s * TURN_ROW, (s + 1) * TURN_ROW - 2);
    label(c, g, s * TURN_ROW + TURN_ROW / 2 - 1, inOneRow ? 'one at a time' : speakers[s].label, inOneRow ? undefined : speakerColour(s));
  }
  clip(c, g, bottom);
  for (const [start, end, s] of list) {
    if (start > g.to || end < g.from) continue;
    const x = g.x(start);
    c.fillStyle = speakerColour(s);
    c.fillRect(x, (inOneRow ? 0 : s * TURN_ROW) + 2, Math.max(0.8, g.x(end) - x - 0.4), TURN_ROW - 6);
  }
};
const turnAt = (list, t) => list.filter(([start, end]) => t >= start && t < end);
const readTurns = (list) => (t) =>
  clock(t) + ' · ' + (turnAt(list, t).map(([start, end, s]) => nameOf(s) + ' ' + clock(start) + ' – ' + clock(end)).join(', ') || 'nobody');
`;
