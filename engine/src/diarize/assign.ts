import { assignMax } from '../math/assignment.ts';
import { NOBODY } from './clustering.ts';
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
 * similarity. Who gets none is {@link NOBODY}. pyannote.audio 4.0.7 `pipelines/clustering.py:constrained_argmax`.
 * Speakers who never talk have no row here; pyannote gives theirs a constant below all others, which has the same effect.
 */
export function assignConstrained(
  embeddings: Pick<LocalEmbeddings, 'chunk' | 'numRows'>,
  similarity: Float64Array,
  numClusters: number,
): Int32Array {
  const { chunk, numRows } = embeddings;
  const labels = new Int32Array(numRows).fill(NOBODY);
  const least = lowest(similarity); // stands for a similarity that is not a number
  for (let from = 0; from < numRows; ) {
    let to = from + 1;
    while (to < numRows && chunk[to] === chunk[from]) to++;
    const scores = similarity.slice(from * numClusters, to * numClusters);
    for (let i = 0; i < scores.length; i++) if (Number.isNaN(scores[i])) scores[i] = least;
    labels.set(assignMax(scores, to - from, numClusters, NOBODY), from);
    from = to;
  }
  return labels;
}

function lowest(values: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) if (value < least) least = value;
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}
