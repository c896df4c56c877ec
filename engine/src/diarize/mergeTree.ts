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
  const metric = asked === 'cosine' ? 'product' : asked;
  const given = (from: number, to: number): Float32Array => points.subarray(from * dim, to * dim);
  let means: Means = {
    rows: asked === 'cosine' ? (from, to) => unitRows(given(from, to), dim) : given,
    sizes: new Int32Array(numPoints).fill(1),
    dim,
  };
  const leafOf = Int32Array.from({ length: numPoints }, (_, i) => i);
  while (means.sizes.length > maxExact) {
    const before = means.sizes.length;
    let labels = mergeBlocks(means, method, metric, (tree) => fcluster(tree, NEAR * threshold));
    if (1 + largest(labels) > 0.75 * before)
      labels = mergeBlocks(means, method, metric, (tree) => fcluster(byRank(tree), tree.numPoints / 2));
    means = meansOf(means, labels);
    for (let i = 0; i < numPoints; i++) leafOf[i] = labels[leafOf[i]];
  }
  const { rows, sizes } = means;
  return { tree: linkage(rows(0, sizes.length), sizes.length, dim, method, { metric, sizes }), leafOf };
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
  /** Means `from` … `to`, (mean, dim): a few at a time, so that points need not be there twice to be unit vectors. */
  readonly rows: (from: number, to: number) => Float32Array;
  /** Points that each mean stands for. */
  readonly sizes: Int32Array;
  readonly dim: number;
}

/** Labels 0, 1, 2 … of the means, block by block, each block cut by `cutBlock` (labels from 1). */
function mergeBlocks(
  { rows, sizes, dim }: Means,
  method: LinkageMethod,
  metric: 'euclidean' | 'product',
  cutBlock: (tree: Linkage) => Int32Array,
): Int32Array {
  const labels = new Int32Array(sizes.length);
  let next = 0;
  for (let from = 0; from < sizes.length; from += BLOCK) {
    const to = Math.min(sizes.length, from + BLOCK);
    const block = linkage(rows(from, to), to - from, dim, method, {
      metric,
      sizes: sizes.subarray(from, to),
    });
    const found = cutBlock(block);
    for (let i = from; i < to; i++) labels[i] = next + found[i - from] - 1;
    next += largest(found);
  }
  return labels;
}

/** Of labels that {@link mergeBlocks} gave: none is in two blocks, so that the sums are a block's. */
function meansOf({ rows, sizes, dim }: Means, labels: Int32Array): Means {
  const numMeans = 1 + largest(labels);
  const means = new Float32Array(numMeans * dim);
  const counts = new Int32Array(numMeans);
  const sums = new Float64Array(BLOCK * dim);
  let first = 0;
  for (let from = 0; from < sizes.length; from += BLOCK) {
    const to = Math.min(sizes.length, from + BLOCK);
    const data = rows(from, to);
    sums.fill(0);
    let next = first;
    for (let i = from; i < to; i++) {
      counts[labels[i]] += sizes[i];
      next = Math.max(next, labels[i] + 1);
      const sum = (labels[i] - first) * dim;
      for (let d = 0, at = (i - from) * dim; d < dim; d++, at++) sums[sum + d] += sizes[i] * data[at];
    }
    for (let mean = first, at = 0; mean < next; mean++)
      for (let d = 0; d < dim; d++, at++) means[mean * dim + d] = sums[at] / counts[mean];
    first = next;
  }
  return { rows: (from, to) => means.subarray(from * dim, to * dim), sizes: counts, dim };
}

function largest(values: Int32Array): number {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return most;
}
