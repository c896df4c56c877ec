import type { Airtime } from '../core/airtime.ts';
import type { Seconds } from '../core/segment.ts';
import { clock, columns, pad, printable } from './terminalTimeline.ts';

/**
 * Airtime as a table with bars, for a terminal:
 *
 *     SPEAKER_00    34.2 s   61 %   12 turns   longest  9.1 s  ████████████
 *     SPEAKER_01    21.9 s   39 %    9 turns   longest  6.0 s  ███████▊
 *     speech 0:52 of 1:00 (87 %), overlap 0:04 (7 %), silence 0:08 (13 %)
 */
export interface AirtimeTableOptions {
  readonly width?: number;
  /** In the order in which speakers are coloured elsewhere; the table itself is sorted by airtime. */
  readonly order?: readonly string[];
  readonly paint?: (text: string, speaker: number) => string;
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

export function drawAirtime(
  { duration, speech, silence, overlap, speakers }: Airtime,
  { width = 80, order = [], paint = (text) => text }: AirtimeTableOptions = {},
): string {
  const names = speakers.map(({ speaker }) => printable(speaker));
  const nameWidth = names.reduce((longest, name) => Math.max(longest, columns(name)), 0);
  const cells = speakers.map(({ seconds, share, numTurns, longestTurn }) => [
    length(seconds),
    percent(share),
    `${numTurns} turn${numTurns === 1 ? ' ' : 's'}`,
    `longest ${length(longestTurn)}`,
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...cells.map((row) => row[column].length)));
  const taken = nameWidth + widths.reduce((sum, one) => sum + one + 3, 0) + 2;
  const most = Math.max(0, ...speakers.map(({ share }) => share));
  const room = Math.min(40, width - taken);
  const lines = speakers.map(({ speaker, share }, row) => {
    const text = cells[row].map((cell, column) => cell.padStart(widths[column])).join('   ');
    const drawn = room >= 4 && most > 0 ? bar((share / most) * room) : '';
    const at = order.indexOf(speaker);
    return `${paint(pad(names[row], nameWidth), at < 0 ? row : at)}   ${text}  ${paint(drawn, at < 0 ? row : at)}`.trimEnd();
  });
  const part = (seconds: Seconds) => (duration > 0 ? ` (${percent(seconds / duration)})` : '');
  lines.push(
    `speech ${clock(speech)} of ${clock(duration)}${part(speech)}, overlap ${clock(overlap)}${part(overlap)}, ` +
      `silence ${clock(silence)}${part(silence)}`,
  );
  return lines.join('\n');
}

function bar(length: number): string {
  const eighths = Math.round(length * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}

function length(seconds: Seconds): string {
  return seconds < 59.95 ? `${seconds.toFixed(1)} s` : clock(seconds);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
