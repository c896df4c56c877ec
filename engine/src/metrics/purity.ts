import type { Annotation } from '../core/annotation.ts';
import type { Seconds } from '../core/segment.ts';
import { cooccurrence } from './cooccurrence.ts';
import { evaluate } from './evaluated.ts';
import { totalDuration } from './intervals.ts';
import { fMeasure, type Metric, ratio } from './metric.ts';
import { labelSupports, type Tracks, tracksOfSupports } from './tracks.ts';

/**
 * Purity: of the time of the hypothesis' speakers, the share that belongs to each one's main reference speaker. Coverage:
 * the same with the sides changed. Splitting speakers keeps purity and loses coverage, merging them the reverse.
 * Equal to pyannote.metrics 4.2.0 `DiarizationPurity` and `DiarizationCoverage`, which know neither UEM nor collar.
 * `f` is their harmonic mean, which pyannote.metrics dropped with 4.
 */
export interface PurityCoverage {
  readonly purity: number;
  readonly coverage: number;
  readonly f: number;
}

export function diarizationPurityCoverage(reference: Annotation, hypothesis: Annotation): PurityCoverage {
  const file = evaluate(reference, hypothesis);
  const pure = purity.rate(purity.measure(file));
  const covered = coverage.rate(coverage.measure(file));
  return { purity: pure, coverage: covered, f: fMeasure(pure, covered) };
}

export const purity: Metric<'total' | 'correct'> = {
  id: 'purity',
  name: 'purity',
  unit: 'percent',
  components: ['total', 'correct'],
  measure: ({ whole }) => mainShares(whole.hypothesis, whole.reference),
  rate: ({ total, correct }) => ratio(correct, total, 1),
};

export const coverage: Metric<'total' | 'correct'> = {
  ...purity,
  id: 'coverage',
  name: 'coverage',
  measure: ({ whole }) => mainShares(whole.reference, whole.hypothesis),
};

/** For each label of `of` the longest time with one label of `by`, added up, and the time of all. */
function mainShares(of: Tracks, by: Tracks): { total: Seconds; correct: Seconds } {
  const supports = labelSupports(of);
  const shared = cooccurrence(tracksOfSupports(supports, of.labels), tracksOfSupports(labelSupports(by), by.labels));
  let total = 0;
  let correct = 0;
  for (let label = 0; label < supports.length; label++) {
    total += totalDuration(supports[label]);
    let longest = 0;
    for (const seconds of shared[label].values()) if (seconds > longest) longest = seconds;
    correct += longest;
  }
  return { total, correct };
}
