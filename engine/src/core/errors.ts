/**
 * What can go wrong in the world, each with a stable `code`. Misuse of a function is a RangeError or TypeError instead.
 * Messages are one sentence for a person: what was got, what was expected, what to do.
 */
export abstract class DiaristError extends Error {
  abstract readonly code: string;
}

export type AudioErrorCode =
  | 'audio_not_found'
  | 'audio_unreadable'
  | 'audio_empty'
  | 'audio_not_audio'
  | 'audio_no_sound_track'
  | 'audio_truncated'
  | 'audio_decoder_missing'
  | 'audio_invalid';

/** The recording cannot be read or decoded. */
export class AudioError extends DiaristError {
  override readonly name = 'AudioError';
  readonly code: AudioErrorCode;
  constructor(code: AudioErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type ModelErrorCode =
  | 'model_unknown'
  | 'model_missing'
  | 'model_invalid'
  | 'model_hash_mismatch'
  | 'model_licence'
  | 'model_gated'
  | 'hub_unreachable'
  | 'hub_offline';

/** A model cannot be found, fetched, trusted or understood. */
export class ModelError extends DiaristError {
  override readonly name = 'ModelError';
  readonly code: ModelErrorCode;
  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type InferenceErrorCode = 'device_unavailable' | 'inference_failed' | 'out_of_memory';

/** A network could not be run. */
export class InferenceError extends DiaristError {
  override readonly name = 'InferenceError';
  readonly code: InferenceErrorCode;
  constructor(code: InferenceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A text file (RTTM, UEM, transcript …) has a line that is not of its format. */
export class FormatError extends DiaristError {
  override readonly name = 'FormatError';
  readonly code = 'format_invalid';
  /** Where: the file as the caller named it, and the line, counted from 1. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  constructor(message: string, where: { file?: string; line?: number } = {}, options?: ErrorOptions) {
    const at = [where.file, where.line].filter((part) => part !== undefined).join(':');
    super(at ? `${at}: ${message}` : message, options);
    this.file = where.file;
    this.line = where.line;
  }
}

export type OutputErrorCode = 'output_full' | 'output_unwritable';

/** A result can't be written where it was to go. */
export class OutputError extends DiaristError {
  override readonly name = 'OutputError';
  readonly code: OutputErrorCode;
  constructor(code: OutputErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
