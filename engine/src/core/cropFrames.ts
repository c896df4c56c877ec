// The frames that go with a stretch of time, and frames moved to another grid: pyannote.core 6.1
// `SlidingWindowFeature.crop` and `align`. Computed in float64, stored as Frames are, in float32.

import { type CropWindowOptions, cropWindow } from './cropWindow.ts';
import { type Frames, frameTime } from './frames.ts';
import type { Segment } from './segment.ts';
import type { Timeline } from './timeline.ts';
import { type Alignment, type SlidingWindow, windowAt } from './window.ts';

/** Rows of numbers whose times are no longer one grid. */
export interface Rows {
  readonly numFrames: number;
  readonly width: number;
  readonly data: Float32Array;
}

/**
 * The frames of a segment, on the grid from the first of them (pyannote: `crop(return_data=False)`). Outside all frames
 * numFrames is 0 and the grid stays as it was; pyannote raises an IndexError.
 */
export function cropFrames(frames: Frames, focus: Segment, { mode = 'loose' }: { mode?: Alignment } = {}): Frames {
  const rows = cropRows(frames, focus, { mode });
  const [[start, end]] = cropWindow(frames.grid, focus, { mode });
  const outside = end < 0 || start >= frames.numFrames;
  const grid = outside ? frames.grid : { ...frames.grid, start: windowAt(frames.grid, Math.max(start, 0)).start };
  return { ...frames, ...rows, grid };
}

/**
 * The frames of a segment, or of each segment of a support one after the other (pyannote: `crop()`). With `fixed` the
 * number of rows is that duration's: the first and last frame are repeated for those outside.
 */
export function cropRows(
  { grid, numFrames, width, data }: Frames,
  focus: Segment | Timeline,
  options: CropWindowOptions = {},
): Rows {
  const inside: [start: number, end: number][] = [];
  let count = 0;
  let repeatFirst = 0;
  let repeatLast = 0;
  for (const [start, end] of cropWindow(grid, focus, options)) {
    repeatFirst += Math.min(end, 0) - Math.min(start, 0);
    repeatLast += Math.max(end, numFrames) - Math.max(start, numFrames);
    const clipped: [number, number] = [Math.max(start, 0), Math.min(end, numFrames)];
    if (clipped[0] >= clipped[1]) continue;
    inside.push(clipped);
    count += clipped[1] - clipped[0];
  }
  if (options.fixed === undefined || numFrames === 0) [repeatFirst, repeatLast] = [0, 0];
  repeatFirst = Math.max(repeatFirst, 0);
  const rows = new Float32Array((repeatFirst + count + Math.max(repeatLast, 0)) * width);
  for (let i = 0; i < repeatFirst; i++) rows.set(data.subarray(0, width), i * width);
  let at = repeatFirst * width;
  for (const [start, end] of inside) {
    rows.set(data.subarray(start * width, end * width), at);
    at += (end - start) * width;
  }
  for (; at < rows.length; at += width) rows.set(data.subarray((numFrames - 1) * width, numFrames * width), at);
  return { numFrames: width === 0 ? count : rows.length / width, width, data: rows };
}

/**
 * Frames on another grid, each number interpolated between the two frames around its middle, the outermost held
 * (pyannote: `align`, NumPy's `interp`).
 */
export function alignFrames(frames: Frames, to: { readonly grid: SlidingWindow; readonly numFrames: number }): Frames {
  const { grid, numFrames, width, data } = frames;
  if (numFrames === 0) throw new RangeError('Got no frame to interpolate from; expected at least one.');
  const aligned = new Float32Array(to.numFrames * width);
  let left = 0; // the last frame at or before t, once t has passed the first
  for (let i = 0; i < to.numFrames; i++) {
    const t = frameTime(to.grid, i);
    while (left + 1 < numFrames && frameTime(grid, left + 1) <= t) left++;
    const [from, until] = [frameTime(grid, left), frameTime(grid, left + 1)];
    const held = left === numFrames - 1 || t <= from;
    for (let c = 0; c < width; c++) {
      const value = data[left * width + c];
      const slope = held ? 0 : (data[(left + 1) * width + c] - value) / (until - from);
      aligned[i * width + c] = held ? value : slope * (t - from) + value;
    }
  }
  return { ...frames, grid: to.grid, numFrames: to.numFrames, data: aligned };
}
