import type { Annotation } from '../core/annotation.ts';
import { SEGMENT_PRECISION, type Seconds } from '../core/segment.ts';
import type { Timeline } from '../core/timeline.ts';
import { gaps, IntervalList, type Intervals, intervalsOf, NO_TIME, union } from './intervals.ts';
import { crop, extent, type Tracks, tracksOf } from './tracks.ts';

/**
 * What of a file is scored. pyannote.metrics 4.2.0 `UEMSupportMixin.uemify`: the UEM without collars around the
 * boundaries of the reference and, if asked for, without its overlaps; reference and hypothesis are cut to what is left.
 *
 *     reference     |----|     |--------------|       |-------------|
 *     uem       |---------------------|    |-------------------------------|
 *     region    |--| |--| |---| |-----|    |-| |-----| |-----------| |-----|
 */
export interface ScoringOptions {
  /** Seconds left out around each reference boundary, in all: half before, half after. NIST's `-c 0.25` is 0.5 here. */
  readonly collar?: Seconds;
  /** Leave out where two turns of the reference overlap. */
  readonly skipOverlap?: boolean;
  /** What counts; without it, from the first start to the last end of reference and hypothesis. */
  readonly uem?: Timeline;
}

/** One file made ready for any metric: the inputs whole, and what the options leave of them. */
export interface Evaluated {
  /** What is scored. */
  readonly region: Intervals;
  readonly reference: Tracks;
  readonly hypothesis: Tracks;
  /** Before collars and overlaps are taken out, and what to take out. */
  readonly uem: Intervals;
  readonly collar: Seconds;
  readonly skipOverlap: boolean;
  /** Before cutting: some metrics ignore UEM and collar, as pyannote.metrics' do. */
  readonly whole: { readonly reference: Tracks; readonly hypothesis: Tracks };
}

export function evaluate(reference: Annotation, hypothesis: Annotation, options: ScoringOptions = {}): Evaluated {
  const { collar = 0, skipOverlap = false, uem } = options;
  if (!(collar >= 0)) throw new RangeError(`Got a collar of ${collar} seconds when 0 or more was expected.`);
  const whole = { reference: tracksOf(reference), hypothesis: tracksOf(hypothesis) };
  const scored = uem ? intervalsOf(uem) : commonExtent(whole.reference, whole.hypothesis);
  return cut({ uem: scored, collar, skipOverlap, whole });
}

/** The same file with reference and hypothesis changed: collars then lie around the boundaries of the other side. */
export function swapSides({ whole: { reference, hypothesis }, ...file }: Evaluated): Evaluated {
  return cut({ ...file, whole: { reference: hypothesis, hypothesis: reference } });
}

function cut(file: Pick<Evaluated, 'uem' | 'collar' | 'skipOverlap' | 'whole'>): Evaluated {
  const { uem, collar, skipOverlap, whole } = file;
  const region = collar > 0 || skipOverlap ? extrude(uem, whole.reference, collar, skipOverlap) : uem;
  return { ...file, region, reference: crop(whole.reference, region), hypothesis: crop(whole.hypothesis, region) };
}

function commonExtent(a: Tracks, b: Tracks): Intervals {
  const list = new IntervalList();
  const extents = [extent(a), extent(b)].filter((one) => one !== undefined);
  if (extents.length === 0) return NO_TIME;
  list.push(Math.min(...extents.map(({ start }) => start)), Math.max(...extents.map(({ end }) => end)));
  return list.done();
}

function extrude(uem: Intervals, reference: Tracks, collar: Seconds, skipOverlap: boolean): Intervals {
  const { starts, ends } = reference;
  const removed = new IntervalList();
  const half = 0.5 * collar;
  if (collar > 0) {
    for (let i = 0; i < starts.length; i++) {
      removed.push(starts[i] - half, starts[i] + half);
      removed.push(ends[i] - half, ends[i] + half);
    }
  }
  if (skipOverlap) {
    // Tracks come by start: what one shares with any earlier one reaches from its start to the latest end before it.
    let latest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < starts.length; i++) {
      const end = Math.min(ends[i], latest);
      if (end - starts[i] > SEGMENT_PRECISION) removed.push(starts[i], end);
      latest = Math.max(latest, ends[i]);
    }
  }
  return gaps(union(removed.done()), uem);
}
