// A set of segments in order of time. Equals pyannote.core 6.1 `Timeline`, as a plain sorted array:
//
//   timeline  |------|    |------|      |----|
//               |--|    |-----|      |----------|
//   support   |------|  |--------|   |----------|
//   extent    |---------------------------------|
//
// Every function that takes a Timeline trusts it to be what `timeline()` returns: sorted by start then end, no two
// alike, none empty. All are linear in the number of segments, `timeline()` itself n·log n.

import { compareSegments, duration, isEmpty, merge, SEGMENT_PRECISION, type Seconds, type Segment } from './segment.ts';

/** Segments sorted by start, then end; no two alike, none empty. pyannote.core's Timeline. */
export type Timeline = readonly Segment[];

/** Sorts segments, drops empty ones and repetitions (pyannote: `Timeline(segments)`). NaN throws. */
export function timeline(segments: Iterable<Segment> = []): Timeline {
  const kept: Segment[] = [];
  for (const segment of segments) {
    checkTimes(segment);
    // `+ 0` turns -0 into 0, so that results print and compare alike
    if (!isEmpty(segment)) kept.push({ start: segment.start + 0, end: segment.end + 0 });
  }
  return sortedUnique(kept);
}

/** Throws a RangeError when a time is not a number. Negative and infinite times are defined, as in pyannote. */
export function checkTimes({ start, end }: Segment): void {
  if (typeof start !== 'number' || typeof end !== 'number' || Number.isNaN(start) || Number.isNaN(end)) {
    throw new RangeError(`Got a segment from ${start} to ${end}; expected both times as numbers of seconds.`);
  }
}

/** Orders non-empty segments and drops repetitions; may sort its argument in place. For code that made them itself. */
export function sortedUnique(segments: Segment[]): Timeline {
  let strictlySorted = true;
  for (let i = 1; i < segments.length && strictlySorted; i++) {
    strictlySorted = compareSegments(segments[i - 1], segments[i]) < 0;
  }
  if (strictlySorted) return segments;
  segments.sort(compareSegments);
  return segments.filter((segment, i) => i === 0 || compareSegments(segments[i - 1], segment) !== 0);
}

/** Tells the two kinds of support apart: a timeline is an array, a segment isn't. */
export function isTimeline(support: Segment | Timeline): support is Timeline {
  return Array.isArray(support);
}

/** Segments of either (pyannote: `union`, `|`, `update`). */
export function union(a: Timeline, b: Timeline): Timeline {
  return sortedUnique([...a, ...b]);
}

/** With one more segment (pyannote: `add`). It copies: to add many, use `union` or `timeline` once. */
export function addSegment(segments: Timeline, segment: Segment): Timeline {
  return union(segments, timeline([segment]));
}

/** Without one segment, if it is there (pyannote: `remove`, `discard`). It copies. */
export function removeSegment(segments: Timeline, segment: Segment): Timeline {
  return segments.filter((other) => compareSegments(other, segment) !== 0);
}

/** Where a segment stands in the timeline, -1 when it doesn't (pyannote: `index`). O(log n). */
export function indexOfSegment(segments: Timeline, segment: Segment): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (compareSegments(segments[mid], segment) < 0) low = mid + 1;
    else high = mid;
  }
  return low < segments.length && compareSegments(segments[low], segment) === 0 ? low : -1;
}

/** Whether a segment, or every segment of a timeline, is one of the timeline's (pyannote: `in`). */
export function hasSegments(segments: Timeline, included: Segment | Timeline): boolean {
  const all = isTimeline(included) ? included : [included];
  return all.every((segment) => indexOfSegment(segments, segment) !== -1);
}

/** From the first start to the last end; [0, 0) when there is no segment (pyannote: `extent`). */
export function extent(segments: Timeline): Segment {
  if (segments.length === 0) return { start: 0, end: 0 };
  let { start, end } = segments[0];
  for (const segment of segments) if (segment.end > end) end = segment.end;
  return { start, end };
}

/** The fewest segments that cover the same time, gaps shorter than `collar` filled (pyannote: `support`). */
export function support(segments: Timeline, { collar = 0 }: { collar?: Seconds } = {}): Timeline {
  if (Number.isNaN(collar)) throw new RangeError('Got collar NaN; expected seconds.');
  const merged: Segment[] = [];
  if (segments.length === 0) return merged;
  let current = segments[0];
  for (const segment of segments) {
    // pyannote's `segment ^ current`, without an object for it
    const gap = Math.max(segment.start, current.start) - Math.min(segment.end, current.end);
    if (gap <= SEGMENT_PRECISION || gap < collar) {
      if (segment.end > current.end) current = merge(current, segment);
    } else {
      merged.push(current);
      current = segment;
    }
  }
  merged.push(current);
  return merged;
}

/** A segment as a timeline, a timeline as its support: what `crop`, `gaps` and `extrude` are given. */
export function supportOf(focus: Segment | Timeline): Timeline {
  return isTimeline(focus) ? support(focus) : timeline([focus]);
}

/** Seconds covered by at least one segment (pyannote: `timeline.duration()`). Added up from left to right. */
export function timelineDuration(segments: Timeline): Seconds {
  let total = 0;
  for (const segment of support(segments)) total += duration(segment);
  return total;
}
