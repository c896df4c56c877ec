import type { Seconds } from '../core/segment.ts';
import type { Evaluated } from './evaluated.ts';
import { forEachCommon, IntervalList, type Intervals, union } from './intervals.ts';
import { fMeasure, type Metric, ratio } from './metric.ts';
import { labelSupports, type Tracks } from './tracks.ts';

/**
 * Segmentation: whether time is cut in the right places, whoever talks. Equal to pyannote.metrics 4.2.0
 * `SegmentationPurity`, `SegmentationCoverage` and `SegmentationPurityCoverageFMeasure`, which know neither UEM nor
 * collar. Gaps within a reference speaker shorter than `tolerance` are filled first. Then reference and hypothesis are
 * cut at all their boundaries and to where the reference talks:
 *
 *     coverage   of each reference piece the longest part within one hypothesis piece, over the time of all
 *     purity     the same with the sides changed
 */
export interface SegmentationOptions {
  readonly tolerance?: Seconds;
}

interface Shares {
  readonly total: Seconds;
  readonly covered: Seconds;
  readonly pure: Seconds;
}

export function segmentationPurity({ tolerance = 0.5 }: SegmentationOptions = {}): Metric<'total' | 'intersection'> {
  return {
    id: 'segmentation-purity',
    name: 'segmentation purity',
    unit: 'percent',
    components: ['total', 'intersection'],
    measure: (file) => {
      const { total, pure } = shares(file, tolerance);
      return { total, intersection: pure };
    },
    rate: ({ total, intersection }) => ratio(intersection, total, 1),
  };
}

export function segmentationCoverage({ tolerance = 0.5 }: SegmentationOptions = {}): Metric<'total' | 'intersection'> {
  return {
    ...segmentationPurity({ tolerance }),
    id: 'segmentation-coverage',
    name: 'segmentation coverage',
    measure: (file) => {
      const { total, covered } = shares(file, tolerance);
      return { total, intersection: covered };
    },
  };
}

/** The harmonic mean of segmentation purity and coverage. */
export function segmentationF({ tolerance = 0.5 }: SegmentationOptions = {}): Metric<keyof Shares> {
  return {
    id: 'segmentation-f',
    name: 'segmentation F[purity|coverage]',
    unit: 'percent',
    components: ['total', 'pure', 'covered'],
    measure: (file) => shares(file, tolerance),
    rate: ({ total, pure, covered }) => fMeasure(ratio(pure, total, 1), ratio(covered, total, 1)),
  };
}

function shares({ whole }: Evaluated, tolerance: Seconds): Shares {
  const filled = fillGaps(whole.reference, tolerance);
  const talking = union(filled);
  const reference = pieces(filled, talking);
  const hypothesis = pieces(whole.hypothesis, talking);
  const longestOfReference = new Float64Array(reference.starts.length);
  const longestOfHypothesis = new Float64Array(hypothesis.starts.length);
  let total = 0;
  forEachCommon(reference, hypothesis, (r, h, start, end) => {
    const duration = end - start;
    total += duration;
    if (duration > longestOfReference[r]) longestOfReference[r] = duration;
    if (duration > longestOfHypothesis[h]) longestOfHypothesis[h] = duration;
  });
  return { total, covered: sum(longestOfReference), pure: sum(longestOfHypothesis) };
}

/** What each speaker covers once short gaps are filled, of all speakers together. */
function fillGaps(tracks: Tracks, tolerance: Seconds): Intervals {
  const list = new IntervalList();
  for (const { starts, ends } of labelSupports(tracks)) {
    let from = 0;
    for (let i = 1; i <= starts.length; i++) {
      if (i < starts.length && starts[i] - ends[i - 1] < tolerance) continue;
      list.push(starts[from], ends[i - 1]);
      from = i;
    }
  }
  return list.done();
}

/** From boundary to boundary, as far as it lies within `support`. */
function pieces({ starts, ends }: Intervals, support: Intervals): Intervals {
  const boundaries = new Float64Array(starts.length + ends.length);
  boundaries.set(starts);
  boundaries.set(ends, starts.length);
  boundaries.sort();
  const between = new IntervalList();
  for (let i = 1; i < boundaries.length; i++) between.push(boundaries[i - 1], boundaries[i]);
  const cut = new IntervalList();
  forEachCommon(between.done(), support, (_i, _j, start, end) => cut.push(start, end));
  return cut.done();
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
