import { fcluster } from '../math/fcluster.ts';
import { type Linkage, type LinkageMethod, linkage } from '../math/linkage.ts';
import { unitRows } from './centroids.ts';

/**
 * The tree in which embeddings are merged, for recordings of any length. A tree of n points needs all n²/2 distances:
 * exact, and pyannote's result, up to `maxExact` points. Beyond that, neighbours in time are merged first:
 *
 *   n points → blocks of 256 → in each block the merges well below the threshold → their means
 *            → blocks of 256 of these → …            until no more than maxExact means are left → one tree of the means
 *
 * A mean counts as as many points as it stands for, so that the upper tree is what centroid linkage would go on with had
 * it made these merges itself. Only merges that the final cut makes anyway are wanted early. When that does not shrink a level by a quarter, blocks are halved instead, whatever the distances.
 */
export interface MergeTree {
  readonly tree: Linkage;
  /** The leaf of the tree that stands for each point; absent when each point is its own. */
  readonly leafOf?: Int32Array;
}

export interface MergeTreeOptions {
  readonly metric?: 'euclidean' | 'cosine';
  /** Where the tree will be cut. */
  readonly threshold: number;
  readonly maxExact?: number;
}

/** 6,000 points are 144 MB of distances and about five seconds. */
const MAX_EXACT = 6000;
const BLOCK = 256;
/** Merges below this share of the threshold are made early. */
const NEAR = 0.6;

/** @param points (numPoints, dim), in the order of time */
export function mergeTree(
  points: Float32Array,
  numPoints: number,
  dim: number,
  method: LinkageMethod,
  { metric: asked = 'euclidean', threshold, maxExact = MAX_EXACT }: MergeTreeOptions,
): MergeTree {
  if (numPoints <= maxExact) return { tree: linkage(points, numPoints, dim, method, { metric: asked }) };
  // By cosine, what a mean of unit vectors stands for is at its inner product on average; made a unit again it would be nearer.
  const [data0, metric] =
    asked === 'cosine' ? ([unitRows(points, dim), 'product'] as const) : ([points, asked] as const);
  let means: Means = { data: data0, sizes: new Int32Array(numPoints).fill(1), dim };
  const leafOf = Int32Array.from({ length: numPoints }, (_, i) => i);
  while (means.sizes.length > maxExact) {
    const before = means.sizes.length;
    let labels = mergeBlocks(means, method, metric, (tree) => fcluster(tree, NEAR * threshold));
    if (1 + largest(labels) > 0.75 * before)
      labels = mergeBlocks(means, method, metric, (tree) => fcluster(byRank(tree), tree.numPoints / 2));
    means = meansOf(means, labels);
    for (let i = 0; i < numPoints; i++) leafOf[i] = labels[leafOf[i]];
  }
  const { data, sizes } = means;
  return { tree: linkage(data, sizes.length, dim, method, { metric, sizes }), leafOf };
}

/** The cluster of each point, counted from 0, when the tree is cut at a distance. */
export function cut({ tree, leafOf }: MergeTree, threshold: number): Int32Array {
  const leaves = fcluster(tree, threshold).map((label) => label - 1);
  return leafOf === undefined ? leaves : leafOf.map((leaf) => leaves[leaf]);
}

/** The same merges with their number for a distance: cut at k, it makes all merges up to number k. */
export function byRank({ numPoints, rows }: Linkage): Linkage {
  const ranked = rows.slice();
  for (let k = 0; k < numPoints - 1; k++) ranked[4 * k + 2] = k;
  return { numPoints, rows: ranked };
}

interface Means {
  /** (mean, dim) */
  readonly data: Float32Array;
  /** Points that each mean stands for. */
  readonly sizes: Int32Array;
  readonly dim: number;
}

/** Labels 0, 1, 2 … of the means, block by block, each block cut by `cutBlock` (labels from 1). */
function mergeBlocks(
  { data, sizes, dim }: Means,
  method: LinkageMethod,
  metric: 'euclidean' | 'product',
  cutBlock: (tree: Linkage) => Int32Array,
): Int32Array {
  const labels = new Int32Array(sizes.length);
  let next = 0;
  for (let from = 0; from < sizes.length; from += BLOCK) {
    const to = Math.min(sizes.length, from + BLOCK);
    const block = linkage(data.subarray(from * dim, to * dim), to - from, dim, method, {
      metric,
      sizes: sizes.subarray(from, to),
    });
    const found = cutBlock(block);
    for (let i = from; i < to; i++) labels[i] = next + found[i - from] - 1;
    next += largest(found);
  }
  return labels;
}

function meansOf({ data, sizes, dim }: Means, labels: Int32Array): Means {
  const numMeans = 1 + largest(labels);
  const sums = new Float64Array(numMeans * dim);
  const counts = new Int32Array(numMeans);
  for (let i = 0; i < labels.length; i++) {
    const size = sizes[i];
    const to = labels[i] * dim;
    const from = i * dim;
    counts[labels[i]] += size;
    for (let d = 0; d < dim; d++) sums[to + d] += size * data[from + d];
  }
  const means = new Float32Array(sums.length);
  for (let mean = 0, at = 0; mean < numMeans; mean++)
    for (let d = 0; d < dim; d++, at++) means[at] = sums[at] / counts[mean];
  return { data: means, sizes: counts, dim };
}

function largest(values: Int32Array): number {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return most;
}
