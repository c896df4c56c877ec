import type { Seconds } from './segment.ts';
import type { Turn } from './turn.ts';
import type { SlidingWindow } from './window.ts';

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
  /** How sure the pipeline is, where that was asked for. */
  readonly confidence?: Confidence;
}

/** How sure a result is; turns and speakers have their own number beside. docs/confidence.md. */
export interface Confidence {
  /** Whether the numbers say how often they are right, or only order the results. */
  readonly calibrated: boolean;
  /** How likely exactly those who are said to talk in a frame do, 0..1; frames are windows of `grid`. */
  readonly frames: { readonly grid: SlidingWindow; readonly values: Float32Array };
  /** (turn) what part of it each speaker may have, its own first of all; 1 in sum where there are several speakers. */
  readonly shares: readonly Readonly<Record<string, number>>[];
}

export interface Speaker {
  /** `SPEAKER_00` … */
  readonly label: string;
  /** Mean embedding; absent when no stretch of clean speech was long enough. */
  readonly embedding?: Float32Array;
  /** How long this speaker talks, overlaps included. */
  readonly speechDuration: Seconds;
  /** What part of this speaker's turns is of one person, 0..1; where confidence was asked for. */
  readonly confidence?: number;
}

export interface ModelLabel {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}
