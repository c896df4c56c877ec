import type { Seconds } from '../core/segment.ts';
import { type Metric, ratio } from './metric.ts';
import type { SegmentationOptions } from './segmentation.ts';
import type { Tracks } from './tracks.ts';

/**
 * Boundaries found against boundaries there, each matched once, nearest pairs first, no further apart than `tolerance`.
 * A boundary is the end of a segment, except of the last one. Equal to pyannote.metrics 4.2.0 `SegmentationPrecision` and
 * `SegmentationRecall`, which know neither UEM nor collar; there, a matrix of all pairs, here only those near enough.
 */
export function boundaryPrecision(options: SegmentationOptions = {}): Metric<'matches' | 'boundaries'> {
  return {
    id: 'segmentation-precision',
    name: 'segmentation precision',
    unit: 'percent',
    components: ['matches', 'boundaries'],
    measure: ({ whole }) => matches(whole.reference, whole.hypothesis, options),
    rate: ({ matches, boundaries }) => ratio(matches, boundaries, 1),
  };
}

export function boundaryRecall(options: SegmentationOptions = {}): Metric<'matches' | 'boundaries'> {
  return {
    ...boundaryPrecision(options),
    id: 'segmentation-recall',
    name: 'segmentation recall',
    measure: ({ whole }) => matches(whole.hypothesis, whole.reference, options),
  };
}

function matches(
  others: Tracks,
  counted: Tracks,
  { tolerance = 0 }: SegmentationOptions,
): { matches: number; boundaries: number } {
  const a = boundariesOf(others);
  const b = boundariesOf(counted);
  const pairs = nearPairs(a, b, tolerance).sort((x, y) => x.distance - y.distance || x.i - y.i || x.j - y.j);
  const matchedA = new Uint8Array(a.length);
  const matchedB = new Uint8Array(b.length);
  let count = 0;
  for (const { i, j } of pairs) {
    if (matchedA[i] || matchedB[j]) continue;
    matchedA[i] = matchedB[j] = 1;
    count++;
  }
  return { matches: count, boundaries: b.length };
}

/** In the order of the segments, each segment once. */
function boundariesOf({ starts, ends }: Tracks): number[] {
  const boundaries: number[] = [];
  for (let i = 0; i < starts.length; i++) {
    if (i === 0 || starts[i] !== starts[i - 1] || ends[i] !== ends[i - 1]) boundaries.push(ends[i]);
  }
  boundaries.pop();
  return boundaries;
}

function nearPairs(a: readonly number[], b: readonly number[], tolerance: Seconds): Pair[] {
  const orderA = byTime(a);
  const orderB = byTime(b);
  const pairs: Pair[] = [];
  let from = 0;
  for (const i of orderA) {
    while (from < orderB.length && a[i] - b[orderB[from]] > tolerance) from++;
    for (let k = from; k < orderB.length && b[orderB[k]] - a[i] <= tolerance; k++) {
      pairs.push({ i, j: orderB[k], distance: Math.abs(a[i] - b[orderB[k]]) });
    }
  }
  return pairs;
}

interface Pair {
  readonly i: number;
  readonly j: number;
  readonly distance: Seconds;
}

function byTime(times: readonly number[]): number[] {
  return times.map((_, i) => i).sort((x, y) => times[x] - times[y]);
}
