import type { AssignedTranscript, ChannelMethod, ChannelRequest, Recogniser, TranscribeOptions } from 'diarist';
import type { VoiceLine } from '../loadedModel.ts';

/**
 * What the service asks of the engine: the `diarist` package has this shape. The inference process imports it by
 * name, so tests can name a module of their own.
 */
export interface EngineModule {
  createDiarizer(options: { model: string; device: string; threads?: number | undefined }): Promise<EngineDiarizer>;
  openChannels(file: string, options?: { signal?: AbortSignal }): Promise<EngineChannels>;
  diarizeChannels(
    file: string,
    diarizer: EngineDiarizer,
    options: EngineOptions & {
      channels: ChannelRequest;
      onAnalysis?: (done: number, total: number | undefined) => void;
    },
  ): Promise<EngineChannelResult>;
  transcribe(
    file: string,
    diarization: EngineResult & { channels?: EngineChannelResult['channels'] },
    recogniser: Recogniser,
    options: TranscribeOptions,
  ): Promise<AssignedTranscript>;
}

export interface EngineOptions {
  numSpeakers?: number | undefined;
  minSpeakers?: number | undefined;
  maxSpeakers?: number | undefined;
  /** Say how sure the result is. */
  confidence?: boolean;
  signal?: AbortSignal;
  observe?: (event: EngineEvent) => void;
}

export interface EngineDiarizer {
  readonly model: {
    readonly manifest: {
      readonly name: string;
      readonly version: string;
      readonly licences: readonly { readonly id: string }[];
      readonly verification?: VoiceLine | undefined;
      /** By role. */
      readonly files: Readonly<Record<string, { readonly sha256?: string | undefined } | undefined>>;
    };
  };
  /** A file, or a stream of samples that the engine opened itself. */
  diarize(recording: string | object, options: EngineOptions & { channel?: 'mix' | number }): Promise<EngineResult>;
  live?(options: { signal?: AbortSignal }): EngineLive;
  close(): Promise<void>;
}

/** A stream that is heard as it comes. */
export interface EngineLive {
  push(samples: Float32Array): Promise<readonly { type: 'start' | 'end'; time: number; speaker: number }[]>;
  finish(): Promise<readonly { type: 'start' | 'end'; time: number; speaker: number }[]>;
}

export interface EngineTurn {
  readonly start: number;
  readonly end: number;
  readonly speaker: string;
  readonly confidence?: number;
  /** Which channel it was heard on, where channels were heard apart. */
  readonly channel?: number;
}

export interface EngineResult {
  readonly duration: number;
  readonly turns: readonly EngineTurn[];
  readonly exclusiveTurns: readonly EngineTurn[];
  readonly speakers: readonly {
    label: string;
    embedding?: Float32Array;
    speechDuration: number;
    confidence?: number;
  }[];
  readonly warnings: readonly string[];
  readonly confidence?: EngineConfidence;
}

export interface EngineConfidence {
  readonly calibrated: boolean;
  readonly frames: { readonly grid: EngineGrid; readonly values: Float32Array };
  /** (turn) */
  readonly shares: readonly Readonly<Record<string, number>>[];
}

export interface EngineChannelResult extends EngineResult {
  readonly channels: {
    readonly method: ChannelMethod;
    readonly used: readonly number[];
    readonly analysis: { readonly distinctChannels: number };
  };
}

export interface EngineGrid {
  readonly start: number;
  readonly duration: number;
  readonly step: number;
}

export type EngineEvent =
  | { readonly type: 'progress'; readonly stage: string; readonly done: number; readonly total?: number }
  | { readonly type: 'scores' | 'activity' | 'embeddings' | 'count' | 'clusters' | 'votes' | 'discrete' };

export interface EngineChannels {
  readonly numChannels: number;
  readonly sampleRate: number;
  readonly duration?: number;
  readonly source: { readonly sampleRate: number; readonly numChannels: number };
  readonly blocks: AsyncIterable<readonly Float32Array[]>;
  close(): Promise<void>;
}
