import { DiaristError } from '../../core/errors.ts';
import type { Transcript } from '../../transcript/transcript.ts';

/**
 * Speech to text, whoever does it: sound in, a transcript out, times from the beginning of that sound. A backend is a
 * function of a few lines around this (http.ts, command.ts, local/localRecogniser.ts).
 */
export interface Recogniser {
  /** For messages and reports. */
  readonly name: string;
  /** How many stretches may be recognised at once. */
  readonly concurrency: number;
  /** The longest stretch that it takes well, in seconds. */
  readonly maxStretch?: number;
  recognise(speech: Speech, options?: RecogniseOptions): Promise<Transcript>;
}

/** Mono sound as a WAV file in memory. */
export interface Speech {
  readonly wav: Uint8Array;
  readonly duration: number;
}

export interface RecogniseOptions {
  /** `en`, `de` …; found out by the recogniser where absent. */
  readonly language?: string;
  readonly signal?: AbortSignal;
}

export type RecogniserErrorCode =
  | 'recogniser_missing'
  | 'recogniser_unreachable'
  | 'recogniser_timeout'
  | 'recogniser_failed'
  | 'recogniser_bad_answer';

/** The recogniser can't be reached, failed, hung, or answered something that is no transcript. */
export class RecogniserError extends DiaristError {
  override readonly name = 'RecogniserError';
  readonly code: RecogniserErrorCode;
  constructor(code: RecogniserErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
