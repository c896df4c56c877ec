// Which segments of one timeline meet which of another: pyannote.core 6.1 `Timeline.co_iter`, same pairs, same order.
// Time is linear in both timelines and in the number of pairs, however long single segments are: segments of `b` that
// have ended before a segment of `a` starts have ended for all later ones too, so they leave a linked list for good,
// and every one still in the list that starts early enough is a pair.

import { SEGMENT_PRECISION, type Segment } from './segment.ts';
import type { Timeline } from './timeline.ts';

/** Indices [i, j] of every a[i] that intersects b[j], by i, then j. */
export function* intersectingPairs(a: Timeline, b: Timeline): Generator<[number, number]> {
  // next[k + 1] is the first segment after b[k] still in the list, next[0] the first of all; indices are shifted by one
  const next = new Int32Array(b.length + 1);
  for (let k = 0; k <= b.length; k++) next[k] = k + 1;
  for (let i = 0; i < a.length; i++) {
    const { start, end } = a[i];
    let before = 0;
    let node = next[0];
    while (node <= b.length) {
      const other = b[node - 1];
      if (other.start < start && !(start < other.end - SEGMENT_PRECISION)) {
        node = next[node];
        next[before] = node;
        continue;
      }
      if (other.start > start && !(other.start < end - SEGMENT_PRECISION)) break;
      yield [i, node - 1];
      before = node;
      node = next[node];
    }
  }
}

/** Pairs of intersecting segments, by the first timeline's order, then the second's (pyannote: `co_iter`). */
export function* coIter(a: Timeline, b: Timeline): Generator<[Segment, Segment]> {
  for (const [i, j] of intersectingPairs(a, b)) yield [a[i], b[j]];
}
