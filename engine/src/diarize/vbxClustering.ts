import { kmeans } from '../math/kmeans.ts';
import type { Plda } from '../model/plda.ts';
import { assignAll, assignConstrained, assignNearest } from './assign.ts';
import { gatherRows, similarities, unitRows, weightedMeanRows } from './centroids.ts';
import { type Clustering, resolveBounds, trainingRows, wantedClusters } from './clustering.ts';
import { cut, mergeTree } from './mergeTree.ts';
import { vbx } from './vbx.ts';

/**
 * VBx clustering (community-1): agglomerative clustering with a low threshold makes too many clusters; VBx then lets the
 * superfluous ones vanish; every embedding goes to the centroid it is most like, two of a chunk never to the same.
 * When the caller's bounds say otherwise, k-means makes as many clusters as wanted.
 *
 * pyannote.audio 4.0.7 `pipelines/clustering.py:VBxClustering`.
 */

export interface VbxClusteringOptions {
  /** Distance between unit vectors at which the initial merging stops. */
  readonly threshold?: number;
  readonly Fa?: number;
  readonly Fb?: number;
  readonly constrained?: boolean;
  readonly minActiveRatio?: number;
  /** Builds the tree; tuning keeps trees, which do not depend on the threshold. */
  readonly merge?: typeof mergeTree;
}

/** Speakers whose prior weight is at most this have vanished. */
const LEAST_PRIOR = 1e-7;

export function vbxClustering(
  plda: Plda,
  {
    threshold = 0.6,
    Fa = 0.07,
    Fb = 0.8,
    constrained = true,
    minActiveRatio = 0.2,
    merge = mergeTree,
  }: VbxClusteringOptions = {},
): Clustering {
  return (input, bounds) => {
    const { embeddings, activity } = input;
    const { dimension, vectors, numRows } = embeddings;
    const resolved = resolveBounds(bounds);
    const rows = trainingRows(input, { minActiveRatio });
    const train = gatherRows(embeddings, rows);
    const numTrain = rows.length;
    if (numTrain < 2) {
      const centroids = numTrain === 1 ? Float64Array.from(train) : new Float64Array(dimension).fill(Number.NaN);
      const similarity = similarities(vectors, dimension, centroids);
      return { labels: new Int32Array(numRows), numClusters: 1, centroids, similarity };
    }

    const unit = unitRows(train, dimension);
    const tree = merge(unit, numTrain, dimension, 'centroid', { threshold });
    const initial = cut(tree, threshold);
    const { gamma, pi, numSpeakers } = vbx(plda.transform(train), plda.phi, initial, { Fa, Fb });
    const kept = [...pi.keys()].filter((k) => pi[k] > LEAST_PRIOR);
    const wanted = wantedClusters(resolved, kept.length);

    if (wanted !== undefined) {
      const numClusters = Math.min(wanted, numTrain);
      const { labels } = kmeans(unit, numTrain, dimension, numClusters, { numInits: 3, seed: 42 });
      return assignAll({ input, rows, labels, numClusters, constrained: false });
    }

    const numClusters = kept.length;
    const weights = new Float64Array(numTrain * numClusters);
    for (let t = 0; t < numTrain; t++)
      for (let k = 0; k < numClusters; k++) weights[t * numClusters + k] = gamma[t * numSpeakers + kept[k]];
    const centroids = weightedMeanRows(train, dimension, weights, numClusters);
    const similarity = similarities(vectors, dimension, centroids);
    const labels = constrained
      ? assignConstrained(embeddings, activity.width, similarity, numClusters)
      : assignNearest(similarity, numClusters);
    return { labels, numClusters, centroids, similarity };
  };
}
