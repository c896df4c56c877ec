import { assignMax } from '../math/assignment.ts';
import { forEachAligned } from './alignWords.ts';
import type { TranscriptPair } from './cpwer.ts';
import { named } from './der.ts';
import { type Metric, ratio } from './metric.ts';
import { type Transcript, type WordOptions, wordsOf } from './words.ts';

/**
 * WDER, word diarization error rate: the words of both transcripts in order of time, whoever said them, are aligned;
 * of the words that stand for each other, right or substituted, the share that has the wrong speaker, after speakers are
 * paired so that this is least: (S_IS + C_IS) / (S + C). What is inserted or deleted doesn't count.
 * L. El Shafey, H. Soltau and I. Shafran, "Joint Speech Recognition and Speaker Diarization via Sequence Transduction"
 * (Interspeech 2019), equation 5; equal to diarizationlm 0.1.5 `compute_utterance_metrics`. Nothing aligned is 0.
 */
export interface WordDiarizationErrors {
  readonly wder: number;
  /** Words that are aligned. */
  readonly total: number;
  readonly wrongSpeaker: number;
  readonly mapping: ReadonlyMap<string, string>;
}

export function wordDiarizationErrorRate(
  reference: Transcript,
  hypothesis: Transcript,
  options: WordOptions = {},
): WordDiarizationErrors {
  const words = wordsOf(reference, hypothesis, options);
  const spoken = words.reference;
  const heard = words.hypothesis;
  const numColumns = spoken.speakers.length;
  const together = new Float64Array(heard.speakers.length * numColumns);
  let total = 0;
  forEachAligned(spoken.words, heard.words, (i, j) => {
    if (i < 0 || j < 0) return;
    together[heard.speaker[j] * numColumns + spoken.speaker[i]]++;
    total++;
  });
  const best = assignMax(together, heard.speakers.length, numColumns, -1);
  let right = 0;
  const mapping = best.map((column, row) => {
    if (column < 0 || together[row * numColumns + column] === 0) return -1;
    right += together[row * numColumns + column];
    return column;
  });
  const wrongSpeaker = total - right;
  return {
    wder: ratio(wrongSpeaker, total, 0),
    total,
    wrongSpeaker,
    mapping: named(mapping, heard.speakers, spoken.speakers),
  };
}

export const wder: Metric<'total' | 'wrongSpeaker', TranscriptPair> = {
  id: 'wder',
  name: 'WDER',
  unit: 'percent',
  components: ['total', 'wrongSpeaker'],
  measure: ({ reference, hypothesis, ...options }) => {
    const { total, wrongSpeaker } = wordDiarizationErrorRate(reference, hypothesis, options);
    return { total, wrongSpeaker };
  },
  rate: ({ total, wrongSpeaker }) => ratio(wrongSpeaker, total, 0),
};
