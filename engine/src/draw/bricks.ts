import type { ChunkedActivity } from '../core/frames.ts';
import type { Clusters } from '../diarize/clustering.ts';
import type { LocalEmbeddings } from '../diarize/embeddings.ts';
import { NO_SPEAKER, speakerIndex } from './speakerIndex.ts';

/**
 * What was decided in the windows, as runs: five bytes for a stretch of frames in which a local speaker talks, about forty
 * for a window. Three hours fit; of what does not, every second, fourth … window is left.
 *
 *   window 7   ··1111····11··      → [0, 2, 6] [0, 10, 12]      [local speaker, first frame, frame after the last]
 */
export interface BricksPicture {
  readonly chunks: readonly number[];
  /** Runs of each window. */
  readonly numRuns: Uint16Array;
  /** `[local speaker, from / 256, from % 256, to / 256, to % 256]` a run, window after window. */
  readonly runs: Uint8Array;
  /** Index of the speaker each local one became, or 255, (window, local speaker). */
  readonly speakerOf: Uint8Array;
}

export interface BricksContext {
  readonly embeddings?: LocalEmbeddings;
  readonly clusters?: Clusters;
  readonly speakerOf: ReadonlyMap<number, number>;
  readonly maxBytes?: number;
}

export function bricksPicture(
  activity: ChunkedActivity,
  { embeddings, clusters, speakerOf, maxBytes = 550_000 }: BricksContext,
): BricksPicture {
  const { numChunks, width } = activity;
  const all = Array.from({ length: numChunks }, (_, chunk) => runsOf(activity, chunk));
  let every = 1;
  let kept = all;
  while (kept.length > 1 && kept.reduce((sum, { length }) => sum + length, 0) > maxBytes) {
    every *= 2;
    kept = all.filter((_, chunk) => chunk % every === 0);
  }
  const chunks = kept.map((_, i) => i * every);
  const indices = new Uint8Array(chunks.length * width).fill(NO_SPEAKER);
  if (embeddings && clusters)
    for (let row = 0; row < embeddings.numRows; row++)
      if (embeddings.chunk[row] % every === 0)
        indices[(embeddings.chunk[row] / every) * width + embeddings.speaker[row]] = speakerIndex(
          clusters,
          row,
          speakerOf,
        );
  return {
    chunks,
    numRuns: Uint16Array.from(kept, ({ length }) => length / 5),
    runs: Uint8Array.from(kept.flat()),
    speakerOf: indices,
  };
}

function runsOf({ numFrames, width, talking }: ChunkedActivity, chunk: number): number[] {
  const bytes: number[] = [];
  for (let s = 0; s < width; s++) {
    let from = -1;
    for (let frame = 0; frame <= numFrames; frame++) {
      const on = frame < numFrames && ((talking[chunk * numFrames + frame] >> s) & 1) === 1;
      if (on && from < 0) from = frame;
      if (on || from < 0) continue;
      bytes.push(s, from >> 8, from & 255, frame >> 8, frame & 255);
      from = -1;
    }
  }
  return bytes;
}
