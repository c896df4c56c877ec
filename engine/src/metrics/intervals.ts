import { SEGMENT_PRECISION, type Seconds } from '../core/segment.ts';
import type { Timeline } from '../core/timeline.ts';

/**
 * Disjoint stretches of time in order, as two flat arrays: what every metric sweeps over. All verbs are linear in the
 * number of stretches (plus one sort where the input has none), so that 100,000 turns are no trouble.
 *
 *     union     |--|  |-----|   |---|        gaps no longer than a microsecond are closed, as pyannote.core 6.1
 *     gaps      within a support, what is left over                       `Timeline.support` and `Timeline.gaps` do
 */
export interface Intervals {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
}

export const NO_TIME: Intervals = { starts: new Float64Array(0), ends: new Float64Array(0) };

/** A growing list of stretches; `done` gives it its final form. */
export class IntervalList {
  private starts = new Float64Array(16);
  private ends = new Float64Array(16);
  private length = 0;

  /** Adds a stretch unless it is empty. */
  push(start: Seconds, end: Seconds): void {
    if (!(end - start > SEGMENT_PRECISION)) return;
    if (this.length === this.starts.length) {
      this.starts = grown(this.starts);
      this.ends = grown(this.ends);
    }
    this.starts[this.length] = start;
    this.ends[this.length++] = end;
  }

  done(): Intervals {
    return { starts: this.starts.subarray(0, this.length), ends: this.ends.subarray(0, this.length) };
  }
}

/** What a timeline covers. */
export function intervalsOf(timeline: Timeline): Intervals {
  const list = new IntervalList();
  for (const { start, end } of timeline) {
    if (!Number.isFinite(start) || !Number.isFinite(end)) {
      throw new RangeError(`Got a segment from ${start} to ${end} when finite numbers of seconds were expected.`);
    }
    list.push(start, end);
  }
  return union(list.done());
}

/** What stretches in any order, overlapping or not, cover together. pyannote.core `Timeline.support`. */
export function union(stretches: Intervals): Intervals {
  const { starts, ends } = sortedByStart(stretches);
  const list = new IntervalList();
  let start = starts[0];
  let end = ends[0];
  for (let i = 1; i < starts.length; i++) {
    if (starts[i] - end > SEGMENT_PRECISION) {
      list.push(start, end);
      start = starts[i];
      end = ends[i];
    } else if (ends[i] > end) {
      end = ends[i];
    }
  }
  if (starts.length > 0) list.push(start, end);
  return list.done();
}

/** What is left of `support` without `taken`; both disjoint and in order. pyannote.core `Timeline.gaps`. */
export function gaps(taken: Intervals, support: Intervals): Intervals {
  const list = new IntervalList();
  let first = 0;
  for (let s = 0; s < support.starts.length; s++) {
    const from = support.starts[s];
    const to = support.ends[s];
    while (first < taken.starts.length && taken.ends[first] <= from) first++;
    let start = from;
    for (let t = first; t < taken.starts.length && taken.starts[t] < to; t++) {
      // A stretch that reaches in by less than a microsecond takes nothing.
      if (!(Math.min(taken.ends[t], to) - Math.max(taken.starts[t], from) > SEGMENT_PRECISION)) continue;
      list.push(start, taken.starts[t]);
      start = taken.ends[t];
    }
    list.push(start, to);
  }
  return list.done();
}

/** What of stretches by start, overlapping or not, lies in a disjoint, ordered `support`. `timeline.crop(support)`. */
export function cropTo(support: Intervals, { starts, ends }: Intervals): Intervals {
  const list = new IntervalList();
  forEachWithin(starts, ends, support, (_, start, end) => list.push(start, end));
  return union(list.done());
}

/** Calls `visit` for each piece that stretches by start have within a disjoint, ordered `support`. */
export function forEachWithin(
  starts: Float64Array,
  ends: Float64Array,
  support: Intervals,
  visit: (i: number, start: Seconds, end: Seconds) => void,
): void {
  let first = 0;
  for (let i = 0; i < starts.length; i++) {
    while (first < support.starts.length && support.ends[first] <= starts[i]) first++;
    for (let s = first; s < support.starts.length && support.starts[s] < ends[i]; s++) {
      const start = Math.max(starts[i], support.starts[s]);
      const end = Math.min(ends[i], support.ends[s]);
      if (end - start > SEGMENT_PRECISION) visit(i, start, end);
    }
  }
}

/** Calls `visit` for each stretch that two disjoint, ordered lists have in common. */
export function forEachCommon(
  a: Intervals,
  b: Intervals,
  visit: (i: number, j: number, start: Seconds, end: Seconds) => void,
): void {
  let i = 0;
  let j = 0;
  while (i < a.starts.length && j < b.starts.length) {
    const start = Math.max(a.starts[i], b.starts[j]);
    const end = Math.min(a.ends[i], b.ends[j]);
    if (end - start > SEGMENT_PRECISION) visit(i, j, start, end);
    if (a.ends[i] < b.ends[j]) i++;
    else j++;
  }
}

/** Seconds two disjoint, ordered lists have in common. */
export function commonDuration(a: Intervals, b: Intervals): Seconds {
  let sum = 0;
  forEachCommon(a, b, (_i, _j, start, end) => {
    sum += end - start;
  });
  return sum;
}

/** Seconds in all. */
export function totalDuration({ starts, ends }: Intervals): Seconds {
  let sum = 0;
  for (let i = 0; i < starts.length; i++) sum += ends[i] - starts[i];
  return sum;
}

/** The same stretches by start, then end; the very same arrays when they are in order already. */
function sortedByStart(stretches: Intervals): Intervals {
  const order = orderByStart(stretches);
  if (!order) return stretches;
  const starts = new Float64Array(order.length);
  const ends = new Float64Array(order.length);
  for (let i = 0; i < order.length; i++) {
    starts[i] = stretches.starts[order[i]];
    ends[i] = stretches.ends[order[i]];
  }
  return { starts, ends };
}

/** Indices that sort stretches by start, then end, equals as they come; undefined when they are in order already. */
export function orderByStart({ starts, ends }: Intervals): Uint32Array | undefined {
  let sorted = true;
  for (let i = 1; i < starts.length && sorted; i++) {
    sorted = starts[i - 1] < starts[i] || (starts[i - 1] === starts[i] && ends[i - 1] <= ends[i]);
  }
  if (sorted) return undefined;
  const order = new Uint32Array(starts.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order.sort((a, b) => starts[a] - starts[b] || ends[a] - ends[b] || a - b);
}

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
