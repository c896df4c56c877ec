import type { Turn } from '../core/turn.ts';

/** A transcript as the word metrics see it: who said which words, in order. A `TextAnnotation` is one. */
export interface Transcript {
  readonly uri?: string;
  readonly turns: readonly SpokenTurn[];
}

export interface SpokenTurn extends Turn {
  readonly text?: string;
}

export interface WordOptions {
  /** What of a word is compared; '' leaves it out. As it stands by default, as in MeetEval. */
  readonly normalize?: (word: string) => string;
}

/** Words as numbers, the same word the same number on both sides, and who said each. */
export interface Words {
  readonly words: Int32Array;
  readonly speaker: Int32Array;
  readonly speakers: readonly string[];
}

/** Small letters without punctuation: "Don’t," is "dont". Letters and digits of any script stay, with their accents. */
export function normalizeWord(word: string): string {
  return word
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]/gu, '');
}

/** The words of both sides in order of time; words of turns that begin together in the order of the turns. */
export function wordsOf(
  reference: Transcript,
  hypothesis: Transcript,
  { normalize = (word) => word }: WordOptions = {},
): { reference: Words; hypothesis: Words } {
  const numbers = new Map<string, number>();
  const read = ({ turns }: Transcript): Words => {
    const speakers = [...new Set(turns.map(({ speaker }) => speaker))].sort();
    const place = new Map(speakers.map((name, index) => [name, index]));
    const words: number[] = [];
    const speaker: number[] = [];
    for (const turn of turns.toSorted((a, b) => a.start - b.start)) {
      for (const raw of (turn.text ?? '').split(/\s+/)) {
        const word = raw === '' ? '' : normalize(raw);
        if (word === '') continue;
        let number = numbers.get(word);
        if (number === undefined) numbers.set(word, (number = numbers.size));
        words.push(number);
        speaker.push(place.get(turn.speaker)!);
      }
    }
    return { words: Int32Array.from(words), speaker: Int32Array.from(speaker), speakers };
  };
  return { reference: read(reference), hypothesis: read(hypothesis) };
}

/** The words of one speaker. */
export function wordsBy({ words, speaker }: Words, index: number): Int32Array {
  return words.filter((_, at) => speaker[at] === index);
}
