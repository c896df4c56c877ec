import { type Cooccurrence, cooccurrence } from './cooccurrence.ts';
import { swapSides } from './evaluated.ts';
import type { Metric } from './metric.ts';

/**
 * Homogeneity: how much of the uncertainty about who talks goes away once the hypothesis' speaker is known,
 * 1 − H(reference | hypothesis) / H(reference). Completeness: the same with the sides changed - all of it, so collars and
 * skipped overlaps are then those of the hypothesis, as in pyannote.metrics.
 * A. Rosenberg and J. Hirschberg, "V-Measure" (EMNLP 2007), over seconds instead of items. Equal to pyannote.metrics
 * 4.2.0 `DiarizationHomogeneity` and `DiarizationCompleteness`.
 */
export const homogeneity: Metric<'entropy' | 'crossEntropy'> = {
  id: 'homogeneity',
  name: 'homogeneity',
  unit: 'percent',
  components: ['entropy', 'crossEntropy'],
  measure: ({ reference, hypothesis }) => entropies(cooccurrence(reference, hypothesis), hypothesis.labels.length),
  rate: ({ entropy, crossEntropy }) => {
    if (entropy === 0) return crossEntropy === 0 ? 1 : 0;
    return 1 - crossEntropy / entropy;
  },
};

export const completeness: Metric<'entropy' | 'crossEntropy'> = {
  ...homogeneity,
  id: 'completeness',
  name: 'completeness',
  measure: (file) => homogeneity.measure(swapSides(file)),
};

/** Of the rows, and of the rows given the column. */
function entropies(matrix: Cooccurrence, numColumns: number): { entropy: number; crossEntropy: number } {
  const rowSums = matrix.map((row) => sum(row.values()));
  const columnSums = new Float64Array(numColumns);
  for (const row of matrix) for (const [column, seconds] of row) columnSums[column] += seconds;
  const all = sum(rowSums);
  let entropy = 0;
  let crossEntropy = 0;
  for (let r = 0; r < matrix.length; r++) {
    entropy += plogp(rowSums[r] / all, rowSums[r] / all);
    for (const [column, seconds] of matrix[r]) crossEntropy += plogp(seconds / all, seconds / columnSums[column]);
  }
  return { entropy, crossEntropy };
}

/** −p·log(q), 0 where there is nothing. */
function plogp(p: number, q: number): number {
  return p > 0 ? 0 - p * Math.log(q) : 0;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
