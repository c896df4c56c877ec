import { assignMin } from '../math/assignment.ts';
import { countEdits, type Edits, editDistance } from './alignWords.ts';
import { type Metric, ratio } from './metric.ts';
import { type Transcript, type WordOptions, type Words, wordsBy, wordsOf } from './words.ts';

/**
 * cpWER, concatenated minimum-permutation word error rate: all words of each speaker in one string; reference and
 * hypothesis speakers are paired so that the edits are fewest, who stays alone is deleted or inserted whole;
 * (insertions + deletions + substitutions) / reference words. Both recognition and diarization errors count.
 * S. Watanabe et al., "CHiME-6 Challenge" (2020), section 5; equal to MeetEval 0.4.3 `cpwer`, on which pyannote.metrics
 * 4.2.0 builds. The edits are as many as there; of which kind they are may differ where alignments are equally good.
 * pyannote.metrics' rules for nothing: 0/0 is 0, x/0 is 1.
 */
export interface WordErrors extends Edits {
  readonly cpwer: number;
  /** Words of the reference. */
  readonly total: number;
  /** The reference speaker of each hypothesis speaker that has one. */
  readonly mapping: ReadonlyMap<string, string>;
}

export interface TranscriptPair extends WordOptions {
  readonly reference: Transcript;
  readonly hypothesis: Transcript;
}

/** All pairs of speakers are compared. */
const MAX_SPEAKERS = 1000;

type WordErrorName = 'total' | keyof Edits;

export function concatenatedWordErrorRate(
  reference: Transcript,
  hypothesis: Transcript,
  options: WordOptions = {},
): WordErrors {
  const words = wordsOf(reference, hypothesis, options);
  const { mapping, ...errors } = pairSpeakers(words.reference, words.hypothesis);
  return { cpwer: cpwer.rate(errors), ...errors, mapping };
}

export const cpwer: Metric<WordErrorName, TranscriptPair> = {
  id: 'cpwer',
  name: 'cpWER',
  unit: 'percent',
  components: ['total', 'insertions', 'deletions', 'substitutions'],
  measure: ({ reference, hypothesis, ...options }) => {
    const { mapping: _, cpwer: __, ...errors } = concatenatedWordErrorRate(reference, hypothesis, options);
    return errors;
  },
  rate: ({ total, insertions, deletions, substitutions }) => ratio(insertions + deletions + substitutions, total, 0),
};

function pairSpeakers(reference: Words, hypothesis: Words): Omit<WordErrors, 'cpwer'> {
  const spoken = reference.speakers.map((_, index) => wordsBy(reference, index));
  const heard = hypothesis.speakers.map((_, index) => wordsBy(hypothesis, index));
  // A square of costs: nobody, said of speakers beyond the shorter side, has no words.
  const size = Math.max(spoken.length, heard.length);
  if (size > MAX_SPEAKERS) throw new RangeError(`Got ${size} speakers when cpWER compares up to ${MAX_SPEAKERS}.`);
  const costs = new Float64Array(size * size);
  const nothing = new Int32Array(0);
  for (let r = 0; r < size; r++) {
    for (let h = 0; h < size; h++) costs[r * size + h] = editDistance(spoken[r] ?? nothing, heard[h] ?? nothing);
  }
  const mapping = new Map<string, string>();
  let insertions = 0;
  let deletions = 0;
  let substitutions = 0;
  assignMin(costs, size, size, -1).forEach((h, r) => {
    const edits = countEdits(spoken[r] ?? nothing, heard[h] ?? nothing);
    insertions += edits.insertions;
    deletions += edits.deletions;
    substitutions += edits.substitutions;
    if (r < spoken.length && h < heard.length) mapping.set(hypothesis.speakers[h], reference.speakers[r]);
  });
  return { total: reference.words.length, insertions, deletions, substitutions, mapping };
}
