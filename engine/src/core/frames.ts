import type { SlidingWindow } from './window.ts';

/**
 * Numbers on a grid of frames: `data[frame * width + column]`. pyannote.core's SlidingWindowFeature.
 * A column is a speaker, a class or a feature.
 */
export interface Frames {
  readonly grid: SlidingWindow;
  readonly numFrames: number;
  readonly width: number;
  readonly data: Float32Array;
}

/**
 * The same for every chunk of a recording: `data[(chunk * numFrames + frame) * width + column]`.
 * `chunks` is the grid of chunks, `grid` the frames within one (its start is relative to the chunk's).
 */
export interface ChunkedFrames extends Frames {
  readonly chunks: SlidingWindow;
  readonly numChunks: number;
}

/** Local speaker activity, 0 or 1 a frame: a byte is enough, and a day of windows then fits in memory. */
export interface ChunkedActivity extends Omit<ChunkedFrames, 'data'> {
  readonly data: Uint8Array;
}
