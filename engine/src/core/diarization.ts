import type { Seconds } from './segment.ts';
import type { Turn } from './turn.ts';

/** What `diarize` returns: who spoke when, and how each speaker sounds. */
export interface Diarization {
  /** Length of the recording. */
  readonly duration: Seconds;
  /** Every turn, also those that overlap, sorted by start, then end. */
  readonly turns: readonly Turn[];
  /** The same with one speaker at a time: what a transcript is cut by. */
  readonly exclusiveTurns: readonly Turn[];
  /** In the order of their labels. */
  readonly speakers: readonly Speaker[];
  /** The model's name and licence. */
  readonly model: ModelLabel;
  /** One sentence each: what a person should know about this result. */
  readonly warnings: readonly string[];
}

export interface Speaker {
  /** `SPEAKER_00` … */
  readonly label: string;
  /** Mean embedding; absent when no stretch of clean speech was long enough. */
  readonly embedding?: Float32Array;
  /** How long this speaker talks, overlaps included. */
  readonly speechDuration: Seconds;
}

export interface ModelLabel {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}
