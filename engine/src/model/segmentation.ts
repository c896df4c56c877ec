import type { SlidingWindow } from '../core/window.ts';
import { floats, type Session } from './runtime.ts';

/**
 * The network that listens to ten seconds at a time and says, every 17 ms, which of up to three local speakers talk.
 * Speakers are local: the first of one chunk need not be the first of the next.
 */
export interface SegmentationModel {
  readonly sampleRate: number;
  readonly chunkNumSamples: number;
  readonly numFrames: number;
  /** The frames of a chunk: the receptive field and step of the network. */
  readonly grid: SlidingWindow;
  readonly numSpeakers: number;
  /** Speakers at a time in the powerset; 0 for a network that gives one probability a speaker. */
  readonly maxSimultaneous: number;
  readonly numClasses: number;
  /** Chunks worth running together: four cost as little each as eight, in half the memory. */
  readonly batchSize: number;
  /** (chunk, sample) → (chunk, frame, class): log-probabilities of the powerset's sets. */
  run(waveforms: Float32Array, numChunks: number): Promise<Float32Array>;
}

export interface SegmentationOptions {
  readonly sampleRate?: number;
  readonly chunkDuration?: number;
  readonly numSpeakers?: number;
  readonly maxSimultaneous?: number;
  readonly batchSize?: number;
  /** Samples that one output frame sees, and samples between frames. */
  readonly receptiveField?: number;
  readonly frameStep?: number;
}

/** Wraps a session with input (batch, 1, samples) and output (batch, frames, classes). */
export function segmentationModel(
  session: Session,
  {
    sampleRate = 16000,
    chunkDuration = 10,
    numSpeakers = 3,
    maxSimultaneous = 2,
    batchSize = 4,
    receptiveField = 991,
    frameStep = 270,
  }: SegmentationOptions = {},
): SegmentationModel {
  const [input] = session.inputs;
  const [output] = session.outputs;
  const chunkNumSamples = Math.round(chunkDuration * sampleRate);
  const numFrames = 1 + Math.floor((chunkNumSamples - receptiveField) / frameStep);
  const numClasses = maxSimultaneous > 0 ? numSets(numSpeakers, maxSimultaneous) : numSpeakers;
  const fixedBatch = typeof input.dims[0] === 'number' && input.dims[0] > 0 ? input.dims[0] : undefined;

  async function runBatch(waveforms: Float32Array, numChunks: number): Promise<Float32Array> {
    const { [output.name]: scores } = await session.run({
      [input.name]: floats(waveforms, [numChunks, 1, chunkNumSamples]),
    });
    const expected = numChunks * numFrames * numClasses;
    if (scores.data.length !== expected)
      throw new RangeError(
        `Got segmentation scores of shape ${scores.dims.join('×')} when ${numChunks}×${numFrames}×${numClasses} was expected.`,
      );
    return scores.data as Float32Array;
  }

  /** A graph whose batch is fixed gets exactly that many chunks at a time, silent ones added. */
  async function runFixed(waveforms: Float32Array, numChunks: number, size: number): Promise<Float32Array> {
    const scores = new Float32Array(numChunks * numFrames * numClasses);
    for (let first = 0; first < numChunks; first += size) {
      const batch = new Float32Array(size * chunkNumSamples);
      batch.set(waveforms.subarray(first * chunkNumSamples, Math.min(numChunks, first + size) * chunkNumSamples));
      const result = await runBatch(batch, size);
      const kept = Math.min(size, numChunks - first) * numFrames * numClasses;
      scores.set(result.subarray(0, kept), first * numFrames * numClasses);
    }
    return scores;
  }

  return {
    sampleRate,
    chunkNumSamples,
    numFrames,
    grid: { start: 0, duration: receptiveField / sampleRate, step: frameStep / sampleRate },
    numSpeakers,
    maxSimultaneous,
    numClasses,
    batchSize: fixedBatch ?? batchSize,
    run: (waveforms, numChunks) =>
      fixedBatch === undefined ? runBatch(waveforms, numChunks) : runFixed(waveforms, numChunks, fixedBatch),
  };
}

/** Sets of at most `most` out of n. */
function numSets(n: number, most: number): number {
  let total = 1;
  for (let size = 1, choose = 1; size <= most; size++) {
    choose = (choose * (n - size + 1)) / size;
    total += choose;
  }
  return total;
}
