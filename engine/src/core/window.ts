import { rint } from '../math/round.ts';
import type { Seconds, Segment } from './segment.ts';

/**
 * A grid of equal windows: window i covers [start + i·step, start + i·step + duration).
 * pyannote.core's SlidingWindow. Frames are narrow windows, chunks are wide ones; the arithmetic is the same.
 */
export interface SlidingWindow {
  readonly start: Seconds;
  readonly duration: Seconds;
  readonly step: Seconds;
}

/** The index of the window whose middle is nearest to t (pyannote: `closest_frame`, ties to even). */
export function closestFrame({ start, duration, step }: SlidingWindow, t: Seconds): number {
  return rint((t - start - 0.5 * duration) / step);
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
