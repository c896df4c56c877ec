import { FBANK } from '../../audio/fbank.ts';
import { slidingCentre } from '../../audio/logMel.ts';
import type { Stretch } from '../../audio/stretches.ts';
import type { EmbeddingModel, EmbedOptions, Pool, Voice } from '../embedding.ts';
import { floats, type Session } from '../runtime.ts';
import { runTrunk, type TrunkFeatures } from './runTrunk.ts';

/**
 * The trunk runs once over a whole stretch and every window is pooled from its features, instead of ten times over
 * overlapping windows. Exact only for trunks trained that way (the embedded model); for others it is a fast mode, since
 * a window then sees a sliding mean in place of its own, and its neighbours in place of zeros at its ends.
 *
 *   log-mel   ~~~~~~~~~~~~~~~~~~~~~~~~~~~~     100 a second
 *   trunk     | | | | | | | | | | | | | |      every `stride` frames, with `margin` frames more on either side
 *   window        [- - - - - -]                features of one chunk, pooled under each voice's mask by the head
 */
export interface SharedTrunkOptions {
  readonly trunk: Session;
  readonly head: Session;
  /** Log-mel frames between two features. */
  readonly stride: number;
  /** Features per channel row: how the trunk's output is shaped, (1, channels, features). */
  readonly dimension: number;
  readonly minNumSamples?: number;
  /** Log-mel frames that a feature looks at on either side. */
  readonly margin?: number;
  /** Log-mel frames that go through the trunk in one piece: see runTrunk. */
  readonly maxFrames?: number;
  /** Log-mel frames whose mean is subtracted. */
  readonly meanWidth?: number;
  readonly chunksPerStretch?: number;
  /** How a mask is given to the head: sampled at the features' centres, or as it is (the head resamples it). */
  readonly weights?: 'features' | 'segmentation';
  /** The segmentation's frames, which masks are on: seconds between frames and seconds that a frame covers. */
  readonly maskGrid: { readonly step: number; readonly duration: number };
}

export function sharedTrunk({
  trunk,
  head,
  stride,
  dimension,
  minNumSamples = FBANK.frameLength,
  margin = 80,
  maxFrames,
  meanWidth = 6000,
  chunksPerStretch = 64,
  weights = 'features',
  maskGrid,
}: SharedTrunkOptions): EmbeddingModel {
  const { frameShift } = FBANK;
  const featuresName = head.inputs[0].name;
  const weightsName = head.inputs[1].name;
  const outputName = head.outputs[0].name;

  /** (channel, feature) of frames [from, to) of the recording; `from` is a multiple of the stride. */
  async function features(stretch: Stretch, from: number, to: number): Promise<Features> {
    const { frames } = stretch;
    const low = Math.max(frames.firstFrame, from - Math.ceil(margin / stride) * stride);
    const high = Math.min(frames.firstFrame + frames.numFrames, frames.numRealFrames, to + margin);
    const input = slidingCentre(frames, low, high, meanWidth);
    return { ...(await runTrunk(trunk, input, { stride, margin, maxFrames })), first: low / stride };
  }

  async function hear(stretch: Stretch, voices: readonly Voice[], { signal }: EmbedOptions = {}): Promise<Pool> {
    signal?.throwIfAborted();
    if (voices.length === 0) return silent;
    const fromFrame = voices[0].startSample / frameShift;
    const lastVoice = voices[voices.length - 1];
    const toFrame = Math.ceil((lastVoice.startSample + lastVoice.numSamples) / frameShift);
    const numReal = Math.min(toFrame, stretch.frames.numRealFrames);
    if (numReal <= fromFrame) return silent; // less than one frame of sound
    const shared = await features(stretch, fromFrame, numReal);
    return (voices, options) => pool(shared, voices, options);
  }

  /** Steps of a voice with their weights: of the chunk, or where weights are on steps only as many as its mask reaches. */
  function runOf(shared: Features, { startSample, numSamples, mask }: Voice, index: number): Run {
    const first = Math.round(startSample / (frameShift * stride) - shared.first);
    const numSteps = Math.min(Math.ceil(numSamples / (frameShift * stride)), shared.numSteps - first);
    if (weights === 'segmentation') return { index, first, numSteps, weight: Float32Array.from(mask) };
    const sampled = sampleMask(mask, Math.max(0, numSteps), stride, maskGrid);
    const { from, to } = reach(sampled);
    return { index, first: first + from, numSteps: to - from, weight: sampled.subarray(from, to) };
  }

  async function silent(voices: readonly Voice[]): Promise<Float32Array> {
    return new Float32Array(voices.length * dimension);
  }

  async function pool(
    shared: Features,
    voices: readonly Voice[],
    { signal }: EmbedOptions = {},
  ): Promise<Float32Array> {
    signal?.throwIfAborted();
    const vectors = new Float32Array(voices.length * dimension);
    const runs = voices.map((voice, index) => runOf(shared, voice, index));
    await Promise.all(
      batches(
        runs.filter(({ numSteps }) => numSteps > 0),
        shared.numChannels,
      ).map(async (batch) => {
        const { numSteps } = batch[0];
        const size = shared.numChannels * numSteps;
        const input = new Float32Array(batch.length * size);
        const numWeights = batch[0].weight.length;
        const weight = new Float32Array(batch.length * numWeights);
        batch.forEach((run, i) => {
          cut(shared, run.first, numSteps, input.subarray(i * size, (i + 1) * size));
          weight.set(run.weight, i * numWeights);
        });
        const { [outputName]: output } = await head.run({
          [featuresName]: floats(input, [batch.length, ...shared.channelDims, numSteps]),
          [weightsName]: floats(weight, [batch.length, numWeights]),
        });
        const rows = output.data as Float32Array;
        batch.forEach(({ index }, i) => {
          vectors.set(rows.subarray(i * dimension, (i + 1) * dimension), index * dimension);
        });
      }),
    );
    return vectors;
  }

  return {
    dimension,
    minNumSamples,
    contextFrames: Math.ceil(meanWidth / 2) + margin,
    chunksPerStretch,
    hear,
    embed: async (stretch, voices, options) => (await hear(stretch, voices, options))(voices, options),
  };
}

/** A voice's part of the features: steps [first, first + numSteps), and what the head is told of them. */
interface Run {
  readonly index: number;
  readonly first: number;
  readonly numSteps: number;
  readonly weight: Float32Array;
}

interface Features extends TrunkFeatures {
  /** Index of the first step on the recording's feature grid. */
  readonly first: number;
}

/** Numbers that one run of the head is fed with, at most: 16 MiB. */
const MAX_BATCH_NUMBERS = 4 << 20;

/** Runs with equally many steps, as many as fit in one run of the head. */
function batches(runs: readonly Run[], numChannels: number): Run[][] {
  const grouped: Run[][] = [];
  for (const run of runs.toSorted((a, b) => a.numSteps - b.numSteps)) {
    const last = grouped.at(-1);
    const room = Math.max(1, Math.floor(MAX_BATCH_NUMBERS / (numChannels * run.numSteps)));
    if (last !== undefined && last[0].numSteps === run.numSteps && last.length < room) last.push(run);
    else grouped.push([run]);
  }
  return grouped;
}

/** Reaches are lengthened to a multiple of this, so that many runs have equally many steps. */
const REACH_STEPS = 25;

/** Steps from the first weight above 0 to the last one: others count nothing. */
function reach(weight: Float32Array): { from: number; to: number } {
  let from = 0;
  let to = weight.length;
  while (to > 0 && weight[to - 1] === 0) to--;
  while (from < to && weight[from] === 0) from++;
  const wanted = Math.min(weight.length, Math.ceil(Math.max(1, to - from) / REACH_STEPS) * REACH_STEPS);
  from = Math.min(from, weight.length - wanted);
  return { from, to: from + wanted };
}

/** Steps [first, first + count) of every channel, written to `window`. */
function cut({ data, numChannels, numSteps }: Features, first: number, count: number, window: Float32Array): void {
  for (let channel = 0; channel < numChannels; channel++)
    window.set(data.subarray(channel * numSteps + first, channel * numSteps + first + count), channel * count);
}

/** The mask at the centre of each feature, the nearest segmentation frame deciding. */
function sampleMask(
  mask: Uint8Array,
  numSteps: number,
  stride: number,
  { step, duration }: SharedTrunkOptions['maskGrid'],
): Float32Array {
  const { frameShift, frameLength, sampleRate } = FBANK;
  const sampled = new Float32Array(numSteps);
  for (let i = 0; i < numSteps; i++) {
    const time = (i * stride * frameShift + frameLength / 2) / sampleRate;
    const frame = Math.round((time - duration / 2) / step);
    sampled[i] = mask[Math.min(Math.max(frame, 0), mask.length - 1)];
  }
  return sampled;
}
