import { centre, FBANK } from '../../audio/fbank.ts';
import { framesBetween } from '../../audio/logMel.ts';
import type { Stretch } from '../../audio/stretches.ts';
import { type EmbeddingModel, embedByChunk, type Voice } from '../embedding.ts';
import { floats, type Session } from '../runtime.ts';
import { runTrunk } from './runTrunk.ts';

/**
 * The exact way, made cheap: each window's frames minus the window's own mean go through the trunk once, and all its
 * voices are pooled from the features. pyannote.audio runs the whole network once a voice instead, three times a window.
 *
 * Two savings change nothing in the result. Windows without a voice never get here. And the trunk runs only on the part
 * of the window that some mask looks at, with `margin` frames more on either side (more than its receptive field
 * reaches), beginning on a multiple of its stride: the features under the masks are the same to the last bit.
 */
export interface WindowedTrunkOptions {
  /** (batch, frames, 80) → (batch, …channels, features) */
  readonly trunk: Session;
  /** (batch, …channels, features), (batch, mask frames) → (batch, dimension) */
  readonly head: Session;
  readonly dimension: number;
  readonly minNumSamples?: number;
  /** Frames that a feature looks at on either side, rounded up; no cropping when absent. */
  readonly margin?: number;
  /** Frames between two features: crops begin on a multiple of it. */
  readonly stride?: number;
}

export function windowedTrunk({
  trunk,
  head,
  dimension,
  minNumSamples = FBANK.frameLength,
  margin,
  stride = 8,
}: WindowedTrunkOptions): EmbeddingModel {
  const { numBins, frameShift, frameLength } = FBANK;
  const masks = head.inputs[1].dims[0];
  const masksPerRun = typeof masks === 'number' && masks > 0 ? masks : undefined;

  async function embedChunk(stretch: Stretch, voices: readonly Voice[]): Promise<Float32Array> {
    const { startSample, numSamples } = voices[0];
    const firstFrame = startSample / frameShift;
    const numFrames = 1 + Math.floor((numSamples - frameLength) / frameShift);
    const window = centre(framesBetween(stretch.frames, firstFrame, firstFrame + numFrames));
    const [low, high] = margin === undefined ? [0, numFrames] : cropOf(voices, numFrames, margin, stride);
    const output = await runTrunk(trunk, window.slice(low * numBins, high * numBins), { stride, margin });
    const numSteps = Math.ceil(numFrames / stride);
    const features = placed(output.data, output.numSteps, low / stride, numSteps);
    if (masksPerRun !== 1) return pool(features, output.channelDims, numSteps, voices);
    const vectors = new Float32Array(voices.length * dimension); // some graphs take one mask at a time
    for (let i = 0; i < voices.length; i++)
      vectors.set(await pool(features, output.channelDims, numSteps, [voices[i]]), i * dimension);
    return vectors;
  }

  /** One window's features under the masks of its voices. */
  async function pool(
    features: Float32Array,
    channelDims: readonly number[],
    numSteps: number,
    voices: readonly Voice[],
  ): Promise<Float32Array> {
    const numMask = voices[0].mask.length;
    const input = new Float32Array(voices.length * features.length);
    const weights = new Float32Array(voices.length * numMask);
    voices.forEach(({ mask }, i) => {
      input.set(features, i * features.length);
      weights.set(mask, i * numMask);
    });
    const { [head.outputs[0].name]: vectors } = await head.run({
      [head.inputs[0].name]: floats(input, [voices.length, ...channelDims, numSteps]),
      [head.inputs[1].name]: floats(weights, [voices.length, numMask]),
    });
    return vectors.data as Float32Array;
  }

  const embed: EmbeddingModel['embed'] = (stretch, voices, options = {}) =>
    embedByChunk(voices, dimension, options, (chunk) => embedChunk(stretch, chunk));

  return { dimension, minNumSamples, contextFrames: 0, chunksPerStretch: 16, embed };
}

/** Log-mel frames [low, high) that the features under the masks can see. */
function cropOf(voices: readonly Voice[], numFrames: number, margin: number, stride: number): [number, number] {
  const numMask = voices[0].mask.length;
  let first = numMask;
  let last = -1;
  for (const { mask } of voices) {
    const begin = mask.indexOf(1);
    if (begin < 0) continue;
    first = Math.min(first, begin);
    last = Math.max(last, mask.lastIndexOf(1));
  }
  if (last < 0) return [0, numFrames];
  const perMask = numFrames / numMask;
  const low = Math.floor(Math.max(0, first * perMask - margin) / stride) * stride;
  return [low, Math.min(numFrames, Math.ceil((last + 1) * perMask) + margin)];
}

/** Features of a crop in a window's worth of zeros, beginning at step `at`; what runs over the end is cut off. */
function placed(crop: Float32Array, numCropSteps: number, at: number, numSteps: number): Float32Array {
  if (at === 0 && numCropSteps === numSteps) return crop;
  const numChannels = crop.length / numCropSteps;
  const kept = Math.min(numCropSteps, numSteps - at);
  const whole = new Float32Array(numChannels * numSteps);
  for (let channel = 0; channel < numChannels; channel++)
    whole.set(crop.subarray(channel * numCropSteps, channel * numCropSteps + kept), channel * numSteps + at);
  return whole;
}
