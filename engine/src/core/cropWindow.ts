// Which windows of a grid go with a stretch of time: pyannote.core 6.1 `SlidingWindow.crop`.
//
//   focus        |-----------|
//   loose   |---|---|---|---|---|     windows that meet it
//   strict          |---|---|         windows within it
//   center      |---|---|---|---|     from the one nearest to its start to the one nearest to its end

import type { Seconds, Segment } from './segment.ts';
import { isTimeline, support, type Timeline } from './timeline.ts';
import { type Alignment, closestFrame, type SlidingWindow, samples } from './window.ts';

/** Window indices [start, end). */
export type FrameRange = readonly [start: number, end: number];

/** How a grid is cropped. */
export interface CropWindowOptions {
  readonly mode?: Alignment;
  /** As many windows as this duration has, whatever the focus' own; for a segment only. */
  readonly fixed?: Seconds;
}

/**
 * The windows of a segment as one range, those of a timeline's support as ranges in order (pyannote:
 * `crop(return_ranges=True)`). Indices may be negative and a range may be empty; the grid has no end.
 */
export function cropWindow(
  window: SlidingWindow,
  focus: Segment | Timeline,
  { mode = 'loose', fixed }: CropWindowOptions = {},
): FrameRange[] {
  if (!isTimeline(focus)) return [rangeOf(window, focus, mode, fixed)];
  if (fixed !== undefined)
    throw new RangeError(`Got fixed ${fixed} for a timeline; it is defined for one segment only.`);
  const ranges: FrameRange[] = [];
  for (const segment of support(focus)) {
    const range = rangeOf(window, segment, mode, undefined);
    const last = ranges.at(-1);
    if (last === undefined || range[0] > last[1]) ranges.push(range);
    else ranges[ranges.length - 1] = [last[0], range[1]];
  }
  return ranges;
}

/** The same windows one by one, ascending, each once (pyannote: `crop()`). */
export function cropIndices(
  window: SlidingWindow,
  focus: Segment | Timeline,
  options: CropWindowOptions = {},
): number[] {
  const indices: number[] = [];
  for (const segment of isTimeline(focus) ? support(focus) : [focus]) {
    for (const [start, end] of cropWindow(window, segment, isTimeline(focus) ? { mode: options.mode } : options)) {
      if (end === Number.POSITIVE_INFINITY)
        throw new RangeError('Got a focus without end; expected an end in seconds.');
      for (let i = Math.max(start, (indices.at(-1) ?? Number.NEGATIVE_INFINITY) + 1); i < end; i++) indices.push(i);
    }
  }
  return indices;
}

function rangeOf(window: SlidingWindow, focus: Segment, mode: Alignment, fixed: Seconds | undefined): FrameRange {
  const { start, duration, step } = window;
  if (Number.isNaN(focus.start) || Number.isNaN(focus.end) || Number.isNaN(fixed)) {
    throw new RangeError(`Got focus from ${focus.start} to ${focus.end} with fixed ${fixed}; expected seconds.`);
  }
  let first: number;
  let last: number;
  if (mode === 'loose') {
    first = Math.ceil((focus.start - duration - start) / step);
    last = Math.floor((focus.end - start) / step);
  } else if (mode === 'strict') {
    first = Math.ceil((focus.start - start) / step);
    last = Math.floor((focus.end - duration - start) / step);
  } else if (mode === 'center') {
    first = closestFrame(window, focus.start);
    last = closestFrame(window, focus.end);
  } else {
    throw new RangeError(`Got mode "${mode}"; expected "loose", "strict" or "center".`);
  }
  first += 0; // -0 to 0
  return [first, fixed === undefined ? last + 1 : first + samples(window, fixed, mode)];
}
