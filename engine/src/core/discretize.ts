// An annotation as frames, one column a speaker, 1 where they speak: pyannote.core 6.1 `Annotation.discretize`.

import { rint } from '../math/round.ts';
import { type Annotation, getTimeline } from './annotation.ts';
import { cropAnnotation } from './cropAnnotation.ts';
import { cropWindow } from './cropWindow.ts';
import type { Frames } from './frames.ts';
import { labels as labelsOf, labelTimelines } from './labels.ts';
import type { Seconds, Segment } from './segment.ts';
import { extent } from './timeline.ts';
import { closestFrame, type SlidingWindow, slidingWindow } from './window.ts';

export interface DiscretizeOptions {
  /** The part to discretize; by default the annotation's extent. Frame 0 starts with it. */
  readonly support?: Segment;
  /** Frames of this length side by side, or a grid's duration and step. */
  readonly resolution?: Seconds | Pick<SlidingWindow, 'duration' | 'step'>;
  /** The columns; by default who speaks on the support. */
  readonly labels?: readonly string[];
  /** Sets the number of frames, which rounding could otherwise change by one. */
  readonly duration?: Seconds;
}

/**
 * Frames of 0 and 1 with the columns' names in `labels`. A frame is on when it lies between the frames whose middles
 * are nearest to a turn's start and end, both included. Speech in frames before the first is left out (pyannote 6.1
 * then wraps around to frames counted from the end, when windows are much longer than their step).
 */
export function discretize(of: Annotation, options: DiscretizeOptions = {}): Frames & { labels: readonly string[] } {
  const { support = extent(getTimeline(of)), resolution = 0.01, duration } = options;
  const cropped = cropAnnotation(of, support);
  const { labels = labelsOf(cropped) } = options;
  const size = typeof resolution === 'number' ? { duration: resolution, step: resolution } : resolution;
  const grid = slidingWindow({ start: support.start, duration: size.duration, step: size.step });
  const numFrames =
    duration === undefined
      ? closestFrame(grid, support.end) - closestFrame(grid, support.start)
      : rint(duration / grid.step);
  if (!(numFrames >= 0 && Number.isFinite(numFrames))) {
    const what =
      duration === undefined ? `a support from ${support.start} to ${support.end}` : `a duration of ${duration}`;
    throw new RangeError(`Got ${what}; expected seconds that make a number of frames.`);
  }
  const width = labels.length;
  const data = new Float32Array(numFrames * width);
  const timelines = labelTimelines(cropped);
  for (let column = 0; column < width; column++) {
    for (const [start, end] of cropWindow(grid, timelines.get(labels[column]) ?? [], { mode: 'center' })) {
      for (let i = Math.max(0, start); i < Math.min(end, numFrames); i++) data[i * width + column] = 1;
    }
  }
  return { grid, numFrames, width, data, labels };
}
