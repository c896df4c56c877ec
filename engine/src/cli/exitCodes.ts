import {
  type AudioErrorCode,
  DiaristError,
  type InferenceErrorCode,
  type ModelErrorCode,
  type OutputErrorCode,
} from '../core/errors.ts';
import type { RecogniserErrorCode } from '../node/asr/recogniser.ts';

/**
 * What the program ends with, so that a script can tell why. One table for the whole program; `diarist --help` and
 * docs/cli.md print it, and a test compares them.
 */
export const EXIT_CODES = [
  [0, 'all went well'],
  [1, 'a bug in diarist: please report it'],
  [2, 'wrong use: an unknown option, a value out of range, options that contradict each other'],
  [3, 'a recording is missing or may not be read'],
  [4, 'a recording has no sound that can be decoded: empty, cut short, not audio'],
  [5, 'a model is unknown, missing, damaged or of another kind'],
  [6, "a model's licence was not accepted, or its owner gives no access"],
  [7, 'the model hub could not be reached'],
  [8, 'the device does not work, or the network could not be run'],
  [9, 'a text file (RTTM, UEM, …) is missing or malformed'],
  [10, 'the result could not be written: disk full, read-only, no such folder'],
  [11, 'several recordings were given and some failed; the others were written'],
  [130, 'stopped by Ctrl-C (143: by a polite kill)'],
] as const;

export const EXIT = { ok: 0, bug: 1, usage: 2, someFailed: 11 } as const;

type ErrorCode =
  | AudioErrorCode
  | ModelErrorCode
  | InferenceErrorCode
  | OutputErrorCode
  | RecogniserErrorCode
  | 'format_invalid';

const BY_ERROR: Readonly<Record<ErrorCode, number>> = {
  audio_not_found: 3,
  audio_unreadable: 3,
  audio_empty: 4,
  audio_not_audio: 4,
  audio_no_sound_track: 4,
  audio_truncated: 4,
  audio_decoder_missing: 4,
  audio_invalid: 4,
  model_unknown: 5,
  model_missing: 5,
  model_invalid: 5,
  model_hash_mismatch: 5,
  model_licence: 6,
  model_gated: 6,
  hub_unreachable: 7,
  hub_offline: 7,
  device_unavailable: 8,
  inference_failed: 8,
  out_of_memory: 8,
  recogniser_missing: 8,
  recogniser_unreachable: 8,
  recogniser_timeout: 8,
  recogniser_failed: 8,
  recogniser_bad_answer: 8,
  format_invalid: 9,
  output_full: 10,
  output_unwritable: 10,
};

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof DiaristError) return BY_ERROR[error.code as ErrorCode] ?? EXIT.bug;
  return isMisuse(error) ? EXIT.usage : EXIT.bug;
}

/** Whether the message is for a person who used the program wrongly; otherwise it is a bug of ours. */
export function isMisuse(error: unknown): boolean {
  // Ours say what they got; those of the JavaScript engine never begin so.
  if (error instanceof TypeError) return /^Got /.test(error.message);
  return error instanceof RangeError && !('code' in error) && !ENGINE_RANGE_ERRORS.test(error.message);
}

/** RangeErrors that the JavaScript engine throws itself; those of Node have a code. */
const ENGINE_RANGE_ERRORS =
  /^(Invalid (typed array|array|array buffer|string|DataView) length|Invalid (time|count|code point|language|date)|Array buffer allocation|Maximum call stack|Maximum BigInt|Start offset|Offset is outside|byte length of|start offset of|\w+\(\) (\w+ )?argument)|out of bounds$/;
