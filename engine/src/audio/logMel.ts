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
 *
 * What is 40 dB and more below the loud parts of the neighbourhood does not count in the mean: the silence of a noise gate, of
 * a channel whose other side is turned down, or of a track that waits for its turn. In training noise is at most so far below.
 */
export function slidingCentre(frames: LogMelFrames, from: number, to: number, width: number): Float32Array {
  const { numBins } = FBANK;
  const { firstFrame, data } = frames;
  const last = Math.min(firstFrame + frames.numFrames, frames.numRealFrames);
  const centred = new Float32Array((to - from) * numBins);
  const around = levelledSum(data, numBins); // of frames [low, high)
  let low = firstFrame;
  let high = firstFrame;
  for (let frame = from; frame < to; frame++) {
    const middle = frame - Math.floor(width / 2);
    const wantLow = Math.max(firstFrame, Math.min(middle, last - width));
    const wantHigh = Math.min(last, wantLow + width);
    while (high < wantHigh) around.add(high++ - firstFrame, 1);
    while (low < wantLow) around.add(low++ - firstFrame, -1);
    const { sum, count } = around.heard();
    const row = (frame - firstFrame) * numBins;
    const out = (frame - from) * numBins;
    for (let bin = 0; bin < numBins; bin++) centred[out + bin] = data[row + bin] - sum[bin] / count;
  }
  return centred;
}

/** Natural logarithms of power: a level's width, the lowest, how many. */
const LEVEL = 0.5;
const LOWEST = -20;
const NUM_LEVELS = 100;
/** As loud as this part of the frames are the loud ones; what is so many levels below them (39 dB) is silence. */
const LOUD = 0.05;
const SILENT = 18;

interface LevelledSum {
  add(frame: number, sign: 1 | -1): void;
  heard(): { readonly sum: Float64Array; readonly count: number };
}

/** The sum of some frames without those that are silence beside the others; frames are sorted by how loud they are. */
function levelledSum(data: Float32Array, numBins: number): LevelledSum {
  const counts = new Int32Array(NUM_LEVELS);
  const sums = new Float64Array(NUM_LEVELS * numBins);
  const sum = new Float64Array(numBins);
  let total = 0;
  let count = 0;
  let floor = 0; // `sum` and `count` are of this level and those above

  function add(frame: number, sign: 1 | -1): void {
    const row = frame * numBins;
    let power = 0;
    for (let bin = 0; bin < numBins; bin++) power += data[row + bin];
    const level = Math.max(0, Math.min(NUM_LEVELS - 1, Math.floor((power / numBins - LOWEST) / LEVEL)));
    total += sign;
    counts[level] += sign;
    for (let bin = 0; bin < numBins; bin++) sums[level * numBins + bin] += sign * data[row + bin];
    if (level < floor) return;
    count += sign;
    for (let bin = 0; bin < numBins; bin++) sum[bin] += sign * data[row + bin];
  }

  function take(level: number, sign: 1 | -1): void {
    if (counts[level] === 0) return;
    count += sign * counts[level];
    for (let bin = 0; bin < numBins; bin++) sum[bin] += sign * sums[level * numBins + bin];
  }

  function heard() {
    let loud = NUM_LEVELS;
    for (let louder = 0; louder < LOUD * total; louder += counts[loud]) loud--;
    const wanted = Math.max(0, loud - SILENT);
    while (floor < wanted) take(floor++, -1);
    while (floor > wanted) take(--floor, 1);
    return { sum, count };
  }

  return { add, heard };
}
