/**
 * K-means: so many centroids that the squared distances from each point to its nearest centroid sum to little.
 *
 *   k-means++ (Arthur and Vassilvitskii 2007), greedy: seeds far from each other, the best of a few draws each
 *   Lloyd 1982: points to the nearest centroid, centroids to the mean of their points, until nothing moves
 *   all that a few times from new seeds; the least sum wins
 *
 * Equal to scikit-learn 1.9.1 `KMeans(n_clusters, n_init, random_state)`: same draws of the same generator, same rules for
 * ties, empty clusters and the end, so cluster numbers are the same too. Float32 points are centred and their seeds drawn
 * in float32 as there; all other sums are float64. Where two choices are equal but for rounding, scikit-learn's own result
 * hangs on its BLAS's order of additions and may differ: a point halfway between two centroids, or which of two points
 * that make a cluster of their own became its seed (this changes the clusters' numbers only).
 */
import { seedCentroids } from './kmeansPlusPlus.ts';
import { type Clusters, lloyd } from './lloyd.ts';
import { RandomState } from './random.ts';

export interface KMeansOptions {
  readonly numInits?: number;
  readonly seed?: number;
  readonly maxIterations?: number;
  /** Stop when the centroids' squared moves sum to less than this share of the points' variance (mean over dimensions). */
  readonly tolerance?: number;
}

/** @param points `points[point * dim + d]` */
export function kmeans(
  points: Float32Array | Float64Array,
  numPoints: number,
  dim: number,
  numClusters: number,
  { numInits = 3, seed = 42, maxIterations = 300, tolerance = 1e-4 }: KMeansOptions = {},
): Clusters {
  if (points.length !== numPoints * dim) {
    throw new RangeError(`Got ${points.length} numbers when ${numPoints} points of ${dim} make ${numPoints * dim}.`);
  }
  if (!(Number.isInteger(numClusters) && numClusters >= 1 && numClusters <= numPoints)) {
    throw new RangeError(`Got ${numClusters} clusters for ${numPoints} points: there must be 1 to ${numPoints}.`);
  }
  if (!points.every(Number.isFinite)) throw new RangeError('Got a point that is not made of finite numbers.');
  // What scikit-learn keeps in the points' own precision.
  const round = points instanceof Float32Array ? Math.fround : (value: number): number => value;
  const mean = meanPoint(points, numPoints, dim, round);
  const x = Float64Array.from(points, (value, i) => round(value - mean[i % dim]));
  const minShift = tolerance * meanVariance(x, dim);
  const random = new RandomState(seed);
  let best: Clusters | undefined;
  for (let i = 0; i < numInits; i++) {
    const run = lloyd(x, dim, seedCentroids(x, dim, numClusters, random, round), maxIterations, minShift);
    if (!best || (run.inertia < best.inertia && !isSameClustering(run.labels, best.labels, numClusters))) best = run;
  }
  if (!best) throw new RangeError(`Got numInits ${numInits}: it must be at least 1.`);
  return { ...best, centroids: best.centroids.map((value, i) => value + mean[i % dim]) };
}

function meanPoint(
  points: Float32Array | Float64Array,
  n: number,
  dim: number,
  round: (value: number) => number,
): Float64Array {
  const mean = new Float64Array(dim);
  for (let i = 0; i < n; i++) for (let d = 0; d < dim; d++) mean[d] = round(mean[d] + points[i * dim + d]);
  return mean.map((sum) => round(sum / n));
}

function meanVariance(x: Float64Array, dim: number): number {
  const n = x.length / dim;
  let total = 0;
  for (let d = 0; d < dim; d++) {
    let sum = 0;
    for (let i = d; i < x.length; i += dim) sum += x[i];
    const mean = sum / n;
    let squares = 0;
    for (let i = d; i < x.length; i += dim) squares += (x[i] - mean) ** 2;
    total += squares / n;
  }
  return total / dim;
}

/** Whether two labellings differ by the names of the clusters only. */
function isSameClustering(a: Int32Array, b: Int32Array, k: number): boolean {
  const names = new Int32Array(k).fill(-1);
  for (let i = 0; i < a.length; i++) {
    if (names[a[i]] === -1) names[a[i]] = b[i];
    else if (names[a[i]] !== b[i]) return false;
  }
  return true;
}
