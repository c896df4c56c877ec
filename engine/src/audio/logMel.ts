import { FBANK } from './fbank.ts';
import type { LogMelFrames } from './stretches.ts';

/** Log-mel frames minus a mean: the mean of a window, or one that slides along a long recording. */

/** Frames [from, to) of the recording, as a view. */
export function framesBetween({ firstFrame, data }: LogMelFrames, from: number, to: number): Float32Array {
  return data.subarray((from - firstFrame) * FBANK.numBins, (to - firstFrame) * FBANK.numBins);
}

/**
 * Frames [from, to) of the recording, each minus the mean of the `width` frames around it. At the ends of the recording
 * the neighbourhood is moved inwards, so that it keeps its width; a recording shorter than that has one mean.
 */
export function slidingCentre(frames: LogMelFrames, from: number, to: number, width: number): Float32Array {
  const { numBins } = FBANK;
  const { firstFrame, data } = frames;
  const last = Math.min(firstFrame + frames.numFrames, frames.numRealFrames);
  const centred = new Float32Array((to - from) * numBins);
  const sum = new Float64Array(numBins);
  let low = firstFrame; // the sum holds frames [low, high)
  let high = firstFrame;
  const add = (frame: number, sign: 1 | -1): void => {
    const row = (frame - firstFrame) * numBins;
    for (let bin = 0; bin < numBins; bin++) sum[bin] += sign * data[row + bin];
  };
  for (let frame = from; frame < to; frame++) {
    const middle = frame - Math.floor(width / 2);
    const wantLow = Math.max(firstFrame, Math.min(middle, last - width));
    const wantHigh = Math.min(last, wantLow + width);
    while (high < wantHigh) add(high++, 1);
    while (low < wantLow) add(low++, -1);
    const row = (frame - firstFrame) * numBins;
    const out = (frame - from) * numBins;
    const count = high - low;
    for (let bin = 0; bin < numBins; bin++) centred[out + bin] = data[row + bin] - sum[bin] / count;
  }
  return centred;
}
