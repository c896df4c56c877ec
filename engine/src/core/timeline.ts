import type { Segment } from './segment.ts';

/** Segments sorted by start, then end. pyannote.core's Timeline. */
export type Timeline = readonly Segment[];
