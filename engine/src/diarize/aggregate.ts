import type { Seconds } from '../core/segment.ts';
import { closestFrame, type SlidingWindow } from '../core/window.ts';
import { rint } from '../math/round.ts';

/**
 * Overlap-add: every frame of the recording is seen by up to ten chunks; their scores are summed where they overlap.
 *
 *   chunk 0   |——————————|
 *   chunk 1     |——————————|
 *   chunk 2       |——————————|
 *   coverage   1 2  3   3   2 1 0     (the last frames belong to no chunk)
 *
 * pyannote.audio 4.0.7 `core/inference.py:Inference.aggregate`. Returns the parts: callers divide or not.
 */

/** Scores of every chunk: `data[(chunk * numFrames + frame) * width + column]`, NaN where there is none. */
export interface ChunkScores {
  readonly chunks: SlidingWindow;
  readonly numChunks: number;
  readonly grid: SlidingWindow;
  readonly numFrames: number;
  readonly width: number;
  readonly data: Float32Array | Uint8Array;
}

export interface Aggregate {
  readonly grid: SlidingWindow;
  readonly numFrames: number;
  readonly width: number;
  /** Weighted sum over the chunks, (frame, column). */
  readonly sum: Float32Array;
  /** Sum of the weights, (frame, column). */
  readonly coverage: Float32Array;
  /** 1 where at least one chunk had a number, (frame, column). */
  readonly seen: Uint8Array;
}

export interface AggregateOptions {
  /** Weigh the middle of a chunk more than its ends (voice activity detection does; diarization does not). */
  readonly hamming?: boolean;
  /** Seconds at the left and right end of a chunk that hardly count. */
  readonly warmUp?: readonly [Seconds, Seconds];
}

/** Weight of a warm-up frame and the least divisor of an average, as in pyannote. */
const EPSILON = 1e-12;

/** Frames of the recording that `numChunks` chunks reach: depends on the chunks only, not on the file's length. */
export function numAggregatedFrames(chunks: SlidingWindow, numChunks: number, grid: SlidingWindow): number {
  const end = chunks.start + chunks.duration + (numChunks - 1) * chunks.step + 0.5 * grid.duration;
  return closestFrame({ ...grid, start: chunks.start }, end) + 1;
}

/** The recording's frame at which chunk `index` begins. */
export function firstFrameOf(chunks: SlidingWindow, index: number, grid: SlidingWindow): number {
  const start = chunks.start + index * chunks.step;
  return closestFrame({ ...grid, start: chunks.start }, start + 0.5 * grid.duration);
}

export function overlapAdd(
  scores: ChunkScores,
  { hamming, warmUp: [left, right] = [0, 0] }: AggregateOptions = {},
): Aggregate {
  const { chunks, numChunks, numFrames: framesPerChunk, width, data } = scores;
  const grid = { ...scores.grid, start: chunks.start };
  const numFrames = numAggregatedFrames(chunks, numChunks, grid);
  const frames = (seconds: Seconds): number => rint((seconds / chunks.duration) * framesPerChunk);
  const weights = chunkWeights(framesPerChunk, { hamming, warmUpFrames: [frames(left), frames(right)] });
  const sum = new Float32Array(numFrames * width);
  const coverage = new Float32Array(numFrames * width);
  const seen = new Uint8Array(numFrames * width);

  for (let chunk = 0; chunk < numChunks; chunk++) {
    const first = firstFrameOf(chunks, chunk, grid) * width;
    const from = chunk * framesPerChunk * width;
    for (let frame = 0; frame < framesPerChunk; frame++) {
      const weight = weights[frame];
      for (let i = frame * width, end = i + width; i < end; i++) {
        const score = data[from + i];
        if (Number.isNaN(score)) continue;
        sum[first + i] += score * weight;
        coverage[first + i] += weight;
        seen[first + i] = 1;
      }
    }
  }
  return { grid, numFrames, width, sum, coverage, seen };
}

/** The weighted mean of each frame; `missing` where no chunk had a number. */
export function average({ sum, coverage, seen }: Aggregate, missing = 0): Float32Array {
  return sum.map((total, i) => (seen[i] ? total / Math.max(coverage[i], EPSILON) : missing));
}

/** How much each frame of a chunk counts: np.hamming(n) if asked for, next to nothing within the warm-up. */
export function chunkWeights(
  n: number,
  { hamming = false, warmUpFrames: [left, right] = [0, 0] }: ChunkWeightOptions = {},
): Float64Array {
  const weights = new Float64Array(n).fill(1);
  if (hamming && n > 1) for (let i = 0; i < n; i++) weights[i] = 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / (n - 1));
  for (let i = 0; i < n; i++) if (i < left || i >= n - right) weights[i] *= EPSILON;
  return weights;
}

interface ChunkWeightOptions {
  readonly hamming?: boolean;
  /** Frames at the left and right end of a chunk that hardly count. */
  readonly warmUpFrames?: readonly [number, number];
}
