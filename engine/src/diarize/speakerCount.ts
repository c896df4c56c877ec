import type { ChunkedActivity } from '../core/frames.ts';
import { rint } from '../math/round.ts';
import { firstFrameOf, numAggregatedFrames } from './aggregate.ts';

/**
 * How many people talk in each frame of the recording: the mean over the chunks that saw the frame, rounded half to even.
 * Returns one number a frame. pyannote.audio 4.0.7 `pipelines/utils/diarization.py:speaker_count`. It is `overlapAdd` of
 * a number a frame of each chunk, added up in whole numbers without making that array.
 */
export function speakerCount(activity: ChunkedActivity): Uint8Array {
  const { chunks, numChunks, numFrames: framesPerChunk, talking } = activity;
  const grid = { ...activity.grid, start: chunks.start };
  const numFrames = numAggregatedFrames(chunks, numChunks, grid);
  const speakers = new Uint16Array(numFrames);
  const seenBy = new Uint16Array(numFrames);
  for (let chunk = 0; chunk < numChunks; chunk++) {
    const first = firstFrameOf(chunks, chunk, grid);
    const from = chunk * framesPerChunk;
    for (let frame = 0; frame < framesPerChunk; frame++) {
      seenBy[first + frame]++;
      for (let set = talking[from + frame]; set !== 0; set &= set - 1) speakers[first + frame]++;
    }
  }
  const count = new Uint8Array(numFrames);
  for (let frame = 0; frame < numFrames; frame++)
    if (seenBy[frame] > 0) count[frame] = rint(speakers[frame] / seenBy[frame]);
  return count;
}
