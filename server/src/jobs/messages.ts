import type { JobErrorCode, Stage } from '../contract/jobs.ts';

/**
 * What a worker and its inference process say to each other. The process decodes and infers; it gets a path and knows
 * neither the store nor a key, so a file that crashes it, or takes it over, finds nothing there.
 */
export type ToInference =
  | { readonly type: 'run'; readonly run: number; readonly file: string; readonly options: RunOptions }
  | { readonly type: 'cancel'; readonly run: number };

export interface RunOptions {
  readonly channel?: 'mix' | 'separate' | number | undefined;
  readonly numSpeakers?: number | undefined;
  readonly minSpeakers?: number | undefined;
  readonly maxSpeakers?: number | undefined;
  readonly frameConfidence: boolean;
  readonly maxSeconds: number;
}

export type FromInference =
  | { readonly type: 'ready'; readonly model: LoadedModel }
  | { readonly type: 'unable'; readonly message: string }
  | { readonly type: 'progress'; readonly run: number; readonly stage: Stage; readonly progress: number }
  | { readonly type: 'done'; readonly run: number; readonly result: RunResult }
  | { readonly type: 'failed'; readonly run: number; readonly code: JobErrorCode; readonly message: string };

export interface LoadedModel {
  readonly id: string;
  readonly license: string;
  /** SHA-256 over the hashes of all of its files. */
  readonly sha256: string;
  /** The network that makes voiceprints. */
  readonly embedding: { readonly id: string; readonly sha256: string };
}

export interface RunTurn {
  readonly speaker: string;
  readonly start: number;
  readonly end: number;
  /** Share of each speaker of the file in this turn, 0..1. */
  readonly shares?: Readonly<Record<string, number>> | undefined;
  readonly channel?: number | undefined;
}

export interface RunSpeaker {
  readonly label: string;
  readonly vector?: readonly number[] | undefined;
  readonly speechDuration: number;
}

export interface RunResult {
  readonly turns: readonly RunTurn[];
  readonly exclusiveTurns: readonly RunTurn[];
  readonly speakers: readonly RunSpeaker[];
  readonly frames?: { readonly score: readonly number[]; readonly resolution: number } | undefined;
  readonly warnings: readonly string[];
  readonly audio: {
    readonly duration: number;
    readonly sampleRate: number;
    readonly channels: number;
    readonly distinctChannels: number;
  };
}
