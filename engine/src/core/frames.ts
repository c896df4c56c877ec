import type { Seconds, Segment } from './segment.ts';
import { rangeToSegment, type SlidingWindow, windowAt } from './window.ts';

/**
 * Numbers on a grid of frames: `data[frame * width + column]`. pyannote.core's SlidingWindowFeature.
 * A column is a speaker, a class or a feature.
 */
export interface Frames {
  readonly grid: SlidingWindow;
  readonly numFrames: number;
  readonly width: number;
  readonly data: Float32Array;
  /** What each column is. */
  readonly labels?: readonly string[];
}

/**
 * The same for every chunk of a recording: `data[(chunk * numFrames + frame) * width + column]`.
 * `chunks` is the grid of chunks, `grid` the frames within one (its start is relative to the chunk's).
 */
export interface ChunkedFrames extends Frames {
  readonly chunks: SlidingWindow;
  readonly numChunks: number;
}

/**
 * Which local speakers of a chunk talk: a byte a frame, a bit a speaker, so that a day of windows is 51 MB and `width` at
 * most {@link MOST_LOCAL_SPEAKERS}. Speaker s talks where `(talking[chunk * numFrames + frame] >> s) & 1`.
 */
export interface ChunkedActivity extends Omit<ChunkedFrames, 'data'> {
  readonly talking: Uint8Array;
}

/** Bits of a byte. */
export const MOST_LOCAL_SPEAKERS = 8;

/** From a byte for each frame and speaker, `active[frame * width + speaker]`, to a bit each. */
export function packSpeakers(active: Uint8Array, width: number): Uint8Array {
  const talking = new Uint8Array(active.length / width);
  for (let frame = 0, i = 0; frame < talking.length; frame++)
    for (let s = 0; s < width; s++, i++) if (active[i] !== 0) talking[frame] |= 1 << s;
  return talking;
}

/** The time that frames stand for (pyannote: `SlidingWindowFeature.extent`). */
export function framesExtent({ grid, numFrames }: Frames): Segment {
  return rangeToSegment(grid, 0, numFrames);
}

/** One frame's numbers, a view (pyannote: `features[i]`). */
export function frameAt({ data, width, numFrames }: Frames, index: number): Float32Array {
  if (!(Number.isInteger(index) && index >= 0 && index < numFrames)) {
    throw new RangeError(`Got frame ${index}; expected a whole number from 0 to ${numFrames - 1}.`);
  }
  return data.subarray(index * width, (index + 1) * width);
}

/** Each frame's window and numbers (pyannote: iterating a SlidingWindowFeature, `iterfeatures(window=True)`). */
export function* iterFrames(frames: Frames): Generator<[window: Segment, values: Float32Array]> {
  for (let i = 0; i < frames.numFrames; i++) yield [windowAt(frames.grid, i), frameAt(frames, i)];
}

/** When frame i's middle is, without a segment for it: what `align` interpolates between. */
export function frameTime({ start, duration, step }: SlidingWindow, index: number): Seconds {
  return start + 0.5 * duration + index * step;
}
