import { compareSegments, type Segment } from './segment.ts';

/** One speaker talking from start to end: one line of an RTTM file. */
export interface Turn extends Segment {
  readonly speaker: string;
  /** How sure the pipeline is of the speaker, 0..1. */
  readonly confidence?: number;
}

/** By start, end, speaker: the order of an annotation. */
export function compareTurns(a: Turn, b: Turn): number {
  return compareSegments(a, b) || (a.speaker < b.speaker ? -1 : a.speaker > b.speaker ? 1 : 0);
}
