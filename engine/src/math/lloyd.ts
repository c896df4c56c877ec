/**
 * Lloyd 1982: give each point to the nearest centroid, move each centroid to the mean of its points, until no point
 * changes its centroid or the centroids hardly move. Equal to scikit-learn 1.9.1 `_kmeans_single_lloyd`, also in what it
 * does with a centroid that no point is nearest to: that one is moved to the point farthest from its own centroid.
 */

export interface Clusters {
  /** (point) 0 … k-1. A number may be missing when fewer than k points are different. */
  readonly labels: Int32Array;
  /** (cluster, dimension) */
  readonly centroids: Float64Array;
  /** Sum of squared distances from each point to its centroid. */
  readonly inertia: number;
}

/** `x` is (point, dimension), `seeds` (cluster, dimension); ends when squared moves sum to `minShift` or less. */
export function lloyd(
  x: Float64Array,
  dim: number,
  seeds: Float64Array,
  maxIterations: number,
  minShift: number,
): Clusters {
  const n = x.length / dim;
  let centroids = seeds;
  let labels = new Int32Array(n).fill(-1);
  let settled = false;
  for (let iteration = 0; iteration < maxIterations && !settled; iteration++) {
    const next = nearestCentroids(x, dim, centroids);
    const moved = means(x, dim, next, centroids);
    settled = next.every((label, i) => label === labels[i]);
    labels = next;
    let shift = 0;
    for (let i = 0; i < moved.length; i++) shift += (moved[i] - centroids[i]) ** 2;
    centroids = moved;
    if (!settled && shift <= minShift) break;
  }
  if (!settled) labels = nearestCentroids(x, dim, centroids);
  let inertia = 0;
  for (let i = 0; i < n; i++) inertia += squaredDistance(x, i, centroids, labels[i], dim);
  return { labels, centroids, inertia };
}

/** The nearest centroid of each point, the first of equals. |x|² is the same for all centroids and left out. */
function nearestCentroids(x: Float64Array, dim: number, centroids: Float64Array): Int32Array<ArrayBuffer> {
  const n = x.length / dim;
  const k = centroids.length / dim;
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
function means(x: Float64Array, dim: number, labels: Int32Array, old: Float64Array): Float64Array {
  const n = x.length / dim;
  const k = old.length / dim;
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
