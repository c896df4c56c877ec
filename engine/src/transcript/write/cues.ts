import type { Seconds } from '../../core/segment.ts';
import { type AssignedWord, isUnspaced, textOfWords } from '../transcript.ts';
import type { Utterance } from '../utterances.ts';

/**
 * Subtitles that can be read: utterances cut into cues of a few short lines that stay long enough. A cue ends where its
 * lines are full, at a pause, or at the end of a sentence once it is half full; it is held longer where nobody follows, so
 * that its characters can be read. Words are never cut, so one longer than a line makes its line longer.
 */
export interface CueOptions {
  /** Columns a line; a Chinese or Japanese letter takes two. */
  readonly maxLineLength?: number;
  readonly maxLines?: number;
  /** Reading speed in columns a second, which cues are held to where there is time. */
  readonly maxCharactersPerSecond?: number;
  readonly maxDuration?: Seconds;
  /** What stands before the first line of a cue, and takes room there: the name, in formats that write it out. */
  readonly prefixOf?: (speaker: string) => string;
}

export interface Cue {
  readonly start: Seconds;
  readonly end: Seconds;
  readonly speaker: string;
  readonly lines: readonly string[];
}

export function cuesOf(utterances: readonly Utterance[], options: CueOptions = {}): Cue[] {
  const { maxLineLength = 42, maxLines = 2, maxCharactersPerSecond = 20, maxDuration = 7, prefixOf } = options;
  for (const [name, value] of Object.entries({ maxLineLength, maxLines, maxCharactersPerSecond, maxDuration }))
    if (!(value > 0)) throw new RangeError(`Got ${name} ${value} when a number above 0 was expected.`);
  const cues: (Omit<Cue, 'end'> & { end: Seconds })[] = [];
  for (const { speaker, words } of utterances) {
    const indent = columns(prefixOf?.(speaker) ?? '');
    for (let first = 0; first < words.length; ) {
      let end = first + 1;
      while (end < words.length && !endsAfter(words, first, end, indent)) end++;
      cues.push(cueOf(words.slice(first, end), speaker, indent));
      first = end;
    }
  }
  cues.sort((a, b) => a.start - b.start);
  for (let i = 0; i < cues.length; i++) {
    const wanted = cues[i].start + cues[i].lines.reduce((sum, line) => sum + columns(line), 0) / maxCharactersPerSecond;
    const next = cues[i + 1]?.start ?? Number.POSITIVE_INFINITY;
    if (wanted > cues[i].end) cues[i].end = Math.max(cues[i].end, Math.min(wanted, next));
  }
  return cues;

  /** Whether the cue of words first…end-1 is to end before word `end`. */
  function endsAfter(words: readonly AssignedWord[], first: number, end: number, indent: number): boolean {
    const [last, next] = [words[end - 1], words[end]];
    if (next.start - last.end > 0.8 || next.end - words[first].start > maxDuration) return true;
    if (linesOf(words.slice(first, end + 1), maxLineLength, indent).length > maxLines) return true;
    const text = textOfWords(words.slice(first, end)).trim();
    return /[.!?…。！？]["'”’»)\]]*$/u.test(text) && (indent + columns(text)) * 2 >= maxLineLength * maxLines;
  }

  function cueOf(words: readonly AssignedWord[], speaker: string, indent: number): Omit<Cue, 'end'> & { end: Seconds } {
    const start = words.reduce((least, word) => Math.min(least, word.start), Number.POSITIVE_INFINITY);
    const end = words.reduce((most, word) => Math.max(most, word.end), Number.NEGATIVE_INFINITY);
    return { start, end, speaker, lines: linesOf(words, maxLineLength, indent) };
  }
}

/** The words on lines of at most this many columns, the first of which begins with `indent` that are taken. */
function linesOf(words: readonly AssignedWord[], maxLineLength: number, indent: number): string[] {
  const lines: string[] = [];
  let from = 0;
  for (let i = 1; i <= words.length; i++) {
    const line = oneLine(words.slice(from, i + 1));
    const breakable =
      i < words.length &&
      (/\s/u.test(words[i].before) || words[i].segment !== words[i - 1].segment || isUnspaced(words[i].text.charAt(0)));
    if (i < words.length && !(breakable && columns(line) + (from === 0 ? indent : 0) > maxLineLength)) continue;
    lines.push(oneLine(words.slice(from, i)));
    from = i;
  }
  return lines;
}

function oneLine(words: readonly AssignedWord[]): string {
  return textOfWords(words).replace(/\s+/gu, ' ').trim();
}

/** Width in columns: wide letters (Chinese, Japanese, Korean, emoji) take two. */
export function columns(text: string): number {
  let width = 0;
  for (const character of text)
    width +=
      /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u3000-\u303f\uff01-\uff60\p{Extended_Pictographic}]/u.test(
        character,
      )
        ? 2
        : /\p{M}/u.test(character)
          ? 0
          : 1;
  return width;
}
