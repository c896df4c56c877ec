import { hysteresis } from '../../diarize/binarize.ts';
import { decodeHard, type Powerset, powerset } from '../../diarize/powerset.ts';
import type { SegmentationModel } from '../../model/segmentation.ts';

/**
 * What is read off one window of the segmentation network, (frame, class) → (frame, column).
 *
 * A powerset network names the set of speakers of each frame. The hard reading takes the likeliest set, as pyannote's
 * pipelines do; the soft one adds up the probabilities of all sets that hold what is asked for. A network with one
 * probability a speaker has only these: then the largest is that somebody talks, the second largest that two do.
 */
export interface Reading {
  readonly width: number;
  read(scores: Float32Array): Float32Array | Uint8Array;
}

export interface ReadingOptions {
  /** Probabilities in place of decisions; only powerset networks know the difference. */
  readonly soft?: boolean;
}

/** Whether (or how likely) at least `count` speakers talk: 1 is speech, 2 overlapped speech. */
export function atLeast(model: SegmentationModel, count: number, { soft = false }: ReadingOptions = {}): Reading {
  const { numSpeakers, maxSimultaneous, numClasses } = model;
  const most = maxSimultaneous > 0 ? maxSimultaneous : numSpeakers;
  if (!(Number.isInteger(count) && count >= 1 && count <= most))
    throw new RangeError(`Got ${count} speakers at a time when the network tells 1 to ${most}.`);
  if (maxSimultaneous === 0) return { width: 1, read: (scores) => nthLargest(scores, numSpeakers, count) };
  const enough = setSizes(powerset(numSpeakers, maxSimultaneous)).map((size) => (size >= count ? 1 : 0));
  return {
    width: 1,
    read: (scores) => (soft ? sumOf(scores, enough, numClasses) : likeliest(scores, enough, numClasses)),
  };
}

/** One column a local speaker, 0 or 1: the likeliest set of a powerset, hysteresis on probabilities. */
export function hardSpeakers(model: SegmentationModel, { onset = 0.5 }: { readonly onset?: number } = {}): Reading {
  const { numSpeakers, maxSimultaneous, numFrames } = model;
  if (maxSimultaneous > 0) {
    const sets = powerset(numSpeakers, maxSimultaneous);
    return { width: numSpeakers, read: (scores) => decodeHard(sets, scores) };
  }
  return { width: numSpeakers, read: (scores) => hysteresis(scores, numFrames, numSpeakers, { onset }) };
}

function setSizes({ numClasses, numSpeakers, mapping }: Powerset): Uint8Array {
  const sizes = new Uint8Array(numClasses);
  for (let i = 0; i < mapping.length; i++) sizes[Math.floor(i / numSpeakers)] += mapping[i];
  return sizes;
}

/** Whether the likeliest class (the first of equals) is one of `members`. */
function likeliest(scores: Float32Array, members: Uint8Array, numClasses: number): Uint8Array {
  const found = new Uint8Array(scores.length / numClasses);
  for (let frame = 0; frame < found.length; frame++) {
    const row = frame * numClasses;
    let best = 0;
    for (let c = 1; c < numClasses; c++) if (scores[row + c] > scores[row + best]) best = c;
    found[frame] = members[best];
  }
  return found;
}

/** The probability that the class is one of `members`, from log-probabilities. */
function sumOf(logProbs: Float32Array, members: Uint8Array, numClasses: number): Float32Array {
  const sums = new Float32Array(logProbs.length / numClasses);
  for (let frame = 0; frame < sums.length; frame++) {
    let sum = 0;
    for (let c = 0; c < numClasses; c++) if (members[c]) sum += Math.exp(logProbs[frame * numClasses + c]);
    sums[frame] = Math.min(sum, 1);
  }
  return sums;
}

/** The n-th largest number of each row; NaN counts as 0. */
function nthLargest(scores: Float32Array, width: number, n: number): Float32Array {
  const found = new Float32Array(scores.length / width);
  for (let frame = 0; frame < found.length; frame++) {
    const row = scores.slice(frame * width, (frame + 1) * width).map((score) => (Number.isNaN(score) ? 0 : score));
    found[frame] = row.sort()[width - n];
  }
  return found;
}
