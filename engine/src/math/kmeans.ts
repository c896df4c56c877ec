/**
 * K-means: so many centroids that the squared distances from each point to its nearest centroid sum to little.
 *
 *   k-means++ (Arthur and Vassilvitskii 2007), greedy: seeds far from each other, the best of a few draws each
 *   Lloyd 1982: points to the nearest centroid, centroids to the mean of their points, until nothing moves
 *   all that a few times from new seeds; the least sum wins
 *
 * Equal to scikit-learn 1.9.1 `KMeans(n_clusters, n_init, random_state)`: same draws of the same generator, same rules for
 * ties, empty clusters and the end, so cluster numbers are the same too. Float32 points are centred and their seeds drawn
 * in float32 as there; all other sums are float64. scikit-learn's own result depends on its BLAS's order of additions
 * where a point lies exactly between two centroids, so points on a grid may come out otherwise.
 */
import { RandomState } from './random.ts';

export interface KMeansOptions {
  readonly numInits?: number;
  readonly seed?: number;
  readonly maxIterations?: number;
  /** Stop when the centroids' squared moves sum to less than this share of the points' variance (mean over dimensions). */
  readonly tolerance?: number;
}

export interface KMeans {
  /** (point) 0 … numClusters-1. A number may be missing when fewer points are different. */
  readonly labels: Int32Array;
  /** (cluster, dimension) */
  readonly centroids: Float64Array;
  /** Sum of squared distances from each point to its centroid. */
  readonly inertia: number;
}

/** The points, centred: (point, dimension). */
interface Points {
  readonly x: Float64Array;
  readonly n: number;
  readonly dim: number;
  /** To the precision that the points came in. */
  readonly round: (value: number) => number;
}

/** @param points `points[point * dim + d]` */
export function kmeans(
  points: Float32Array | Float64Array,
  numPoints: number,
  dim: number,
  numClusters: number,
  { numInits = 3, seed = 42, maxIterations = 300, tolerance = 1e-4 }: KMeansOptions = {},
): KMeans {
  if (points.length !== numPoints * dim) {
    throw new RangeError(`Got ${points.length} numbers when ${numPoints} points of ${dim} make ${numPoints * dim}.`);
  }
  if (!(Number.isInteger(numClusters) && numClusters >= 1 && numClusters <= numPoints)) {
    throw new RangeError(`Got ${numClusters} clusters for ${numPoints} points: there must be 1 to ${numPoints}.`);
  }
  if (!points.every(Number.isFinite)) throw new RangeError('Got a point that is not made of finite numbers.');
  const { centred, mean } = centre(points, numPoints, dim);
  const minShift = tolerance * meanVariance(centred);
  const random = new RandomState(seed);
  let best: KMeans | undefined;
  for (let i = 0; i < numInits; i++) {
    const run = lloyd(centred, seedCentroids(centred, numClusters, random), numClusters, maxIterations, minShift);
    if (!best || (run.inertia < best.inertia && !isSameClustering(run.labels, best.labels, numClusters))) best = run;
  }
  if (!best) throw new RangeError(`Got numInits ${numInits}: it must be at least 1.`);
  return { ...best, centroids: best.centroids.map((value, i) => value + mean[i % dim]) };
}

function centre(points: Float32Array | Float64Array, n: number, dim: number): { centred: Points; mean: Float64Array } {
  const round = points instanceof Float32Array ? Math.fround : (value: number): number => value;
  const mean = new Float64Array(dim);
  for (let i = 0; i < n; i++) for (let d = 0; d < dim; d++) mean[d] = round(mean[d] + points[i * dim + d]);
  for (let d = 0; d < dim; d++) mean[d] = round(mean[d] / n);
  const x = Float64Array.from(points, (value, i) => round(value - mean[i % dim]));
  return { centred: { x, n, dim, round }, mean };
}

function meanVariance({ x, n, dim }: Points): number {
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

/** Greedy k-means++: each next seed is, of 2 + ln k points drawn by squared distance, the one that leaves least. */
function seedCentroids(points: Points, numClusters: number, random: RandomState): Float64Array {
  const { x, n, dim, round } = points;
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

function lloyd(points: Points, seeds: Float64Array, k: number, maxIterations: number, minShift: number): KMeans {
  const { x, n, dim } = points;
  let centroids = seeds;
  let labels = new Int32Array(n).fill(-1);
  let settled = false;
  for (let iteration = 0; iteration < maxIterations && !settled; iteration++) {
    const next = nearestCentroids(points, centroids, k);
    const moved = means(points, next, centroids, k);
    settled = next.every((label, i) => label === labels[i]);
    labels = next;
    let shift = 0;
    for (let i = 0; i < moved.length; i++) shift += (moved[i] - centroids[i]) ** 2;
    centroids = moved;
    if (!settled && shift <= minShift) break;
  }
  if (!settled) labels = nearestCentroids(points, centroids, k);
  let inertia = 0;
  for (let i = 0; i < n; i++) inertia += squaredDistance(x, i, centroids, labels[i], dim);
  return { labels, centroids, inertia };
}

/** The nearest centroid of each point, the first of equals. |x|² is the same for all centroids and left out. */
function nearestCentroids({ x, n, dim }: Points, centroids: Float64Array, k: number): Int32Array<ArrayBuffer> {
  const labels = new Int32Array(n);
  const squares = Float64Array.from({ length: k }, (_, j) => dot(centroids, j, centroids, j, dim));
  for (let i = 0; i < n; i++) {
    let min = Number.POSITIVE_INFINITY;
    for (let j = 0; j < k; j++) {
      const distance = squares[j] - 2 * dot(x, i, centroids, j, dim);
      if (distance < min) {
        min = distance;
        labels[i] = j;
      }
    }
  }
  return labels;
}

/** The mean of each cluster's points. An empty cluster takes away the point that is farthest from its old centroid. */
function means({ x, n, dim }: Points, labels: Int32Array, old: Float64Array, k: number): Float64Array {
  const centroids = new Float64Array(k * dim);
  const sizes = new Float64Array(k);
  for (let i = 0; i < n; i++) {
    sizes[labels[i]]++;
    for (let d = 0; d < dim; d++) centroids[labels[i] * dim + d] += x[i * dim + d];
  }
  if (sizes.includes(0)) {
    const distances = Float64Array.from(labels, (label, i) => squaredDistance(x, i, old, label, dim));
    const farthest = Array.from(distances.keys()).sort((a, b) => distances[b] - distances[a]);
    const empty = Array.from(sizes.keys()).filter((j) => sizes[j] === 0);
    // All points lie on centroids: there are fewer different points than clusters.
    const numMoves = distances[farthest[0]] === 0 ? 0 : empty.length;
    for (let move = 0; move < numMoves; move++) {
      const point = farthest[move];
      const from = labels[point];
      const to = empty[move];
      for (let d = 0; d < dim; d++) {
        centroids[from * dim + d] -= x[point * dim + d];
        centroids[to * dim + d] = x[point * dim + d];
      }
      sizes[from]--;
      sizes[to] = 1;
    }
  }
  const largest = sizes.indexOf(Math.max(...sizes));
  for (let j = 0; j < k; j++) {
    // A cluster that stays empty lies with the largest, or where that one's sum is, if it comes later: as scikit-learn.
    const source = sizes[j] > 0 ? j : largest;
    const divisor = sizes[j] > 0 ? sizes[j] : 1;
    for (let d = 0; d < dim; d++) centroids[j * dim + d] = centroids[source * dim + d] / divisor;
  }
  return centroids;
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

function dot(a: Float64Array, i: number, b: Float64Array, j: number, dim: number): number {
  let total = 0;
  for (let d = 0, p = i * dim, q = j * dim; d < dim; d++, p++, q++) total += a[p] * b[q];
  return total;
}

function squaredDistance(a: Float64Array, i: number, b: Float64Array, j: number, dim: number): number {
  let total = 0;
  for (let d = 0, p = i * dim, q = j * dim; d < dim; d++, p++, q++) total += (a[p] - b[q]) ** 2;
  return total;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
