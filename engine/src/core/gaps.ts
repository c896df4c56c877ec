// Where nothing is: pyannote.core 6.1 `Timeline.gaps` and `Timeline.covers`.
//
//   timeline  |------|    |------|     |----|
//               |--|    |-----|     |----------|
//   gaps             |--|        |--|
//
// One walk over timeline and support together, O(n + m).

import { intersectingPairs } from './pairs.ts';
import { isEmpty, SEGMENT_PRECISION, type Segment } from './segment.ts';
import { extent, support, supportOf, type Timeline } from './timeline.ts';

/** The parts of a support (by default the timeline's extent) that no segment covers (pyannote: `gaps`). */
export function gaps(segments: Timeline, within: Segment | Timeline = extent(segments)): Timeline {
  const found: Segment[] = [];
  let next = 0;
  let reach = Number.NEGATIVE_INFINITY; // the latest end of all segments before `next`
  for (const piece of supportOf(within)) {
    for (; next < segments.length && segments[next].start < piece.start; next++) {
      reach = Math.max(reach, segments[next].end);
    }
    // Of the segments that come in from before the piece, the longest covers what the others do.
    const covered: Segment[] = [];
    if (piece.start < reach - SEGMENT_PRECISION) push(covered, piece.start, Math.min(reach, piece.end));
    for (; next < segments.length; next++) {
      const { start, end } = segments[next];
      if (start !== piece.start && !(start < piece.end - SEGMENT_PRECISION)) break;
      push(covered, start, Math.min(end, piece.end));
      reach = Math.max(reach, end);
    }
    let end = piece.start;
    for (const block of support(covered)) {
      push(found, end, block.start);
      end = block.end;
    }
    push(found, end, piece.end);
  }
  return found;
}

function push(list: Segment[], start: number, end: number): void {
  if (!isEmpty({ start, end })) list.push({ start, end });
}

/** Whether every moment of `other`'s segments is in a segment of the timeline (pyannote: `covers`). */
export function covers(segments: Timeline, other: Timeline): boolean {
  return intersectingPairs(gaps(segments, extent(other)), other).next().done === true;
}
