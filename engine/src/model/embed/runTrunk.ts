import { FBANK } from '../../audio/fbank.ts';
import { floats, type Session } from '../runtime.ts';

/**
 * Runs a trunk over log-mel frames, (frame, 80) → (channel, step). Long input goes through in equal pieces, as many at
 * once as there are threads, with a margin on either side that is more than a feature can see, so that memory does not
 * grow with it and the features stay the same:
 *
 *   frames   |————————————————————————————————————|
 *   piece 1  [===========]··
 *   piece 2            ··[===========]··              = kept  · margin, cut off again
 */
export interface TrunkFeatures {
  /** (channel, step), channels in the order of `channelDims`. */
  readonly data: Float32Array;
  readonly numChannels: number;
  readonly channelDims: readonly number[];
  readonly numSteps: number;
}

export interface TrunkGeometry {
  /** Frames between two features. */
  readonly stride: number;
  /** Frames that a feature looks at on either side; when absent the input is never cut. */
  readonly margin?: number;
  /** Frames of a piece at most, margins aside; more than the windows of diarization have. */
  readonly maxFrames?: number;
}

export async function runTrunk(
  trunk: Session,
  frames: Float32Array,
  { stride, margin, maxFrames = 16384 }: TrunkGeometry,
): Promise<TrunkFeatures> {
  const { numBins } = FBANK;
  const numFrames = frames.length / numBins;
  const run = async (from: number, to: number): Promise<TrunkFeatures> => {
    // a whole buffer may go to the runtime as it is, a part is copied out first
    const data = from === 0 && to === numFrames ? frames : frames.slice(from * numBins, to * numBins);
    const { [trunk.outputs[0].name]: output } = await trunk.run({
      [trunk.inputs[0].name]: floats(data, [1, to - from, numBins]),
    });
    const numSteps = output.dims[output.dims.length - 1];
    const features = output.data as Float32Array;
    return {
      data: features,
      numSteps,
      numChannels: features.length / numSteps,
      channelDims: output.dims.slice(1, -1),
    };
  };
  if (margin === undefined || numFrames <= maxFrames) return run(0, numFrames);

  const edge = Math.ceil(margin / stride) * stride;
  const numPieces = Math.ceil(numFrames / maxFrames);
  const size = Math.ceil(numFrames / numPieces / stride) * stride;
  const numSteps = Math.ceil(numFrames / stride);
  let whole: TrunkFeatures | undefined;
  const place = async (from: number): Promise<void> => {
    const low = Math.max(0, from - edge);
    const piece = await run(low, Math.min(numFrames, from + size + edge));
    whole ??= { ...piece, numSteps, data: new Float32Array(piece.numChannels * numSteps) };
    const [skip, at] = [(from - low) / stride, from / stride];
    const kept = Math.min(size / stride, numSteps - at);
    for (let channel = 0; channel < whole.numChannels; channel++) {
      const row = channel * piece.numSteps + skip;
      whole.data.set(piece.data.subarray(row, row + kept), channel * numSteps + at);
    }
  };
  const starts = Array.from({ length: Math.ceil(numFrames / size) }, (_, piece) => piece * size);
  await Promise.all(starts.map(place));
  return whole as TrunkFeatures;
}
