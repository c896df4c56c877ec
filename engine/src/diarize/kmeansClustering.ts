import { kmeans } from '../math/kmeans.ts';
import { assignAll } from './assign.ts';
import { gatherRows, unitRows } from './centroids.ts';
import { type Clustering, resolveBounds, trainingRows } from './clustering.ts';

/**
 * k-means on unit embeddings, for a known number of speakers. pyannote.audio 4.0.7
 * `pipelines/clustering.py:KMeansClustering`; fewer embeddings than speakers make a speaker each.
 */
export function kmeansClustering(): Clustering {
  return (input, bounds) => {
    const { embeddings } = input;
    const { num } = resolveBounds(bounds);
    if (num === undefined) throw new RangeError('k-means clustering needs numSpeakers (or equal bounds); got none.');
    const rows = trainingRows(input);
    const numTrain = rows.length;
    const unit = unitRows(gatherRows(embeddings, rows), embeddings.dimension);
    const { labels, numClusters } =
      numTrain <= num
        ? { labels: Int32Array.from({ length: numTrain }, (_, i) => i), numClusters: Math.max(1, numTrain) }
        : {
            labels: kmeans(unit, numTrain, embeddings.dimension, num, { numInits: 3, seed: 42 }).labels,
            numClusters: num,
          };
    return assignAll({ input, rows, labels, numClusters, constrained: false });
  };
}
