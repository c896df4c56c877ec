import type { Annotation } from '../core/annotation.ts';
import type { Seconds } from '../core/segment.ts';
import { forEachOverlap } from './cooccurrence.ts';
import { evaluate } from './evaluated.ts';
import { IntervalList, totalDuration, union } from './intervals.ts';
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
  const merged = tracksOfSupports(supports, of.labels);
  const shared: Map<number, IntervalList>[] = supports.map(() => new Map());
  forEachOverlap(merged, by, (i, j, start, end) => {
    const row = shared[merged.label[i]];
    let list = row.get(by.label[j]);
    if (!list) row.set(by.label[j], (list = new IntervalList()));
    list.push(start, end);
  });
  let total = 0;
  let correct = 0;
  supports.forEach((support, label) => {
    total += totalDuration(support);
    let longest = 0;
    for (const list of shared[label].values()) longest = Math.max(longest, totalDuration(union(list.done())));
    correct += longest;
  });
  return { total, correct };
}
