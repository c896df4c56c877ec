import type { ChunkedActivity } from '../core/frames.ts';
import type { SlidingWindow } from '../core/window.ts';
import { firstFrameOf, numAggregatedFrames } from './aggregate.ts';

/**
 * From local speakers to the recording's: in each chunk a cluster is active where any of its local speakers is; every
 * frame counts the chunks that say so; and the `count` clusters with the most votes talk in that frame.
 *
 * pyannote.audio 4.0.7 `speaker_diarization.py:reconstruct` and `pipelines/utils/diarization.py:to_diarization`.
 */

/** Votes on the recording's frames: `data[frame * numSpeakers + speaker]`. */
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

/**
 * Votes for each cluster in each frame: the number of chunks that heard it there.
 *
 * @param clusterOf `clusterOf[chunk * width + localSpeaker]`: a cluster, or a negative number for none
 */
export function clusterVotes(activity: ChunkedActivity, clusterOf: Int32Array, numClusters: number): SpeakerVotes {
  const { chunks, numChunks, numFrames: framesPerChunk, width, talking } = activity;
  const grid = { ...activity.grid, start: chunks.start };
  const numFrames = numAggregatedFrames(chunks, numChunks, grid);
  const mostVotes = Math.ceil(chunks.duration / chunks.step) + 1;
  const votes = new (mostVotes < 256 ? Uint8Array : Uint16Array)(numFrames * numClusters);
  for (let chunk = 0; chunk < numChunks; chunk++) {
    const first = firstFrameOf(chunks, chunk, grid);
    for (let local = 0; local < width; local++) {
      const cluster = clusterOf[chunk * width + local];
      if (cluster < 0) continue;
      let members = 0;
      for (let s = 0; s < width; s++) if (clusterOf[chunk * width + s] === cluster) members |= 1 << s;
      if (members & ((1 << local) - 1)) continue; // voted with the first of them: once, whoever of them talks
      const row = chunk * framesPerChunk;
      for (let frame = 0; frame < framesPerChunk; frame++)
        if (talking[row + frame] & members) votes[(first + frame) * numClusters + cluster]++;
    }
  }
  return { grid, numFrames, numSpeakers: numClusters, data: votes };
}

/**
 * The `count[frame]` clusters with the most votes, the lowest index of equals, even where they have none.
 * When a frame counts more people than there are clusters, silent columns are added for them.
 */
export function mostVoted(votes: SpeakerVotes, count: Uint8Array): DiscreteDiarization {
  const { grid, numFrames, numSpeakers: numClusters } = votes;
  let numSpeakers = numClusters;
  for (let frame = 0; frame < numFrames; frame++) numSpeakers = Math.max(numSpeakers, count[frame]);
  const data = new Uint8Array(numFrames * numSpeakers);
  for (let frame = 0; frame < numFrames; frame++) {
    const row = frame * numSpeakers;
    for (let left = count[frame]; left > 0; left--) {
      let best = -1;
      let most = -1;
      for (let k = 0; k < numSpeakers; k++) {
        if (data[row + k]) continue;
        const vote = k < numClusters ? votes.data[frame * numClusters + k] : 0;
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

/** At most this many at a time. */
export function capCount(count: Uint8Array, most: number): Uint8Array {
  return count.map((n) => Math.min(n, most));
}
