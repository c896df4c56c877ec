import type { ChunkedActivity } from '../core/frames.ts';
import type { SlidingWindow } from '../core/window.ts';
import { firstFrameOf, numAggregatedFrames } from './aggregate.ts';

/**
 * From local speakers to the recording's: in each chunk a cluster is active where any of its local speakers is; every
 * frame counts the chunks that say so; and the `count` clusters with the most votes talk in that frame.
 *
 * pyannote.audio 4.0.7 `speaker_diarization.py:reconstruct` and `pipelines/utils/diarization.py:to_diarization`.
 */

/** Votes on the recording's frames, or on a block of them: `data[frame * numSpeakers + speaker]`. */
export interface SpeakerVotes {
  readonly grid: SlidingWindow;
  readonly numFrames: number;
  readonly numSpeakers: number;
  /** Whole numbers, as small as they may be (a day of frames times twenty speakers); floats once smoothed. */
  readonly data: Uint8Array | Uint16Array | Float32Array;
}

export interface DiscreteDiarization extends Omit<SpeakerVotes, 'data'> {
  /** 1 where the speaker talks. */
  readonly data: Uint8Array;
}

/** Who votes: each chunk, for the clusters of its local speakers. */
export interface Voters {
  readonly activity: ChunkedActivity;
  /** `clusterOf[chunk * width + localSpeaker]`: a cluster, or a negative number for none. */
  readonly clusterOf: Int32Array;
  readonly numClusters: number;
}

/** Frames of the recording, by default all of them. */
interface FrameRange {
  readonly firstFrame?: number;
  readonly numFrames?: number;
}

/** Votes for each cluster in each frame: the number of chunks that heard it there. */
export function clusterVotes(
  { activity, clusterOf, numClusters }: Voters,
  { firstFrame: from = 0, numFrames: asked }: FrameRange = {},
): SpeakerVotes {
  const { chunks, numChunks, numFrames: framesPerChunk, width, talking } = activity;
  const grid = { ...activity.grid, start: chunks.start };
  const numFrames = asked ?? numAggregatedFrames(chunks, numChunks, grid) - from;
  const to = from + numFrames;
  const mostVotes = Math.ceil(chunks.duration / chunks.step) + 1;
  const votes = new (mostVotes < 256 ? Uint8Array : Uint16Array)(numFrames * numClusters);
  // Rounding moves a chunk by a frame at most, so from two chunks before; then until the first that begins too late.
  const before = Math.floor(((from - framesPerChunk) * grid.step) / chunks.step) - 2;
  for (let chunk = Math.max(0, before); chunk < numChunks; chunk++) {
    const first = firstFrameOf(chunks, chunk, grid);
    if (first >= to) break;
    const begin = Math.max(0, from - first);
    const end = Math.min(framesPerChunk, to - first);
    for (let local = 0; local < width; local++) {
      const cluster = clusterOf[chunk * width + local];
      if (cluster < 0) continue;
      let members = 0;
      for (let s = 0; s < width; s++) if (clusterOf[chunk * width + s] === cluster) members |= 1 << s;
      if (members & ((1 << local) - 1)) continue; // voted with the first of them: once, whoever of them talks
      const row = chunk * framesPerChunk;
      for (let frame = begin; frame < end; frame++)
        if (talking[row + frame] & members) votes[(first + frame - from) * numClusters + cluster]++;
    }
  }
  return { grid, numFrames, numSpeakers: numClusters, data: votes };
}

/**
 * The `count[frame]` clusters with the most votes, the lowest index of equals, even where they have none.
 * When more people are counted at once than there are clusters, silent columns are added for them.
 *
 * @param mostAtOnce the largest count, which is the recording's where the votes are a block's
 */
export function mostVoted(
  votes: SpeakerVotes,
  count: Uint8Array,
  mostAtOnce: number = largest(count),
): DiscreteDiarization {
  const { grid, numFrames, numSpeakers: numClusters, data: cast } = votes;
  const numSpeakers = Math.max(numClusters, mostAtOnce);
  const data = new Uint8Array(numFrames * numSpeakers);
  for (let frame = 0; frame < numFrames; frame++) {
    const row = frame * numSpeakers;
    const from = frame * numClusters;
    for (let left = count[frame]; left > 0; left--) {
      let best = -1;
      let most = -1;
      for (let k = 0; k < numSpeakers; k++) {
        if (data[row + k]) continue;
        const vote = k < numClusters ? cast[from + k] : 0;
        if (vote > most) {
          best = k;
          most = vote;
        }
      }
      data[row + best] = 1;
    }
  }
  return { grid, numFrames, numSpeakers, data };
}

/** The most at a time. */
export function largest(count: Uint8Array): number {
  let most = 0;
  for (const n of count) if (n > most) most = n;
  return most;
}

/** At most this many at a time. */
export function capCount(count: Uint8Array, most: number): Uint8Array {
  return count.map((n) => Math.min(n, most));
}
