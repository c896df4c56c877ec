/** Seconds on the recording's clock. Bare times are always seconds; counts say of what: `numSamples`, `startFrame`. */
export type Seconds = number;

/** A stretch of time [start, end). pyannote.core's Segment. */
export interface Segment {
  readonly start: Seconds;
  readonly end: Seconds;
}

/** Segments this short are empty: pyannote.core 6.1 `SEGMENT_PRECISION`. */
export const SEGMENT_PRECISION = 1e-6;

/** Whether a segment holds any time at all (pyannote: `bool(segment)`). */
export function isEmpty({ start, end }: Segment): boolean {
  return !(end - start > SEGMENT_PRECISION);
}

/** Length in seconds, 0 for an empty segment (pyannote: `segment.duration`). */
export function duration(segment: Segment): Seconds {
  return isEmpty(segment) ? 0 : segment.end - segment.start;
}

/** By start, then end: the order of a timeline. */
export function compareSegments(a: Segment, b: Segment): number {
  return a.start - b.start || a.end - b.end;
}
