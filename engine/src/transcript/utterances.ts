import type { Seconds, Segment } from '../core/segment.ts';
import { type AssignedWord, textOfWords } from './transcript.ts';

/** Consecutive words of one speaker, in one language and on one channel. Those of two speakers may overlap in time. */
export interface Utterance extends Segment {
  readonly speaker: string;
  /** The exact text, without blanks around it. */
  readonly text: string;
  readonly words: readonly AssignedWord[];
  /** Mean of the words' confidences. */
  readonly confidence?: number;
  readonly language?: string;
  readonly channel?: number;
}

export interface UtteranceOptions {
  /** `cut`: segments of the source, cut where the speaker changes. `whole`: not cut, named by most of their time. */
  readonly bySegment?: 'cut' | 'whole';
  /** A pause as long as this ends an utterance. */
  readonly maxPause?: Seconds;
}

/** A pause as long as this ends what somebody says in one go, unless told otherwise. */
export const MAX_PAUSE: Seconds = 2;

/** The words in their order, grouped. */
export function utterances(
  words: readonly AssignedWord[],
  { bySegment, maxPause = Number.POSITIVE_INFINITY }: UtteranceOptions = {},
): Utterance[] {
  const groups: Utterance[] = [];
  for (let first = 0, i = 1; i <= words.length; i++) {
    if (i < words.length) {
      const [a, b] = [words[i - 1], words[i]];
      const sameSegment = a.segment === b.segment;
      const together = a.speaker === b.speaker && a.language === b.language && a.channel === b.channel;
      if (bySegment === 'whole' ? sameSegment : bySegment === 'cut' ? sameSegment && together : together && near(a, b))
        continue;
    }
    groups.push(utterance(words.slice(first, i)));
    first = i;
  }
  return groups;

  function near(a: AssignedWord, b: AssignedWord): boolean {
    // Two segments that overlap in time are two stretches of talk, even of one speaker.
    return b.start - a.end < maxPause && !(a.segment !== b.segment && b.start < a.start);
  }
}

function utterance(words: readonly AssignedWord[]): Utterance {
  let [start, end] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let sure = 0;
  let rated = 0;
  const seconds = new Map<string, number>();
  for (const word of words) {
    start = Math.min(start, word.start);
    end = Math.max(end, word.end);
    seconds.set(word.speaker, (seconds.get(word.speaker) ?? 0) + word.end - word.start);
    if (word.confidence === undefined) continue;
    sure += word.confidence;
    rated++;
  }
  const [[speaker]] = [...seconds].sort((a, b) => b[1] - a[1]);
  const { language, channel } = words[0];
  return {
    start,
    end,
    speaker,
    text: textOfWords(words).trim(),
    words,
    ...(rated === 0 ? {} : { confidence: sure / rated }),
    ...(language === undefined ? {} : { language }),
    ...(channel === undefined ? {} : { channel }),
  };
}
