import { compareText } from './compareText.ts';
import { compareSegments, type Segment } from './segment.ts';

/** One speaker talking from start to end: one line of an RTTM file. */
export interface Turn extends Segment {
  readonly speaker: string;
  /** How sure the pipeline is of the speaker, 0..1. */
  readonly confidence?: number;
  /**
   * pyannote's track name, if it has one. In an annotation only one turn has a given segment and track; turns without
   * a track are tracks of their own, however alike.
   */
  readonly track?: string;
}

/** By start, end, track (turns without one first), speaker: the order of an annotation, pyannote's `itertracks`. */
export function compareTurns(a: Turn, b: Turn): number {
  return compareTracks(a, b) || compareText(a.speaker, b.speaker);
}

/** The same up to the speaker: 0 for two turns of one segment and track, or of one segment and none. */
export function compareTracks(a: Turn, b: Turn): number {
  const order = compareSegments(a, b);
  if (order || a.track === b.track) return order;
  if (a.track === undefined) return -1;
  return b.track === undefined ? 1 : compareText(a.track, b.track);
}
