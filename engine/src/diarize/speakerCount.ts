import type { ChunkedActivity } from '../core/frames.ts';
import { rint } from '../math/round.ts';
import { average, overlapAdd } from './aggregate.ts';

/**
 * How many people talk in each frame of the recording: the mean over the chunks that saw the frame, rounded half to even.
 * Returns one number a frame. pyannote.audio 4.0.7 `pipelines/utils/diarization.py:speaker_count`.
 */
export function speakerCount(activity: ChunkedActivity): Uint8Array {
  const { numChunks, numFrames, width, data } = activity;
  const counts = new Uint8Array(numChunks * numFrames);
  for (let frame = 0; frame < counts.length; frame++)
    for (let s = 0; s < width; s++) counts[frame] += data[frame * width + s];
  return Uint8Array.from(average(overlapAdd({ ...activity, width: 1, data: counts })), rint);
}
