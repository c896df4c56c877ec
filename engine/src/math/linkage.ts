/**
 * Agglomerative clustering: start with every point alone, merge the two nearest clusters, n-1 times; the result is the
 * tree of merges. "Near" is the method's: between the closest members (single), the farthest (complete), the mean
 * (average, weighted), the centroids (centroid, median), or by the growth of the variance (ward).
 *
 * Equal to scipy.cluster.hierarchy.linkage 1.17.1 row by row, also where distances tie, because it takes the same three
 * roads (D. Müllner, "Modern hierarchical, agglomerative clustering algorithms", arXiv:1109.2378):
 *   single                            minimum spanning tree (Prim), sorted by distance, O(n²)
 *   complete, average, weighted, ward nearest-neighbour chain, sorted by distance, O(n²)
 *   centroid, median                  a heap of lower bounds on each cluster's nearest distance, in order of merging;
 *                                     O(n²) as a rule. A merge may be nearer than the one before it (an inversion).
 * Memory is the condensed distances, n²/2 doubles, overwritten as clusters merge.
 */
import { cosinePairs, euclideanPairs, pairIndex, productPairs } from './condensed.ts';
import { KeyedHeap } from './keyedHeap.ts';

export type LinkageMethod = 'single' | 'complete' | 'average' | 'weighted' | 'ward' | 'centroid' | 'median';

/** The tree of merges: SciPy's Z. Points are 0…n-1, and merge k makes cluster n+k. */
export interface Linkage {
  readonly numPoints: number;
  /** (n-1) rows of 4: `rows[4 * k]` < `rows[4 * k + 1]` are merged at distance `rows[4 * k + 2]` into `rows[4 * k + 3]` points. */
  readonly rows: Float64Array;
}

/** Distance from the cluster made of x and y to another, z, from the three distances and sizes before the merge. */
type Update = (xz: number, yz: number, xy: number, nx: number, ny: number, nz: number) => number;

/** Lance-Williams formulas, in SciPy's order of operations. Rounding may make a square of nearly 0 negative: then 0. */
const updates: Record<Exclude<LinkageMethod, 'single'>, Update> = {
  complete: (xz, yz) => Math.max(xz, yz),
  average: (xz, yz, _, nx, ny) => (nx * xz + ny * yz) / (nx + ny),
  weighted: (xz, yz) => 0.5 * (xz + yz),
  ward: (xz, yz, xy, nx, ny, nz) => {
    const t = 1 / (nx + ny + nz);
    return root((nz + nx) * t * xz * xz + (nz + ny) * t * yz * yz - nz * t * xy * xy);
  },
  centroid: (xz, yz, xy, nx, ny) => root((nx * xz * xz + ny * yz * yz - (nx * ny * xy * xy) / (nx + ny)) / (nx + ny)),
  median: (xz, yz, xy) => root(0.5 * (xz * xz + yz * yz) - 0.25 * xy * xy),
};

function root(square: number): number {
  return square > 0 ? Math.sqrt(square) : 0;
}

export interface LinkageOptions {
  readonly metric?: 'euclidean' | 'cosine' | 'product';
  /** How many points each given point stands for, when it is the mean of a cluster already; 1 each where absent. */
  readonly sizes?: Int32Array;
}

/** Merges points, `points[point * dim + d]`, by their Euclidean (or cosine) distance; `product`: one minus the inner product. */
export function linkage(
  points: Float32Array | Float64Array,
  numPoints: number,
  dim: number,
  method: LinkageMethod,
  { metric = 'euclidean', sizes = new Int32Array(numPoints).fill(1) }: LinkageOptions = {},
): Linkage {
  if (metric !== 'euclidean') {
    if (method === 'ward' || method === 'centroid' || method === 'median') {
      throw new RangeError(
        `Got metric ${metric} with method ${method}, which needs Euclidean distances: normalise first.`,
      );
    }
    const pairs = metric === 'cosine' ? cosinePairs : productPairs;
    return merge(pairs(points, numPoints, dim), sizes, method);
  }
  return merge(euclideanPairs(points, numPoints, dim), sizes, method);
}

function merge(distances: Float64Array, counts: Int32Array, method: LinkageMethod): Linkage {
  const numPoints = counts.length;
  if (numPoints < 2) return { numPoints, rows: new Float64Array(0) };
  for (let i = 0; i < distances.length; i++) {
    if (!(distances[i] < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`Got distance ${distances[i]} for pair ${i}: every distance must be a finite number.`);
    }
  }
  if (method === 'single') return spanningTree(distances, counts);
  const update = updates[method];
  if (method === 'centroid' || method === 'median') return boundedHeap(distances, counts, update);
  return neighbourChain(distances, counts, update);
}

/** Prim's algorithm: grow one tree from point 0; the edge that reaches the next point is a merge. */
function spanningTree(distances: Float64Array, counts: Int32Array): Linkage {
  const n = counts.length;
  const rows = new Float64Array(4 * (n - 1));
  const reached = new Uint8Array(n);
  const nearest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  let x = 0;
  for (let k = 0; k < n - 1; k++) {
    reached[x] = 1;
    let next = -1;
    let min = Number.POSITIVE_INFINITY;
    for (let i = 0; i < n; i++) {
      if (reached[i]) continue;
      const distance = distances[i < x ? pairIndex(i, x, n) : pairIndex(x, i, n)];
      if (distance < nearest[i]) nearest[i] = distance;
      if (nearest[i] < min) {
        min = nearest[i];
        next = i;
      }
    }
    rows.set([x, next, min], 4 * k);
    x = next;
  }
  return inOrderOfDistance(rows, counts);
}

/** Walk from neighbour to nearer neighbour until two are each other's nearest, merge them, walk on from there. */
function neighbourChain(d: Float64Array, counts: Int32Array, update: Update): Linkage {
  const n = counts.length;
  const rows = new Float64Array(4 * (n - 1));
  const sizes = counts.slice();
  const chain = new Int32Array(n);
  let length = 0;
  for (let k = 0; k < n - 1; k++) {
    if (length === 0) chain[length++] = sizes.findIndex((size) => size > 0);
    let x: number;
    let y: number;
    let min: number;
    while (true) {
      x = chain[length - 1];
      // On a tie the cluster we came from wins, else the walk might go round in circles.
      y = length > 1 ? chain[length - 2] : -1;
      min = y < 0 ? Number.POSITIVE_INFINITY : d[y < x ? pairIndex(y, x, n) : pairIndex(x, y, n)];
      for (let i = 0, at = x - 1; i < x; i++, at += n - i - 1) {
        if (sizes[i] > 0 && d[at] < min) {
          min = d[at];
          y = i;
        }
      }
      for (let i = x + 1, at = pairIndex(x, i, n); i < n; i++, at++) {
        if (sizes[i] > 0 && d[at] < min) {
          min = d[at];
          y = i;
        }
      }
      if (length > 1 && y === chain[length - 2]) break;
      chain[length++] = y;
    }
    length -= 2;
    if (x > y) [x, y] = [y, x];
    const nx = sizes[x];
    const ny = sizes[y];
    rows.set([x, y, min, nx + ny], 4 * k);
    sizes[x] = 0; // x is gone, and y stands for both
    sizes[y] = nx + ny;
    for (let z = 0; z < n; z++) {
      if (sizes[z] === 0 || z === y) continue;
      const zx = z < x ? pairIndex(z, x, n) : pairIndex(x, z, n);
      const zy = z < y ? pairIndex(z, y, n) : pairIndex(y, z, n);
      d[zy] = update(d[zx], d[zy], min, nx, ny, sizes[z]);
    }
  }
  return inOrderOfDistance(rows, counts);
}

/**
 * Müllner's generic algorithm. For each cluster x: a candidate for its nearest among the later ones, and a lower bound
 * on that distance. The cluster of the least bound is looked at; if the bound is the candidate's distance, they merge,
 * else the true nearest is searched and the bound raised.
 */
function boundedHeap(d: Float64Array, counts: Int32Array, update: Update): Linkage {
  const n = counts.length;
  const rows = new Float64Array(4 * (n - 1));
  const sizes = counts.slice();
  const ids = Int32Array.from(sizes, (_, i) => i);
  const candidates = new Int32Array(n);
  const bounds = new Float64Array(n - 1);

  const findNearest = (x: number): void => {
    let nearest = -1;
    let min = Number.POSITIVE_INFINITY;
    for (let i = x + 1, at = pairIndex(x, i, n); i < n; i++, at++) {
      if (d[at] < min && sizes[i] > 0) {
        min = d[at];
        nearest = i;
      }
    }
    candidates[x] = nearest;
    bounds[x] = min;
  };

  for (let x = 0; x < n - 1; x++) findNearest(x);
  const heap = new KeyedHeap(bounds);

  for (let k = 0; k < n - 1; k++) {
    let x = heap.minKey;
    while (bounds[x] !== d[pairIndex(x, candidates[x], n)]) {
      findNearest(x);
      heap.change(x, bounds[x]);
      x = heap.minKey;
    }
    heap.removeMin();
    const y = candidates[x];
    const xy = bounds[x];
    const nx = sizes[x];
    const ny = sizes[y];
    rows.set([Math.min(ids[x], ids[y]), Math.max(ids[x], ids[y]), xy, nx + ny], 4 * k);
    sizes[x] = 0; // x is gone, and y (> x) stands for both
    sizes[y] = nx + ny;
    ids[y] = n + k;

    // Column walks: from (z, y) to (z+1, y) it is n-z-2 places.
    for (let z = 0, zx = x - 1, zy = y - 1; z < y; z++, zx += n - z - 1, zy += n - z - 1) {
      if (sizes[z] === 0) continue;
      const distance = update(d[z < x ? zx : pairIndex(x, z, n)], d[zy], xy, nx, ny, sizes[z]);
      d[zy] = distance;
      if (candidates[z] === x) candidates[z] = y; // only a guess: the bound tells
      if (distance < bounds[z]) {
        candidates[z] = y;
        bounds[z] = distance;
        heap.change(z, distance);
      }
    }
    for (let z = y + 1, xz = pairIndex(x, z, n), yz = pairIndex(y, z, n); z < n; z++, xz++, yz++) {
      if (sizes[z] > 0) d[yz] = update(d[xz], d[yz], xy, nx, ny, sizes[z]);
    }
    if (y < n - 1) {
      findNearest(y);
      heap.change(y, bounds[y]);
    }
  }
  return { numPoints: n, rows };
}

/** Sorts merges found in another order by distance (stable) and gives the clusters the names of the sorted tree. */
function inOrderOfDistance(unsorted: Float64Array, counts: Int32Array): Linkage {
  const n = counts.length;
  const order = Array.from({ length: n - 1 }, (_, k) => k);
  order.sort((a, b) => unsorted[4 * a + 2] - unsorted[4 * b + 2]);
  const rows = new Float64Array(4 * (n - 1));
  const parents = Int32Array.from({ length: 2 * n - 1 }, (_, i) => i);
  const sizes = new Int32Array(2 * n - 1);
  sizes.set(counts);
  const find = (id: number): number => {
    let top = id;
    while (parents[top] !== top) top = parents[top];
    for (let at = id; at !== top; ) {
      const next = parents[at];
      parents[at] = top;
      at = next;
    }
    return top;
  };
  for (let k = 0; k < n - 1; k++) {
    const from = 4 * order[k];
    const a = find(unsorted[from]);
    const b = find(unsorted[from + 1]);
    sizes[n + k] = sizes[a] + sizes[b];
    parents[a] = parents[b] = n + k;
    rows.set([Math.min(a, b), Math.max(a, b), unsorted[from + 2], sizes[n + k]], 4 * k);
  }
  return { numPoints: n, rows };
}
