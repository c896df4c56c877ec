import { eigh } from '../math/eigh.ts';

/**
 * Vectors of hundreds of numbers as points on paper: principal component analysis (Pearson 1901) of their directions.
 * Each vector is divided by its length, the mean is taken off, and the two directions with the most variance become the
 * axes; their signs are free and chosen so that the entry with the largest absolute value is positive.
 */
export interface Projection {
  /** `points[2 * row]`, `points[2 * row + 1]`; NaN where the vector is no number or zero. */
  readonly points: Float64Array;
  /** Shares of the variance that the two axes hold, 0..1. */
  readonly explained: readonly [number, number];
}

/** Rows that the axes are computed from, at most: evenly taken from all. */
const MAX_FIT = 1500;

export function project(vectors: Float32Array, dimension: number): Projection {
  const numRows = dimension === 0 ? 0 : vectors.length / dimension;
  const points = new Float64Array(2 * numRows).fill(Number.NaN);
  const valid: number[] = [];
  const lengths = new Float64Array(numRows);
  for (let row = 0; row < numRows; row++) {
    let square = 0;
    for (let i = row * dimension; i < (row + 1) * dimension; i++) square += vectors[i] * vectors[i];
    lengths[row] = Math.sqrt(square);
    if (lengths[row] > 0 && Number.isFinite(lengths[row])) valid.push(row);
  }
  if (valid.length === 0 || dimension < 2) return { points, explained: [0, 0] };

  const fit = evenly(valid, MAX_FIT);
  const mean = new Float64Array(dimension);
  for (const row of fit)
    for (let i = 0; i < dimension; i++) mean[i] += vectors[row * dimension + i] / lengths[row] / fit.length;
  const covariance = new Float64Array(dimension * dimension);
  const x = new Float64Array(dimension);
  for (const row of fit) {
    for (let i = 0; i < dimension; i++) x[i] = vectors[row * dimension + i] / lengths[row] - mean[i];
    for (let i = 0; i < dimension; i++)
      for (let j = i; j < dimension; j++) covariance[i * dimension + j] += (x[i] * x[j]) / fit.length;
  }
  for (let i = 0; i < dimension; i++)
    for (let j = 0; j < i; j++) covariance[i * dimension + j] = covariance[j * dimension + i];
  const { values, vectors: axes } = eigh(covariance, dimension);
  const total = values.reduce((sum, value) => sum + value, 0);
  const [first, second] = [dimension - 1, dimension - 2].map((k) => upright(axes, k, dimension));
  for (const row of valid) {
    let [a, b] = [0, 0];
    for (let i = 0; i < dimension; i++) {
      const value = vectors[row * dimension + i] / lengths[row] - mean[i];
      a += value * first[i];
      b += value * second[i];
    }
    points[2 * row] = a;
    points[2 * row + 1] = b;
  }
  const share = (value: number): number => (total > 0 ? Math.max(0, value) / total : 0);
  return { points, explained: [share(values[dimension - 1]), share(values[dimension - 2])] };
}

function upright(axes: Float64Array, index: number, dimension: number): Float64Array {
  const axis = axes.slice(index * dimension, (index + 1) * dimension);
  const largest = axis.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return largest < 0 ? axis.map((value) => -value) : axis;
}

/** At most `most` of the items, at equal distances. */
export function evenly<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]);
}
