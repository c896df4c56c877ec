/**
 * Greedy k-means++ (Arthur and Vassilvitskii 2007): the first seed is any point; each next one is, of 2 + ln k points
 * drawn in proportion to their squared distance from the seeds so far, the one that leaves the least sum of distances.
 * Equal to scikit-learn 1.9.1 `_kmeans_plusplus` draw by draw.
 */
import type { RandomState } from './random.ts';

/** `x` is (point, dimension); `round` takes distances and sums to the precision that the points came in. */
export function seedCentroids(
  x: Float64Array,
  dim: number,
  numClusters: number,
  random: RandomState,
  round: (value: number) => number,
): Float64Array {
  const n = x.length / dim;
  const numTrials = 2 + Math.floor(Math.log(numClusters));
  const centroids = new Float64Array(numClusters * dim);
  const squares = Float64Array.from({ length: n }, (_, i) => dot(x, i, x, i, dim));
  const place = (cluster: number, point: number): void =>
    centroids.set(x.subarray(point * dim, (point + 1) * dim), cluster * dim);
  /** Squared distances to a point, or to the nearest centroid where that is nearer. */
  const distancesWith = (point: number, nearest: Float64Array | undefined): Float64Array =>
    Float64Array.from(squares, (square, i) => {
      const distance = Math.max(0, round(-2 * dot(x, point, x, i, dim) + squares[point] + square));
      return nearest ? Math.min(nearest[i], distance) : distance;
    });

  const first = uniformChoice(n, round, random);
  place(0, first);
  let nearest = distancesWith(first, undefined);
  let potential = round(sum(nearest));
  const cumulated = new Float64Array(n);
  for (let cluster = 1; cluster < numClusters; cluster++) {
    for (let i = 0, total = 0; i < n; i++) cumulated[i] = total = round(total + nearest[i]);
    const draws = Array.from({ length: numTrials }, () => random.random() * potential);
    let best = -1;
    let bestDistances = nearest;
    let bestPotential = Number.POSITIVE_INFINITY;
    for (const draw of draws) {
      const candidate = Math.min(n - 1, firstAtLeast(cumulated, draw));
      const distances = distancesWith(candidate, nearest);
      const left = round(sum(distances));
      if (left < bestPotential) {
        best = candidate;
        bestDistances = distances;
        bestPotential = left;
      }
    }
    place(cluster, best);
    nearest = bestDistances;
    potential = bestPotential;
  }
  return centroids;
}

/** RandomState.choice(n, p) with all p equal. */
function uniformChoice(n: number, round: (value: number) => number, random: RandomState): number {
  const share = round(1 / n);
  const cumulated = new Float64Array(n);
  for (let i = 0, total = 0; i < n; i++) cumulated[i] = total += share;
  const draw = random.random();
  const last = cumulated[n - 1];
  return cumulated.findIndex((value) => value / last > draw);
}

/** The index of the first of ascending values that is not below `limit`; their number if there is none. */
function firstAtLeast(ascending: Float64Array, limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function dot(a: Float64Array, i: number, b: Float64Array, j: number, dim: number): number {
  let total = 0;
  for (let d = 0, p = i * dim, q = j * dim; d < dim; d++, p++, q++) total += a[p] * b[q];
  return total;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
