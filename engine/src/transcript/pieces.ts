import { isUnspaced, needsBlank } from './transcript.ts';

/**
 * The words of a segment and the characters between them. Where the format has both a text and words, the words are
 * found in the text, one after the other; what lies between is shared out at its first blank:
 *
 *     text   'said, "Hello" and'      words  said · Hello · and
 *             said|,| "|Hello|"| |and         after  before  after  before
 */
export interface Piece {
  readonly before: string;
  readonly text: string;
  readonly after: string;
}

const SPOKEN = /[\p{L}\p{N}]/u;

/** The words within the text; undefined where they are not the text's words. */
export function piecesInText(text: string, words: readonly string[]): Piece[] | undefined {
  const found = countInText(text, words, 0);
  return found?.count === words.length && !SPOKEN.test(text.slice(found.end)) ? cut(text, found.spans) : undefined;
}

/** How many of the words from `first` on stand in the text, where, and where the last of them ends. */
export function countInText(
  text: string,
  words: readonly string[],
  first: number,
): { count: number; end: number; spans: [number, number][] } {
  const spans: [number, number][] = [];
  const lower = text.toLowerCase();
  const folded = lower.length === text.length ? lower : undefined;
  let cursor = 0;
  for (let i = first; i < words.length; i++) {
    const word = words[i].trim();
    let at = text.indexOf(word, cursor);
    if ((at < 0 || SPOKEN.test(text.slice(cursor, at))) && folded) at = folded.indexOf(word.toLowerCase(), cursor);
    if (at < 0 || SPOKEN.test(text.slice(cursor, at))) break;
    spans.push([at, at + word.length]);
    cursor = at + word.length;
  }
  return { count: spans.length, end: cursor, spans };
}

/** The text cut at these spans. */
export function cut(text: string, spans: readonly (readonly [number, number])[]): Piece[] {
  let before = text.slice(0, spans[0]?.[0] ?? 0);
  return spans.map(([start, end], i) => {
    const between = text.slice(end, spans[i + 1]?.[0] ?? text.length);
    const blank = i + 1 < spans.length ? between.search(/\s/u) : -1;
    const after = blank < 0 ? between : between.slice(0, blank);
    const piece = { before, text: text.slice(start, end), after };
    before = between.slice(after.length);
    return piece;
  });
}

/**
 * Words without a text: their own blanks if any word has some (Whisper's ` word`), else the delimiter, else a blank
 * except before punctuation and in scripts without blanks.
 */
export function piecesOfWords(words: readonly string[], delimiter?: string): Piece[] {
  const own = words.some((word) => /^\s|\s$/u.test(word));
  let tail = '';
  let last = '';
  return words.map((word, i) => {
    const text = word.trim();
    const lead = word.slice(0, word.length - word.trimStart().length);
    const guessed = i === 0 || own || !needsBlank(last, text) ? '' : (delimiter ?? ' ');
    const before = tail + (text === '' ? '' : lead) + guessed;
    const trail = text === '' ? word : word.slice(word.trimEnd().length);
    const isLast = i === words.length - 1;
    tail = isLast ? '' : trail;
    last = text;
    return { before, text, after: isLast ? trail : '' };
  });
}

/**
 * A text without words, cut at blanks; in scripts without them at every character, or at words where a character alone is
 * none: Thai writes a vowel before its consonant.
 */
export function piecesOfText(text: string): Piece[] {
  const spans: [number, number][] = [];
  for (const { index, 0: run } of text.matchAll(/\S+/gu)) {
    let from = index;
    let at = index;
    let unspaced = false;
    const words = OF_SEVERAL.test(run) ? wordStarts(run) : undefined;
    for (const character of run) {
      // Every letter of such a script begins a word; what is no letter (punctuation, marks) stays with the one before.
      const whole = words === undefined || !OF_SEVERAL.test(character) || words.has(at - index);
      const starts = whole && (isUnspaced(character) || (unspaced && SPOKEN.test(character)));
      if (starts && at > from && SPOKEN.test(text.slice(from, at))) {
        spans.push([from, at]);
        from = at;
      }
      if (SPOKEN.test(character)) unspaced = isUnspaced(character);
      at += character.length;
    }
    spans.push([from, at]);
  }
  return cut(text, spans);
}

/** Scripts without blanks in which a syllable takes several letters. */
const OF_SEVERAL = /[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** Where words begin, by the dictionaries of Unicode's ICU. */
function wordStarts(text: string): ReadonlySet<number> {
  const words = new Intl.Segmenter('th', { granularity: 'word' }).segment(text);
  return new Set(Array.from(words, ({ index }) => index));
}
