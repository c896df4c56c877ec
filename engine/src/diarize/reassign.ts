import type { ChunkedActivity } from '../core/frames.ts';
import { similarities } from './centroids.ts';
import { type Clusters, clusterOfLocal } from './clustering.ts';
import type { LocalEmbeddings } from './embeddings.ts';
import type { LocalSpeech } from './localSpeech.ts';
import { SPAN } from './turnVoices.ts';

/**
 * Each turn to the speaker it sounds like. Local speakers were put together from what one chunk of ten seconds tells, and
 * a turn or two of somebody else may be among them; once the recording's speakers are known, from all of its chunks, that shows:
 *
 *   a local speaker    ▇▇▇▇   ▇▇▇▇▇   ▇▇▇       of Ann's cluster
 *   its turns are like Ann     Ann     Ben
 *   afterwards         ▇▇▇▇   ▇▇▇▇▇              Ann's
 *                                      ▇▇▇       Ben's, in a place of its own or with Ben's local speaker of this chunk
 *
 * A turn goes where weight · cosine is highest, its local speaker's cluster being ahead by {@link HOME}; and it stays
 * where somebody of the other cluster talks in the same frames already, so that as many people talk in each frame as before.
 *
 * Ours: pyannote gives a local speaker to one cluster as a whole.
 */
export interface Reassigned {
  readonly activity: ChunkedActivity;
  /** With a row more for each local speaker that a turn has become. */
  readonly embeddings: LocalEmbeddings;
  readonly clusters: Clusters;
}

/** What the segmentation and the regrouping say for a turn's own local speaker, as a log-likelihood ratio. */
const HOME = 1;

/** A turn that has become a local speaker of its own. */
interface Newcomer {
  readonly chunk: number;
  readonly speaker: number;
  readonly cluster: number;
  readonly numSolo: number;
  readonly vector: Float32Array;
  readonly similarity: Float64Array;
}

export function reassignTurns({ activity, embeddings, turns }: LocalSpeech, clusters: Clusters): Reassigned {
  const { numClusters, centroids } = clusters;
  if (turns === undefined || numClusters < 2) return { activity, embeddings, clusters };
  const { dimension } = embeddings;
  const { numFrames, width } = activity;
  const talking = activity.talking.slice();
  const clusterOf = clusterOfLocal(activity, embeddings, clusters);
  const talks = new Uint8Array(clusterOf.length);
  embeddings.chunk.forEach((chunk, row) => {
    talks[chunk * width + embeddings.speaker[row]] = 1;
  });
  const newcomers: Newcomer[] = [];

  turns.weights.forEach((weight, turn) => {
    const [chunk, speaker, first, end] = turns.spans.subarray(turn * SPAN, (turn + 1) * SPAN);
    const local = clusterOf.subarray(chunk * width, (chunk + 1) * width);
    const home = local[speaker];
    if (home < 0) return;
    const vector = Float32Array.from(turns.vectors.subarray(turn * dimension, (turn + 1) * dimension));
    const similarity = similarities(vector, dimension, centroids);
    const cluster = likeliest(similarity, weight, home);
    if (cluster === home) return;
    const frames = talking.subarray(chunk * numFrames + first, chunk * numFrames + end);
    const own = 1 << speaker;
    const there = local.reduce((places, of, place) => (of === cluster ? places | (1 << place) : places), 0);
    if (frames.some((set) => set & own && set & there)) return;
    let place = local.indexOf(cluster);
    if (place < 0) {
      place = talks.subarray(chunk * width, (chunk + 1) * width).indexOf(0);
      if (place < 0) return; // eight talk in this chunk already
      local[place] = cluster;
      talks[chunk * width + place] = 1;
      newcomers.push({ chunk, speaker: place, cluster, numSolo: end - first, vector, similarity });
    }
    frames.forEach((set, frame) => {
      if (set & own) frames[frame] = set ^ own ^ (1 << place);
    });
  });
  return { activity: { ...activity, talking }, ...withRows(embeddings, clusters, newcomers) };
}

/** The cluster that a turn goes to; a similarity that is no number says nothing. */
function likeliest(similarity: Float64Array, weight: number, home: number): number {
  let best = home;
  let most = weight * similarity[home] + HOME;
  for (let k = 0; k < similarity.length; k++)
    if (k !== home && weight * similarity[k] > most) [best, most] = [k, weight * similarity[k]];
  return best;
}

/** The embeddings and their clusters, with a row more for each newcomer. */
function withRows(
  embeddings: LocalEmbeddings,
  clusters: Clusters,
  newcomers: readonly Newcomer[],
): Pick<Reassigned, 'embeddings' | 'clusters'> {
  const { numRows, dimension, chunk, speaker, numSolo, vectors } = embeddings;
  const integers = (known: Int32Array, of: (newcomer: Newcomer) => number): Int32Array => {
    const all = new Int32Array(numRows + newcomers.length);
    all.set(known);
    newcomers.forEach((newcomer, i) => {
      all[numRows + i] = of(newcomer);
    });
    return all;
  };
  const allVectors = new Float32Array(vectors.length + newcomers.length * dimension);
  allVectors.set(vectors);
  const similarity = new Float64Array(clusters.similarity.length + newcomers.length * clusters.numClusters);
  similarity.set(clusters.similarity);
  newcomers.forEach((newcomer, i) => {
    allVectors.set(newcomer.vector, (numRows + i) * dimension);
    similarity.set(newcomer.similarity, (numRows + i) * clusters.numClusters);
  });
  return {
    embeddings: {
      dimension,
      numRows: numRows + newcomers.length,
      chunk: integers(chunk, (newcomer) => newcomer.chunk),
      speaker: integers(speaker, (newcomer) => newcomer.speaker),
      numSolo: integers(numSolo, (newcomer) => newcomer.numSolo),
      vectors: allVectors,
    },
    clusters: { ...clusters, labels: integers(clusters.labels, ({ cluster }) => cluster), similarity },
  };
}
