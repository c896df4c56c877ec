// A stretch of time and what two of them have to do with each other. Equals pyannote.core 6.1 `Segment`:
//
//   a        |--------|                 intersect(a, b) |--|      pyannote  a & b
//   b              |-------|            merge(a, b) |-------------|         a | b
//   c                          |---|    gap(b, c)           |---|           b ^ c

import { rint } from '../math/round.ts';

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

/** The time half way between start and end (pyannote: `segment.middle`). */
export function middle({ start, end }: Segment): Seconds {
  return 0.5 * (start + end);
}

/** By start, then end: the order of a timeline. */
export function compareSegments(a: Segment, b: Segment): number {
  return a.start - b.start || a.end - b.end;
}

/** Whether both start and both end at the same time (pyannote: `==`). */
export function sameSegment(a: Segment, b: Segment): boolean {
  return a.start === b.start && a.end === b.end;
}

/** Whether `inner` lies within `outer`, bounds included (pyannote: `inner in outer`). */
export function contains(outer: Segment, inner: Segment): boolean {
  return outer.start <= inner.start && outer.end >= inner.end;
}

/** Whether time t lies on the segment, both bounds included (pyannote: `segment.overlaps`). */
export function overlaps({ start, end }: Segment, t: Seconds): boolean {
  return start <= t && end >= t;
}

/** Whether two segments share more than a microsecond, or start together (pyannote: `segment.intersects`). */
export function intersects(a: Segment, b: Segment): boolean {
  if (a.start < b.start) return b.start < a.end - SEGMENT_PRECISION;
  if (a.start > b.start) return a.start < b.end - SEGMENT_PRECISION;
  return a.start === b.start;
}

/** What two segments share; empty (see `isEmpty`), often with its end before its start, when nothing (pyannote: `&`). */
export function intersect(a: Segment, b: Segment): Segment {
  return { start: Math.max(a.start, b.start), end: Math.min(a.end, b.end) };
}

/** The shortest segment that holds both, any gap included; an empty segment adds nothing (pyannote: `|`). */
export function merge(a: Segment, b: Segment): Segment {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  return { start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

/** What lies between two segments; empty when they touch or overlap (pyannote: `^`). */
export function gap(a: Segment, b: Segment): Segment {
  for (const { start, end } of [a, b]) {
    if (isEmpty({ start, end })) {
      throw new RangeError(`Got the empty segment from ${start} to ${end}; a gap lies between two segments with time.`);
    }
  }
  return { start: Math.min(a.end, b.end), end: Math.max(a.start, b.start) };
}

/**
 * Both times on a grid of 10^-digits seconds, as pyannote's `Segment.set_precision(digits)` rounds every new segment.
 * There it is a global switch; here it is applied where it is wanted.
 */
export function roundSegment({ start, end }: Segment, digits: number): Segment {
  if (!Number.isInteger(digits) || digits < 0) {
    throw new RangeError(`Got ${digits} digits after the point; expected a whole number from 0.`);
  }
  const precision = Number(`1e-${digits}`);
  const round = (t: Seconds) => Math.trunc(t / precision + 0.5) * precision + 0;
  return { start: round(start), end: round(end) };
}

/** For people: `[ 00:22:17.000 -->  00:22:17.420]`, `[]` when empty (pyannote: `str(segment)`). */
export function formatSegment(segment: Segment): string {
  return isEmpty(segment) ? '[]' : `[${clock(segment.start)} --> ${clock(segment.end)}]`;
}

/** To the microsecond, then cut to the millisecond: the rounding of Python's timedelta and of pyannote's `str`. */
function clock(t: Seconds): string {
  const whole = Math.trunc(Math.abs(t));
  const micros = whole * 1e6 + rint((Math.abs(t) - whole) * 1e6);
  const seconds = Math.floor(micros / 1e6);
  const part = (value: number, width: number) => String(value).padStart(width, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const millis = Math.floor((micros - seconds * 1e6) / 1000);
  return `${t < 0 ? '-' : ' '}${part(hours, 2)}:${part(minutes, 2)}:${part(seconds % 60, 2)}.${part(millis, 3)}`;
}
