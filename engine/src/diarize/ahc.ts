import type { LinkageMethod } from '../math/linkage.ts';
import { rint } from '../math/round.ts';
import { assignAll, assignNearest } from './assign.ts';
import { gatherRows, meanRows, similarities, unitRows } from './centroids.ts';
import { type Clustering, type ResolvedBounds, resolveBounds, trainingRows, wantedClusters } from './clustering.ts';
import { byRank, cut, type MergeTree, mergeTree } from './mergeTree.ts';

/**
 * Agglomerative clustering (speaker-diarization-3.1): merge the nearest clusters of clean embeddings until they are
 * farther apart than a threshold; clusters too small to be a speaker join the nearest that is large enough; then every
 * embedding goes to the centroid it is most like.
 *
 * pyannote.audio 4.0.7 `pipelines/clustering.py:AgglomerativeClustering`.
 */

export interface AhcOptions {
  readonly method?: LinkageMethod;
  /** Distance at which merging stops: between unit vectors (centroid, median, ward), or cosine (the others). */
  readonly threshold?: number;
  /** Smaller clusters are no speakers … */
  readonly minClusterSize?: number;
  /** … unless there are few embeddings: then this share of them is enough. */
  readonly minClusterShare?: number;
  /** Whether two local speakers of a chunk must differ. pyannote's 3.1 does not ask for it. */
  readonly constrained?: boolean;
  /** Share of a chunk that a speaker must talk alone for the embedding to be learnt from. */
  readonly minActiveRatio?: number;
  /** Builds the tree; tuning keeps trees, which do not depend on the threshold. */
  readonly merge?: typeof mergeTree;
}

export function ahcClustering({
  method = 'centroid',
  threshold = 0.7045654963945799,
  minClusterSize = 12,
  minClusterShare = 0.1,
  constrained = false,
  minActiveRatio = 0.2,
  merge = mergeTree,
}: AhcOptions = {}): Clustering {
  return (input, bounds) => {
    const { embeddings } = input;
    const { dimension } = embeddings;
    const rows = trainingRows(input, { minActiveRatio });
    const numTrain = rows.length;
    const clamped = clampBounds(resolveBounds(bounds), numTrain);

    let labels: Int32Array = new Int32Array(numTrain);
    let numClusters = 1;
    if (clamped.max >= 2) {
      const euclidean = method === 'centroid' || method === 'median' || method === 'ward';
      const train = gatherRows(embeddings, rows);
      const points = euclidean ? unitRows(train, dimension) : train;
      const tree = merge(points, numTrain, dimension, method, {
        metric: euclidean ? 'euclidean' : 'cosine',
        threshold,
      });
      const size = Math.min(minClusterSize, Math.max(1, rint(minClusterShare * numTrain)));
      const flat = cutTree(tree, clamped, { threshold, size });
      ({ labels, numClusters } = absorbSmall(flat, points, dimension, size));
    }
    return assignAll({ input, rows, labels, numClusters, constrained });
  };
}

/** As many speakers as there are embeddings, at most. `BaseClustering.set_num_clusters`. */
function clampBounds({ num, min, max }: ResolvedBounds, numTrain: number): ResolvedBounds {
  const clamp = (n: number): number => Math.max(1, Math.min(numTrain, n));
  const low = clamp(num ?? min);
  const high = clamp(num ?? max);
  return { min: low, max: high, num: low === high ? low : num === undefined ? undefined : low };
}

/** Cluster of each point, 0…; cut at the threshold, or where the number of large clusters is nearest to what is wanted. */
function cutTree(
  merges: MergeTree,
  bounds: ResolvedBounds,
  { threshold, size }: { readonly threshold: number; readonly size: number },
): Int32Array {
  const flat = cut(merges, threshold);
  const wanted = wantedClusters(bounds, numLarge(flat, size));
  if (wanted === undefined) return flat;

  // Merges by number instead of distance: cutting at merge k makes all merges up to k, inversions or not.
  const { numPoints, rows } = merges.tree;
  const ranked: MergeTree = { ...merges, tree: byRank(merges.tree) };
  const nearestFirst = Array.from({ length: numPoints - 1 }, (_, k) => k).sort(
    (a, b) => Math.abs(rows[4 * a + 2] - threshold) - Math.abs(rows[4 * b + 2] - threshold),
  );
  let best = numPoints - 1;
  let bestFound = 1;
  for (const merge of nearestFirst) {
    if (rows[4 * merge + 3] < size) continue;
    const clusters = cut(ranked, merge);
    const large = numLarge(clusters, size);
    if (large === wanted) return clusters;
    if (Math.abs(large - wanted) < Math.abs(bestFound - wanted)) {
      best = merge;
      bestFound = large;
    }
  }
  return cut(ranked, best);
}

function numLarge(clusters: Int32Array, size: number): number {
  return clusterSizes(clusters).filter((count) => count >= size).length;
}

/** Members of clusters 0, 1, 2 … */
function clusterSizes(clusters: Int32Array): number[] {
  const sizes: number[] = new Array(clusters.reduce((a, b) => Math.max(a, b), 0) + 1).fill(0);
  for (const cluster of clusters) sizes[cluster]++;
  return sizes;
}

/** Members of small clusters go to the nearest large centroid; what is left is numbered 0, 1, 2 … in the same order. */
function absorbSmall(
  clusters: Int32Array,
  points: Float32Array,
  dimension: number,
  size: number,
): { labels: Int32Array; numClusters: number } {
  const sizes = clusterSizes(clusters);
  const kept = [...sizes.keys()].filter((cluster) => sizes[cluster] >= size);
  if (kept.length === 0) return { labels: new Int32Array(clusters.length), numClusters: 1 };
  const small = [...sizes.keys()].filter((cluster) => sizes[cluster] > 0 && sizes[cluster] < size);
  const centroids = meanRows(points, dimension, clusters, sizes.length);
  const rowsOf = (ids: readonly number[]): Float64Array =>
    Float64Array.from(ids.flatMap((id) => [...centroids.subarray(id * dimension, (id + 1) * dimension)]));
  const nearest = assignNearest(similarities(rowsOf(small), dimension, rowsOf(kept)), kept.length);
  const target = new Map<number, number>(kept.map((cluster, index) => [cluster, index]));
  small.forEach((cluster, i) => {
    target.set(cluster, nearest[i]);
  });
  return { labels: clusters.map((cluster) => target.get(cluster)!), numClusters: kept.length };
}
