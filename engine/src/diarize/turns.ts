import { SEGMENT_PRECISION, type Seconds, type Segment } from '../core/segment.ts';
import type { Turn } from '../core/turn.ts';
import { middleOf, type SlidingWindow } from '../core/window.ts';
import { fillGaps } from './binarize.ts';
import type { DiscreteDiarization } from './reconstruct.ts';

/**
 * From 0/1 on frames to turns with names. Speakers are named SPEAKER_00, SPEAKER_01 … in the order of their clusters'
 * numbers *as text* ("10" before "2"), leaving out clusters that never talk: that is how pyannote.audio 4.0.7 names them.
 */

/** A turn that is not yet named: `speaker` is its cluster. */
export interface ClusterTurn {
  readonly start: Seconds;
  readonly end: Seconds;
  readonly cluster: number;
}

export interface TurnOptions {
  /** Gaps of one speaker shorter than this are filled. */
  readonly minDurationOff?: Seconds;
  /** Turns that are shorter than this when gaps have been filled are left out. */
  readonly minDurationOn?: Seconds;
}

/** NaN would leave out every turn, and say nothing. */
export function checkDurations({ minDurationOff = 0, minDurationOn = 0 }: TurnOptions): void {
  for (const [name, value] of Object.entries({ minDurationOff, minDurationOn }))
    if (!(value >= 0)) throw new RangeError(`Got ${name} ${value} when 0 or more seconds were expected.`);
}

/** The turns of a whole recording. */
export function clusterTurns(diarization: DiscreteDiarization, options: TurnOptions = {}): ClusterTurn[] {
  const turns = turnCollector(diarization.grid, options);
  turns.add(diarization);
  return turns.finish();
}

/** Takes the frames of a recording block after block. */
export interface TurnCollector {
  add(block: Omit<DiscreteDiarization, 'grid'>): void;
  /** Sorted by start, end; equal segments by the name of their track, as pyannote.core iterates and writes them. */
  finish(): ClusterTurn[];
}

/** Instead of the first frame of a run, where none goes on. */
const SILENT = -1;

/** What `binarize` makes of each cluster's column, told as its frames come. All blocks have the same columns. */
export function turnCollector(
  grid: SlidingWindow,
  { minDurationOff = 0, minDurationOn = 0 }: TurnOptions = {},
): TurnCollector {
  const runs: Segment[][] = [];
  /** (cluster) first frame of the run that goes on, or {@link SILENT}. */
  const since: number[] = [];
  let numFrames = 0;

  function add({ data, numFrames: length, numSpeakers }: Omit<DiscreteDiarization, 'grid'>): void {
    for (let k = runs.length; k < numSpeakers; k++) {
      runs.push([]);
      since.push(SILENT);
    }
    for (let k = 0; k < numSpeakers; k++) {
      let talks = since[k] !== SILENT;
      for (let frame = 0, i = k; frame < length; frame++, i += numSpeakers) {
        if ((data[i] !== 0) === talks) continue;
        talks = !talks;
        if (talks) since[k] = numFrames + frame;
        else end(k, numFrames + frame);
      }
    }
    numFrames += length;
  }

  function end(cluster: number, frame: number): void {
    const run = { start: middleOf(grid, since[cluster]), end: middleOf(grid, frame) };
    if (run.end - run.start > SEGMENT_PRECISION) runs[cluster].push(run);
    since[cluster] = SILENT;
  }

  function finish(): ClusterTurn[] {
    since.forEach((first, cluster) => {
      if (first !== SILENT) end(cluster, numFrames - 1);
    });
    const clusters = Array.from(runs.keys());
    // A track is a letter: one a cluster, but one a segment, cluster after cluster, once gaps have been filled.
    const lettered = minDurationOff > 0 ? clusters.sort(byText) : clusters;
    const turns: (ClusterTurn & { readonly track: string })[] = [];
    for (const cluster of lettered)
      for (const segment of minDurationOff > 0 ? fillGaps(runs[cluster], minDurationOff) : runs[cluster])
        turns.push({ ...segment, cluster, track: letters(minDurationOff > 0 ? turns.length : cluster) });
    return turns
      .filter(({ start, end }) => end - start >= minDurationOn)
      .sort((a, b) => a.start - b.start || a.end - b.end || byText(a.track, b.track))
      .map(({ start, end, cluster }) => ({ start, end, cluster }));
  }

  return { add, finish };
}

/** cluster → name, for those that talk. */
export function speakerNames(turns: readonly ClusterTurn[]): ReadonlyMap<number, string> {
  const clusters = [...new Set(turns.map(({ cluster }) => cluster))].sort(byText);
  return new Map(clusters.map((cluster, index) => [cluster, `SPEAKER_${String(index).padStart(2, '0')}`]));
}

/** The turns under their names, in the same order; turns of clusters without a name are left out. */
export function nameTurns(turns: readonly ClusterTurn[], names: ReadonlyMap<number, string>): Turn[] {
  return turns.flatMap(({ start, end, cluster }) => {
    const speaker = names.get(cluster);
    return speaker === undefined ? [] : [{ start, end, speaker }];
  });
}

/** As text: 1, 10, 2. */
function byText(a: number | string, b: number | string): number {
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

/** 0 → A, 25 → Z, 26 → AA; pyannote.core's `string_generator`. */
function letters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
