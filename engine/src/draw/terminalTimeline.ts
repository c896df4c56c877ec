import type { Seconds } from '../core/segment.ts';
import type { Turn } from '../core/turn.ts';

/**
 * Who spoke when, in characters: a lane a speaker, a cell for each slice of time, as high as the share of it in which
 * the speaker talks, and an axis below.
 *
 *     SPEAKER_00  ▆██▂    ▁███
 *     SPEAKER_01     ▅██▇▃▁
 *                 ╷      ╷
 *                 0:00   0:05
 */
export interface TimelineOptions {
  /** Characters a line, names included. */
  readonly width?: number;
  /** Colours a piece of a lane; speakers are numbered in the order of `speakers`. */
  readonly paint?: (text: string, speaker: number) => string;
}

const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

export function drawTimeline(
  turns: readonly Turn[],
  speakers: readonly string[],
  duration: Seconds,
  { width = 80, paint = (text) => text }: TimelineOptions = {},
): string {
  const names = speakers.map((speaker) => shorten(speaker, Math.max(8, Math.floor(width / 3))));
  const margin = names.reduce((longest, name) => Math.max(longest, columns(name)), 0) + 2;
  const numCells = Math.max(10, width - margin);
  const rows = shares(turns, speakers, duration, numCells);
  const lines = names.map((name, s) => {
    const lane = Array.from(rows.subarray(s * numCells, (s + 1) * numCells), block).join('');
    return paint(`${pad(name, margin)}${lane.trimEnd()}`, s);
  });
  return [...lines, ...axis(duration, numCells).map((line) => (' '.repeat(margin) + line).trimEnd())].join('\n');
}

/** (speaker, cell): the share of the cell's time in which the speaker talks. */
function shares(
  turns: readonly Turn[],
  speakers: readonly string[],
  duration: Seconds,
  numCells: number,
): Float64Array {
  const row = new Map(speakers.map((speaker, s) => [speaker, s * numCells]));
  const data = new Float64Array(speakers.length * numCells);
  if (!(duration > 0)) return data;
  for (const { start, end, speaker } of turns) {
    const first = row.get(speaker);
    if (first === undefined) continue;
    const from = Math.max(0, (start / duration) * numCells);
    const to = Math.min(numCells, (end / duration) * numCells);
    for (let cell = Math.floor(from); cell < to; cell++)
      data[first + cell] += Math.min(to, cell + 1) - Math.max(from, cell);
  }
  return data;
}

/** The least speech shows. */
function block(share: number): string {
  if (share <= 0) return BLOCKS[0];
  return BLOCKS[Math.max(1, Math.min(8, Math.round(share * 8)))];
}

/** Ticks at round times, and the times below them. */
function axis(duration: Seconds, numCells: number): [ticks: string, times: string] {
  const step = STEPS.find((one) => (one / duration) * numCells >= 9) ?? 86400;
  const ticks: string[] = Array.from({ length: numCells }, () => ' ');
  const times = [...ticks];
  for (let time = 0; time <= duration; time += step) {
    const label = clock(time);
    const cell = Math.round((time / duration) * numCells);
    if (cell + label.length > numCells) break;
    ticks[cell] = '╷';
    for (let i = 0; i < label.length; i++) times[cell + i] = label[i];
  }
  return [ticks.join(''), times.join('')];
}

/** Distances of ticks, in seconds, that people count in. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800];

/** `1:02:03`, `4:05`, and with decimals `4:05.60`. */
export function clock(seconds: Seconds, { decimals = 0 }: { readonly decimals?: number } = {}): string {
  const scale = 10 ** decimals;
  const units = Math.round(seconds * scale); // rounded once, so that 59.99 is not 0:60
  const whole = Math.floor(units / scale);
  const rest = decimals > 0 ? `.${String(units % scale).padStart(decimals, '0')}` : '';
  const two = (n: number) => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}${rest}`;
}

/** Columns that a name takes on a terminal: East Asian wide characters take two, combining marks none. */
export function columns(text: string): number {
  let count = 0;
  for (const character of text) count += WIDE.test(character) ? 2 : /\p{M}|\p{Cf}/u.test(character) ? 0 : 1;
  return count;
}

const WIDE =
  /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|[\u3000-\u303f\uff01-\uff60]|\p{Extended_Pictographic}/u;

/** Filled with blanks to so many columns. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)));
}

function shorten(text: string, width: number): string {
  // A name from a file may hold what moves the cursor of a terminal.
  const plain = printable(text);
  if (columns(plain) <= width) return plain;
  let short = '';
  for (const character of plain) {
    if (columns(short + character) >= width) break;
    short += character;
  }
  return `${short}…`;
}

/** Without control characters, which could steer a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '�');
}
