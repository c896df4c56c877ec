// Who is there at a time, where two are, and where anything changes: pyannote.core 6.1 `Timeline.overlapping`,
// `get_overlap` and `segmentation`.
//
//   timeline      |------|    |------|      |----|
//                   |--|    |-----|      |----------|
//   getOverlap      |--|      |---|         |----|
//   segmentation  |-|--|-|  |-|---|--|   |--|----|--|
//
// pyannote compares all pairs; here one walk in order of start is enough.

import { isEmpty, middle, SEGMENT_PRECISION, type Seconds, type Segment } from './segment.ts';
import { sortedUnique, support, type Timeline } from './timeline.ts';

/**
 * The segments that hold time t (pyannote: `overlapping`). As there, a segment that ends at t counts and one that
 * starts at t doesn't. Linear: a segment far back may still be on.
 */
export function overlapping(segments: Timeline, t: Seconds): Segment[] {
  const found: Segment[] = [];
  for (const segment of segments) {
    if (!(segment.start < t)) break;
    if (segment.end >= t) found.push(segment);
  }
  return found;
}

/** Where two or more segments are on at once (pyannote: `get_overlap`). */
export function getOverlap(segments: Timeline): Timeline {
  const shared: Segment[] = [];
  // Of all segments before this one, the one that ends last shares most with it: the others' shares lie within that.
  let reach = Number.NEGATIVE_INFINITY;
  let previousStart = Number.NaN;
  for (const { start, end } of segments) {
    const both = { start, end: Math.min(end, reach) };
    if ((start < reach - SEGMENT_PRECISION || start === previousStart) && !isEmpty(both)) shared.push(both);
    reach = Math.max(reach, end);
    previousStart = start;
  }
  return support(sortedUnique(shared));
}

/** The same support and bounds, cut so that nothing overlaps (pyannote: `segmentation`). */
export function segmentation(segments: Timeline): Timeline {
  const bounds = new Float64Array(2 * segments.length);
  for (let i = 0; i < segments.length; i++) {
    bounds[2 * i] = segments[i].start;
    bounds[2 * i + 1] = segments[i].end;
  }
  bounds.sort();
  const blocks = support(segments);
  const parts: Segment[] = [];
  let block = 0;
  for (let i = 1; i < bounds.length; i++) {
    const part = { start: bounds[i - 1], end: bounds[i] };
    if (isEmpty(part)) continue;
    const t = middle(part);
    while (block < blocks.length && blocks[block].end < t) block++;
    if (block < blocks.length && blocks[block].start < t) parts.push(part);
  }
  return parts;
}
