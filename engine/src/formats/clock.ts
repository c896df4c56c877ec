import { FormatError } from '../core/errors.ts';
import type { Seconds } from '../core/segment.ts';
import { fixed3 } from './fixed.ts';
import { type Place, quote } from './lines.ts';

/**
 * Times as clocks show them: `01:02:03.450`, in subtitles and readable text. Rounded to whole milliseconds first and
 * split after, so that 59.9996 s is 00:01:00.000 and never 00:00:60.000.
 */

/** The nearest whole millisecond, ties to even; clocks don't go below zero. */
export function toMilliseconds(seconds: Seconds): number {
  return Math.max(0, Math.round(Number(fixed3(seconds)) * 1000));
}

/** Milliseconds as `hh:mm:ss` + mark + `mmm`; hours take as many digits as they need. */
export function formatClock(milliseconds: number, mark: '.' | ','): string {
  const pad = (value: number, width: number) => String(value).padStart(width, '0');
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const clock = `${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}:${pad(seconds % 60, 2)}`;
  return `${clock}${mark}${pad(milliseconds % 1000, 3)}`;
}

/** `hh:mm:ss`, for text that people read; what is left of a second is cut off. */
export function formatWholeSeconds(seconds: Seconds): string {
  return formatClock(toMilliseconds(seconds), '.').slice(0, -'.000'.length);
}

/** Start and end of a cue. It lasts a millisecond at least: players refuse one that ends when it starts. */
export function formatCue({ start, end }: { start: Seconds; end: Seconds }, mark: '.' | ','): [string, string] {
  const from = toMilliseconds(start);
  return [formatClock(from, mark), formatClock(Math.max(from + 1, toMilliseconds(end)), mark)];
}

/** Reads `hh:mm:ss.mmm`, `mm:ss,mmm`, `hh:mm:ss` and plain seconds. */
export function parseClock(field: string, what: string, at: Place): Seconds {
  const match = /^(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?)$/.exec(field);
  const [hours, minutes, seconds] = match ? match.slice(1).map((part) => Number((part ?? '0').replace(',', '.'))) : [];
  const overfull = match && ((match[1] && minutes >= 60) || (match[2] && seconds >= 60));
  if (!match || overfull)
    throw new FormatError(`got ${quote(field)} for the ${what} when 00:01:02.345 was expected`, at);
  const sum = hours * 3600 + minutes * 60 + seconds;
  // The double nearest to the decimal that was written: a sum of parts is often its neighbour.
  return /[.,]\d{4}/.test(field) ? sum : Math.round(sum * 1000) / 1000;
}
