import type { Seconds } from '../core/segment.ts';
import type { Turn } from '../core/turn.ts';
import { binarize } from './binarize.ts';
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

/** Sorted by start, end; equal segments by the name of their track, as pyannote.core iterates and writes them. */
export function clusterTurns(
  diarization: DiscreteDiarization,
  { minDurationOff = 0 }: { readonly minDurationOff?: Seconds } = {},
): ClusterTurn[] {
  const { data, grid, numSpeakers } = diarization;
  const clusters = Array.from({ length: numSpeakers }, (_, cluster) => cluster);
  // A track is a letter: one a cluster, but one a segment, cluster after cluster, once gaps have been filled.
  const lettered = minDurationOff > 0 ? clusters.sort(byText) : clusters;
  const turns: (ClusterTurn & { readonly track: string })[] = [];
  for (const cluster of lettered)
    for (const segment of binarize(data, grid, { minDurationOff, stride: numSpeakers, column: cluster }))
      turns.push({ ...segment, cluster, track: letters(minDurationOff > 0 ? turns.length : cluster) });
  return turns
    .sort((a, b) => a.start - b.start || a.end - b.end || byText(a.track, b.track))
    .map(({ start, end, cluster }) => ({ start, end, cluster }));
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
