import type { Annotation } from '../core/annotation.ts';
import { compareText } from '../core/compareText.ts';
import { SEGMENT_PRECISION, type Seconds } from '../core/segment.ts';
import { forEachWithin, IntervalList, type Intervals, orderByStart, union } from './intervals.ts';

/**
 * An annotation as flat arrays: track i is label `labels[label[i]]` from `starts[i]` to `ends[i]`, tracks by start, then
 * end. As in pyannote.core every turn is a track of its own, also when one speaker has two at once.
 * Labels are in the order of code points, as Python sorts them, and each has at least one track.
 */
export interface Tracks extends Intervals {
  readonly label: Int32Array;
  readonly labels: readonly string[];
}

/** The turns of an annotation that hold any time. */
export function tracksOf({ uri, turns }: Annotation): Tracks {
  const starts = new Float64Array(turns.length);
  const ends = new Float64Array(turns.length);
  const label = new Int32Array(turns.length);
  const labels: string[] = [];
  const indexOf = new Map<string, number>();
  let length = 0;
  for (const { start, end, speaker } of turns) {
    if (!Number.isFinite(start) || !Number.isFinite(end)) {
      const where = uri === undefined ? '' : ` of ${uri}`;
      throw new RangeError(`Got a turn${where} from ${start} to ${end} when finite numbers of seconds were expected.`);
    }
    if (!(end - start > SEGMENT_PRECISION)) continue;
    let index = indexOf.get(speaker);
    if (index === undefined) {
      indexOf.set(speaker, (index = labels.length));
      labels.push(speaker);
    }
    starts[length] = start;
    ends[length] = end;
    label[length++] = index;
  }
  return arranged(starts.subarray(0, length), ends.subarray(0, length), label.subarray(0, length), labels);
}

/** What lies within `support` (disjoint, in order), each track cut where it leaves it. `Annotation.crop`. */
export function crop(tracks: Tracks, support: Intervals): Tracks {
  const pieces = new IntervalList();
  const label: number[] = [];
  forEachWithin(tracks.starts, tracks.ends, support, (i, start, end) => {
    pieces.push(start, end);
    label.push(tracks.label[i]);
  });
  const cut = pieces.done();
  return arranged(cut.starts, cut.ends, Int32Array.from(label), tracks.labels);
}

/** For each label what it covers: `labelTimeline(label).support()`, for all labels at once. */
export function labelSupports(tracks: Tracks): Intervals[] {
  return labelStretches(tracks).map(union);
}

/** For each label its tracks, by start, then end. */
export function labelStretches({ starts, ends, label, labels }: Tracks): Intervals[] {
  const lists = labels.map(() => new IntervalList());
  for (let i = 0; i < starts.length; i++) lists[label[i]].push(starts[i], ends[i]);
  return lists.map((list) => list.done());
}

/** What each label covers as tracks again: a label's own overlaps are gone. */
export function tracksOfSupports(supports: readonly Intervals[], labels: readonly string[]): Tracks {
  const length = supports.reduce((sum, { starts }) => sum + starts.length, 0);
  const starts = new Float64Array(length);
  const ends = new Float64Array(length);
  const label = new Int32Array(length);
  let at = 0;
  supports.forEach((support, index) => {
    starts.set(support.starts, at);
    ends.set(support.ends, at);
    label.fill(index, at, (at += support.starts.length));
  });
  return arranged(starts, ends, label, labels);
}

/** From the first start to the last end; undefined without tracks. */
export function extent({ starts, ends }: Tracks): { start: Seconds; end: Seconds } | undefined {
  if (starts.length === 0) return undefined;
  let end = ends[0];
  for (const e of ends) if (e > end) end = e;
  return { start: starts[0], end };
}

/** Tracks sorted, labels that are used sorted. */
function arranged(starts: Float64Array, ends: Float64Array, label: Int32Array, labels: readonly string[]): Tracks {
  const used = new Uint8Array(labels.length);
  for (const index of label) used[index] = 1;
  const names = labels.filter((_, index) => used[index] === 1).sort(compareText);
  const rank = new Map(names.map((name, index) => [name, index]));
  const newIndex = Int32Array.from(labels, (name) => rank.get(name) ?? -1);

  const order = orderByStart({ starts, ends });
  const length = starts.length;
  const sorted = { starts: new Float64Array(length), ends: new Float64Array(length), label: new Int32Array(length) };
  for (let i = 0; i < length; i++) {
    const from = order ? order[i] : i;
    sorted.starts[i] = starts[from];
    sorted.ends[i] = ends[from];
    sorted.label[i] = newIndex[label[from]];
  }
  return { ...sorted, labels: names };
}
