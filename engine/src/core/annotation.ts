import type { Turn } from './turn.ts';

/** Who spoke when in one recording: turns sorted by start, end, speaker. pyannote.core's Annotation. */
export interface Annotation {
  readonly uri?: string;
  readonly turns: readonly Turn[];
}
