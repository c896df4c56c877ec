import { FormatError } from '../core/errors.ts';
import { formatCue, parseClock } from './clock.ts';
import { type Place, quote, type ReadOptions, recordingName, splitLines, tolerate } from './lines.ts';
import { splitPrefix, withPrefix } from './prefix.ts';
import { Gathering, inOrder, type TextAnnotation } from './turns.ts';

/**
 * SubRip subtitles: number, times, text, blank line. The speaker stands before the text, `Anna: Good morning.`
 * Read by its lines of times: what follows up to the next one is the text, so that missing numbers and blank lines
 * inside a cue do no harm. An arrow in what was said makes no line of times.
 */
export function parseSrt(text: string, options: ReadOptions = {}): TextAnnotation {
  const uri = recordingName(options);
  const gathering = new Gathering();
  gathering.open(uri);
  const lines = splitLines(text).map((line) => line.trim());
  const first = nextTimes(lines, 0);
  const stray = lines.findIndex((line, i) => i < first && line !== '' && !/^\d+$/.test(line));
  if (stray >= 0) {
    const at = { file: options.file, line: stray + 1 };
    tolerate(options.onBadLine, () => {
      throw new FormatError(`got ${quote(lines[stray])} when a cue's number or times were expected`, at);
    });
  }
  for (let i = first; i < lines.length; ) {
    const next = nextTimes(lines, i + 1);
    tolerate(options.onBadLine, () => {
      const at = { file: options.file, line: i + 1 };
      const [start, end] = parseTimes(lines[i], at);
      gathering.add(uri, start, end, splitPrefix(cueBody(lines, i + 1, next)), at);
    });
    i = next;
  }
  return gathering.annotations()[0];
}

/** One recording as SubRip. */
export function writeSrt({ turns }: TextAnnotation): string {
  return inOrder(turns)
    .map(
      (turn, i) => `${i + 1}\n${formatCue(turn, ',').join(' --> ')}\n${withPrefix(turn).replaceAll('-->', '->')}\n\n`,
    )
    .join('');
}

/** Start and end of a line of times; what follows them (positions) is passed over. */
export function parseTimes(line: string, at: Place): [number, number] {
  const [from, rest] = line.split('-->', 2);
  const to = rest.trim().split(/\s/, 1)[0];
  return [parseClock(from.trim(), 'start', at), parseClock(to, 'end', at)];
}

function nextTimes(lines: readonly string[], from: number): number {
  for (let i = from; i < lines.length; i++) if (isTimes(lines, i)) return i;
  return lines.length;
}

/** A line with an arrow that begins as a clock does, or comes where a cue's number says that times follow. */
export function isTimes(lines: readonly string[], i: number): boolean {
  if (!lines[i].includes('-->')) return false;
  const numbered = i > 0 && /^\d+$/.test(lines[i - 1]) && (i === 1 || lines[i - 2] === '');
  return numbered || /^\d[\d:.,]*\s*-->/.test(lines[i]);
}

/** The text between two lines of times, without blank lines and the number of the next cue. */
function cueBody(lines: readonly string[], from: number, next: number): string {
  const body = lines.slice(from, next).filter((line) => line !== '');
  if (next < lines.length && body.length > 0 && /^\d+$/.test(body[body.length - 1])) body.pop();
  return body.join('\n');
}
