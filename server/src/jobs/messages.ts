import type { AssignedTranscript, Speech, Transcript } from 'diarist';
import type { JobErrorCode, Stage } from '../contract/jobs.ts';
import type { LoadedModel } from '../loadedModel.ts';

/**
 * What a worker and its inference process say to each other. The process decodes and infers; it gets a path and knows
 * neither the store nor a key, so a file that crashes it, or takes it over, finds nothing there. Speech to text is the
 * worker's business: the process sends it sound and gets words.
 */
export type ToInference =
  | { readonly type: 'run'; readonly run: number; readonly file: string; readonly options: RunOptions }
  | { readonly type: 'cancel'; readonly run: number }
  | { readonly type: 'recognised'; readonly run: number; readonly speech: number; readonly transcript: Transcript }
  | { readonly type: 'unrecognised'; readonly run: number };

export interface RunOptions {
  readonly channel?: ChannelChoice | undefined;
  readonly numSpeakers?: number | undefined;
  readonly minSpeakers?: number | undefined;
  readonly maxSpeakers?: number | undefined;
  readonly frameConfidence: boolean;
  readonly turnConfidence?: boolean | undefined;
  readonly maxSeconds: number;
  /** Hear a clip again and again until it is this long, in seconds: a voice of a short one. */
  readonly repeatTo?: number | undefined;
  readonly transcription?: TranscriptionOptions | undefined;
}

/** `auto` looks at the channels and chooses; `separate` hears each distinct channel by itself. */
export type ChannelChoice = 'auto' | 'mix' | 'separate' | number;

export interface TranscriptionOptions {
  readonly language?: string | undefined;
  /** How many stretches of sound may be away at once. */
  readonly concurrency: number;
  /** The longest stretch that the recogniser takes, in seconds. */
  readonly maxStretch?: number | undefined;
}

export type FromInference =
  | { readonly type: 'ready'; readonly model: LoadedModel }
  | { readonly type: 'unable'; readonly message: string }
  | { readonly type: 'progress'; readonly run: number; readonly stage: Stage; readonly progress: number }
  | {
      readonly type: 'recognise';
      readonly run: number;
      readonly speech: number;
      readonly sound: Speech;
      readonly language?: string | undefined;
    }
  | { readonly type: 'done'; readonly run: number; readonly result: RunResult }
  | { readonly type: 'failed'; readonly run: number; readonly code: JobErrorCode; readonly message: string };

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
  readonly confidence?: number | undefined;
}

export interface RunResult {
  readonly turns: readonly RunTurn[];
  readonly exclusiveTurns: readonly RunTurn[];
  readonly speakers: readonly RunSpeaker[];
  readonly frames?: { readonly score: readonly number[]; readonly resolution: number } | undefined;
  readonly warnings: readonly string[];
  /** Where words were asked for. */
  readonly transcript?: SpokenWords | undefined;
  readonly audio: {
    readonly duration: number;
    readonly sampleRate: number;
    readonly channels: number;
    readonly distinctChannels: number;
  };
}

/** A transcript with its speakers, less what can be made of its words again (jobs/transcript.ts). */
export type SpokenWords = Pick<AssignedTranscript, 'format' | 'words' | 'language' | 'duration' | 'warnings'>;
