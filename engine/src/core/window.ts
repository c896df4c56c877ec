// A grid of equal windows and the arithmetic between times, window indices and counts. Equals pyannote.core 6.1
// `SlidingWindow`; the expressions keep its order of operations, so that results are the same to the last bit.
// `+ 0` turns the -0 that rounding leaves into 0.

import { rint } from '../math/round.ts';
import { contains, duration as durationOf, isEmpty, type Seconds, type Segment } from './segment.ts';
import { isTimeline, type Timeline, timeline } from './timeline.ts';

/**
 * A grid of equal windows: window i covers [start + i·step, start + i·step + duration).
 * pyannote.core's SlidingWindow. Frames are narrow windows, chunks are wide ones; the arithmetic is the same.
 */
export interface SlidingWindow {
  readonly start: Seconds;
  readonly duration: Seconds;
  readonly step: Seconds;
}

/** Which windows go with a stretch of time: those that meet it, those within it, or from the nearest to its start to
 * the nearest to its end. */
export type Alignment = 'loose' | 'strict' | 'center';

/** A grid with pyannote's defaults, 30 ms windows every 10 ms; checks what it is given (pyannote: `SlidingWindow()`). */
export function slidingWindow({ start = 0, duration = 0.03, step = 0.01 }: Partial<SlidingWindow> = {}): SlidingWindow {
  if (!(duration > 0)) throw new RangeError(`Got a window duration of ${duration}; expected seconds above 0.`);
  if (!(step > 0)) throw new RangeError(`Got a window step of ${step}; expected seconds above 0.`);
  if (!Number.isFinite(start)) throw new RangeError(`Got a window start of ${start}; expected seconds.`);
  return { start: start + 0, duration, step };
}

/** The index of the window whose middle is nearest to t (pyannote: `closest_frame`, ties to even). */
export function closestFrame({ start, duration, step }: SlidingWindow, t: Seconds): number {
  return rint((t - start - 0.5 * duration) / step) + 0;
}

/** Window i as a segment (pyannote: `window[i]`). */
export function windowAt({ start, duration, step }: SlidingWindow, index: number): Segment {
  const from = start + index * step;
  return { start: from, end: from + duration };
}

/** The middle of window i, rounded as pyannote rounds it: half the sum of its two ends. */
export function middleOf(window: SlidingWindow, index: number): Seconds {
  const { start, end } = windowAt(window, index);
  return 0.5 * (start + end);
}

/**
 * How many consecutive windows a duration holds (strict), meets (loose), or has when the first is centered on its start
 * and the last on its end (center) (pyannote: `samples`).
 */
export function samples(window: SlidingWindow, fromDuration: Seconds, mode: Alignment = 'strict'): number {
  if (mode === 'strict') return Math.floor((fromDuration - window.duration) / window.step) + 1;
  if (mode === 'loose') return Math.floor((fromDuration + window.duration) / window.step) + 0;
  if (mode === 'center') return rint(fromDuration / window.step) + 0;
  throw new RangeError(`Got mode "${mode}"; expected "strict", "loose" or "center".`);
}

/** The nearest window to a segment's start, and how many steps cover the segment (pyannote: `segment_to_range`). */
export function segmentToRange(window: SlidingWindow, segment: Segment): { startFrame: number; numFrames: number } {
  const numFrames = Math.trunc(durationOf(segment) / window.step) + 1;
  return { startFrame: closestFrame(window, segment.start), numFrames };
}

/**
 * The time that belongs to a run of windows, each giving one step around its middle; from the grid's very start if the
 * run begins with window 0 (pyannote: `range_to_segment`).
 */
export function rangeToSegment(
  { start, duration, step }: SlidingWindow,
  startFrame: number,
  numFrames: number,
): Segment {
  const from = start + (startFrame - 0.5) * step + 0.5 * duration;
  return { start: startFrame === 0 ? start : from, end: from + numFrames * step };
}

/** How long the first n windows of a grid last (pyannote: `samples_to_duration`). */
export function samplesToDuration(window: SlidingWindow, numSamples: number): Seconds {
  return durationOf(rangeToSegment(window, 0, numSamples));
}

/** How many steps cover a duration (pyannote: `duration_to_samples`). */
export function durationToSamples(window: SlidingWindow, duration: Seconds): number {
  return segmentToRange(window, { start: 0, end: duration }).numFrames;
}

/** The windows that start before `end`, or without end (pyannote: iterating `SlidingWindow(end=…)`). */
export function* windows(window: SlidingWindow, end: Seconds = Number.POSITIVE_INFINITY): Generator<Segment> {
  for (let i = 0; ; i++) {
    const segment = windowAt(window, i);
    if (!(segment.start < end) || isEmpty(segment)) return;
    yield segment;
  }
}

/**
 * Slides a window over each segment of a support from its start, as long as it lies within (pyannote:
 * `window(support, align_last)`). With `alignLast` a final window ends where the segment does, if none did.
 * Segments shorter than the window are left out.
 */
export function* slide(
  { duration, step }: SlidingWindow,
  over: Segment | Timeline,
  { alignLast = false }: { alignLast?: boolean } = {},
): Generator<Segment> {
  for (const segment of isTimeline(over) ? over : timeline([over])) {
    if (durationOf(segment) < duration) continue;
    let reached = Number.NEGATIVE_INFINITY;
    for (const chunk of windows({ start: segment.start, duration, step }, segment.end)) {
      if (!contains(segment, chunk)) break;
      yield chunk;
      reached = chunk.end;
    }
    if (alignLast && reached < segment.end) yield { start: segment.end - duration, end: segment.end };
  }
}
