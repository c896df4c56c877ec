import type { ChunkedActivity } from '../core/frames.ts';
import type { LocalEmbeddings } from './embeddings.ts';

/**
 * Which local speakers, chunk by chunk, are the same person. A clustering is a function, so that another one is an
 * argument away: {@link vbxClustering} (community-1), {@link ahcClustering} (3.1), `kmeansClustering`.
 */
export type Clustering = (input: ClusteringInput, bounds: SpeakerBounds) => Clusters;

export interface ClusteringInput {
  readonly embeddings: LocalEmbeddings;
  /** Who talks where in each chunk. */
  readonly activity: ChunkedActivity;
}

/** How many speakers the caller says there are: exactly, at least, at most. */
export interface SpeakerBounds {
  readonly numSpeakers?: number;
  readonly minSpeakers?: number;
  readonly maxSpeakers?: number;
}

/** A local speaker whose chunk has no cluster left for it. */
export const NOBODY = -2;

export interface Clusters {
  /** (row of the embeddings) cluster, or {@link NOBODY}. */
  readonly labels: Int32Array;
  readonly numClusters: number;
  /** (cluster, dimension): mean embedding; NaN when nothing was good enough to learn from. */
  readonly centroids: Float64Array;
  /** (row, cluster): 2 − cosine distance to each centroid. */
  readonly similarity: Float64Array;
}

/** `clusterOf[chunk * width + localSpeaker]`; nobody's where the speaker does not talk. */
export function clusterOfLocal(
  { numChunks, width }: ChunkedActivity,
  { chunk, speaker }: LocalEmbeddings,
  { labels }: Clusters,
): Int32Array {
  const clusterOf = new Int32Array(numChunks * width).fill(NOBODY);
  labels.forEach((label, row) => {
    clusterOf[chunk[row] * width + speaker[row]] = label;
  });
  return clusterOf;
}

export interface ResolvedBounds {
  readonly num: number | undefined;
  readonly min: number;
  readonly max: number;
}

/** pyannote.audio 4.0.7 `pipelines/utils/diarization.py:set_num_speakers`; 0 counts as not given. */
export function resolveBounds({ numSpeakers, minSpeakers, maxSpeakers }: SpeakerBounds): ResolvedBounds {
  for (const [name, value] of Object.entries({ numSpeakers, minSpeakers, maxSpeakers }))
    if (value !== undefined && !(Number.isInteger(value) && value >= 0))
      throw new RangeError(`Got ${name} ${value} when a whole number was expected, from 1, or 0 for not given.`);
  const num = numSpeakers || undefined;
  const min = num ?? (minSpeakers || 1);
  const max = num ?? (maxSpeakers || Number.POSITIVE_INFINITY);
  if (min > max) throw new RangeError(`Got minSpeakers ${min} when maxSpeakers is ${max}.`);
  return { num: num ?? (min === max ? min : undefined), min, max };
}

/** Refuses what can't be. pyannote lets a number win over bounds that contradict it, which hides a mistake. */
export function checkBounds(bounds: SpeakerBounds): void {
  resolveBounds(bounds);
  const { numSpeakers, minSpeakers, maxSpeakers } = bounds;
  if (numSpeakers && minSpeakers && numSpeakers < minSpeakers)
    throw new RangeError(`Got numSpeakers ${numSpeakers} when minSpeakers is ${minSpeakers}.`);
  if (numSpeakers && maxSpeakers && numSpeakers > maxSpeakers)
    throw new RangeError(`Got numSpeakers ${numSpeakers} when maxSpeakers is ${maxSpeakers}.`);
}

/** How many clusters the bounds ask for when this many were found; undefined when these will do. */
export function wantedClusters({ num, min, max }: ResolvedBounds, found: number): number | undefined {
  const wanted = num ?? Math.min(Math.max(found, min), max);
  return wanted === found ? undefined : wanted;
}

/** Rows good enough to learn speakers from: alone for a fifth of the chunk, and a number everywhere. `filter_embeddings`. */
export function trainingRows(
  { embeddings, activity }: ClusteringInput,
  { minActiveRatio = 0.2 }: { readonly minActiveRatio?: number } = {},
): Int32Array {
  const { numRows, dimension, numSolo, vectors } = embeddings;
  const rows: number[] = [];
  for (let row = 0; row < numRows; row++) {
    if (numSolo[row] < minActiveRatio * activity.numFrames) continue;
    let sum = 0;
    for (let i = row * dimension; i < (row + 1) * dimension; i++) sum += vectors[i];
    if (!Number.isNaN(sum)) rows.push(row);
  }
  return Int32Array.from(rows);
}
