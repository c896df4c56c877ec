import type { Segment } from './segment.ts';

/**
 * Which of many segments another one lies in: the one that shares most time with it, the first of equals. The segments
 * are sorted by start; the furthest end so far tells from where on one can reach, so only neighbours are looked at.
 */
export function mostShared(segments: readonly Segment[]): (segment: Segment) => number {
  const furthest = new Float64Array(segments.length);
  let end = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < segments.length; i++) {
    end = Math.max(end, segments[i].end);
    furthest[i] = end;
  }
  return (segment) => {
    let [low, high] = [0, segments.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (furthest[middle] > segment.start) high = middle;
      else low = middle + 1;
    }
    let [best, most] = [-1, 0];
    for (let i = low; i < segments.length && segments[i].start < segment.end; i++) {
      const shared = Math.min(segments[i].end, segment.end) - Math.max(segments[i].start, segment.start);
      if (shared > most) [best, most] = [i, shared];
    }
    return best;
  };
}
