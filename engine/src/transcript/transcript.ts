import type { Seconds, Segment } from '../core/segment.ts';

/**
 * What was said, as any recogniser tells it: words in the order of the text, each with its time and with the exact
 * characters around it, so that nothing of the text is lost on the way through.
 *
 *     ' Hello, "how are'  =  before ' '  text 'Hello'  after ','     before ' "'  text 'how'     before ' '  text 'are'
 *
 * Joined, before + text + after of all words of a segment is the segment's text to the byte.
 */
export interface Word extends Segment {
  /** The word as the recogniser gave it, without blanks around it. */
  readonly text: string;
  /** What stands before it: blanks, opening quotes. */
  readonly before: string;
  /** What belongs to it but was not in the recogniser's word: punctuation, and blanks at the end of a segment. */
  readonly after?: string;
  /** 0..1, of the recogniser. */
  readonly confidence?: number;
  /** Whom the source names; absent when it names nobody. */
  readonly speaker?: string;
  readonly language?: string;
  /** Channel of the recording, counted from 0. */
  readonly channel?: number;
  /** Its start or end was not in the source but was put between its neighbours. */
  readonly interpolated?: true;
  /** Index of its segment. */
  readonly segment: number;
}

/** A word, and who said it. */
export interface AssignedWord extends Word {
  readonly speaker: string;
  /** The share of what speakers cover of this word that is this speaker's; absent where nobody covers it. */
  readonly speakerConfidence?: number;
  /** No turn covers it: the nearest was taken. */
  readonly nearest?: true;
}

/** A stretch of text as the source cut it: a segment, utterance, monologue or cue. */
export interface TranscriptSegment extends Segment {
  readonly speaker?: string;
  readonly language?: string;
  readonly channel?: number;
  readonly confidence?: number;
}

export interface Transcript {
  /** The format that was read. */
  readonly format: TranscriptFormat;
  readonly words: readonly Word[];
  readonly segments: readonly TranscriptSegment[];
  readonly language?: string;
  /** Length of the recording, where the source tells. */
  readonly duration?: Seconds;
  /** One sentence for each oddity that was found and what was made of it. */
  readonly warnings: readonly string[];
}

export const TRANSCRIPT_FORMATS = [
  'words',
  'segments',
  'pyannoteai',
  'whisperx',
  'openai',
  'whisper_cpp',
  'assemblyai',
  'deepgram',
  'speechmatics',
  'rev',
  'gladia',
  'srt',
  'vtt',
] as const;

/** The formats that are read; `auto` besides them recognises a source by its shape. */
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

/** The text of words in a row, to the byte. A blank is put between segments that have none. */
export function textOfWords(words: readonly Pick<Word, 'before' | 'text' | 'after' | 'segment'>[]): string {
  let text = '';
  for (let i = 0; i < words.length; i++) {
    const { before, after = '' } = words[i];
    const cut = i > 0 && words[i].segment !== words[i - 1].segment;
    if (cut && before === '' && needsBlank(text, words[i].text)) text += ' ';
    text += before + words[i].text + after;
  }
  return text;
}

/** Scripts that are written without blanks between words. */
const UNSPACED = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}`;
const ENDS_UNSPACED = new RegExp(`[${UNSPACED}ー、。！？，：；）」』】…]$`, 'u');
const STARTS_UNSPACED = new RegExp(`^[${UNSPACED}ー、。！？，：；（「『【…]`, 'u');
const CLOSING = /^[\p{Pe}\p{Pf}.,;:!?…%、。！？，：；]+$/u;

/** Whether `next` is parted from the text before it by a blank. */
export function needsBlank(text: string, next: string): boolean {
  if (text === '' || next === '' || /\s$/u.test(text) || /^\s/u.test(next)) return false;
  return !(CLOSING.test(next) || (ENDS_UNSPACED.test(text) && STARTS_UNSPACED.test(next)));
}

/** Whether a character is of a script written without blanks. */
export function isUnspaced(character: string): boolean {
  return STARTS_UNSPACED.test(character) && !CLOSING.test(character);
}
