import { assignMax } from '../math/assignment.ts';
import { meanRows, similarities } from './centroids.ts';
import { type ClusteringInput, type Clusters, NOBODY } from './clustering.ts';
import type { LocalEmbeddings } from './embeddings.ts';

/** Which cluster each local speaker goes to, given how similar it is to each. */

/** The most similar cluster, the first of equals; rows without a number go to cluster 0, as np.argmax does. */
export function assignNearest(similarity: Float64Array, numClusters: number): Int32Array {
  const numRows = numClusters === 0 ? 0 : similarity.length / numClusters;
  const labels = new Int32Array(numRows);
  for (let row = 0; row < numRows; row++) {
    let best = 0;
    for (let k = 1; k < numClusters; k++)
      if (similarity[row * numClusters + k] > similarity[row * numClusters + best]) best = k;
    labels[row] = best;
  }
  return labels;
}

/**
 * The same, but two local speakers of one chunk never share a cluster: the assignment of a chunk with the largest total
 * similarity. Who gets none is {@link NOBODY}. Speakers who never talk take part with a similarity below all others, as
 * they do in pyannote, because they decide between assignments that are equally good (two speakers with one mask).
 * pyannote.audio 4.0.7 `pipelines/clustering.py:constrained_argmax`.
 *
 * @param numLocal speakers of a chunk, talking or not
 */
export function assignConstrained(
  { chunk, speaker, numRows }: Pick<LocalEmbeddings, 'chunk' | 'speaker' | 'numRows'>,
  numLocal: number,
  similarity: Float64Array,
  numClusters: number,
): Int32Array {
  const labels = new Int32Array(numRows).fill(NOBODY);
  const scores = new Float64Array(numLocal * numClusters);
  const least = lowest(similarity);
  for (let from = 0; from < numRows; ) {
    let to = from;
    scores.fill(least - 1);
    for (; to < numRows && chunk[to] === chunk[from]; to++)
      for (let k = 0; k < numClusters; k++) {
        const score = similarity[to * numClusters + k];
        scores[speaker[to] * numClusters + k] = Number.isNaN(score) ? least : score;
      }
    const assigned = assignMax(scores, numLocal, numClusters, NOBODY);
    for (let row = from; row < to; row++) labels[row] = assigned[speaker[row]];
    from = to;
  }
  return labels;
}

interface Assignment {
  readonly input: ClusteringInput;
  /** Rows of the embeddings that speakers are learnt from, and the cluster of each. */
  readonly rows: Int32Array;
  readonly labels: Int32Array;
  readonly numClusters: number;
  readonly constrained: boolean;
}

/** Every embedding to the centroid (mean of raw embeddings) it is most like. `BaseClustering.assign_embeddings`. */
export function assignAll({ input, rows, labels, numClusters, constrained }: Assignment): Clusters {
  const { embeddings, activity } = input;
  const { dimension, vectors } = embeddings;
  const centroids = meanRows(vectors, dimension, labels, numClusters, rows);
  const similarity = similarities(vectors, dimension, centroids);
  const assigned = constrained
    ? assignConstrained(embeddings, activity.width, similarity, numClusters)
    : assignNearest(similarity, numClusters);
  return { labels: assigned, numClusters, centroids, similarity };
}

/** The least number; 0 when there is none. */
function lowest(values: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) if (value < least) least = value;
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}
