import { cosineDistances } from '../math/cosine.ts';
import type { LocalEmbeddings } from './embeddings.ts';

/** Means, lengths and similarities of embeddings: what the clusterings share. */

/** The given rows, one after the other, as they are. */
export function gatherRows({ vectors, dimension }: LocalEmbeddings, rows: Int32Array): Float32Array {
  const gathered = new Float32Array(rows.length * dimension);
  rows.forEach((row, i) => {
    gathered.set(vectors.subarray(row * dimension, (row + 1) * dimension), i * dimension);
  });
  return gathered;
}

/** Each row divided by its length, rounded to float32 as NumPy does for float32 input. */
export function unitRows(matrix: Float32Array, dimension: number): Float32Array {
  const unit = new Float32Array(matrix.length);
  for (let from = 0; from < matrix.length; from += dimension) {
    let square = 0;
    for (let i = from; i < from + dimension; i++) square += matrix[i] * matrix[i];
    const length = Math.fround(Math.sqrt(square));
    for (let i = from; i < from + dimension; i++) unit[i] = matrix[i] / length;
  }
  return unit;
}

/**
 * Mean row of each label, 0..numLabels-1; a label of no rows gives NaN.
 *
 * @param rows the row that each label is for, where it is not its own place
 */
export function meanRows(
  matrix: Float32Array,
  dimension: number,
  labels: Int32Array,
  numLabels: number,
  rows?: Int32Array,
): Float64Array {
  const means = new Float64Array(numLabels * dimension);
  const counts = new Float64Array(numLabels);
  labels.forEach((label, i) => {
    counts[label]++;
    const from = (rows ? rows[i] : i) * dimension;
    const to = label * dimension;
    for (let d = 0; d < dimension; d++) means[to + d] += matrix[from + d];
  });
  return means.map((sum, i) => sum / counts[Math.floor(i / dimension)]);
}

/** Mean row of each column of weights (row, cluster). */
export function weightedMeanRows(
  matrix: Float32Array,
  dimension: number,
  weights: Float64Array,
  numClusters: number,
): Float64Array {
  const means = new Float64Array(numClusters * dimension);
  const totals = new Float64Array(numClusters);
  for (let row = 0; row < matrix.length / dimension; row++)
    for (let k = 0; k < numClusters; k++) {
      const weight = weights[row * numClusters + k];
      totals[k] += weight;
      if (weight === 0) continue;
      for (let i = 0; i < dimension; i++) means[k * dimension + i] += weight * matrix[row * dimension + i];
    }
  return means.map((sum, i) => sum / totals[Math.floor(i / dimension)]);
}

/** (row, cluster): 2 − cosine distance. */
export function similarities(
  vectors: Float32Array | Float64Array,
  dimension: number,
  centroids: Float64Array,
): Float64Array {
  const similarity = cosineDistances(vectors, centroids, dimension);
  for (let i = 0; i < similarity.length; i++) similarity[i] = 2 - similarity[i];
  return similarity;
}
