import {
  AudioError,
  type AudioErrorCode,
  DiaristError,
  InferenceError,
  type InferenceErrorCode,
  ModelError,
  type ModelErrorCode,
} from '../core/errors.ts';

/** An error as it crosses from the worker: cloning would keep its message and lose its class and code. */
export interface ThrownError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

export function packError(error: unknown): ThrownError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message } = error;
  return error instanceof DiaristError ? { name, message, code: error.code } : { name, message };
}

/** The same error again, of the same class. */
export function unpackError({ name, message, code }: ThrownError): Error {
  switch (name) {
    case 'AudioError':
      return new AudioError(code as AudioErrorCode, message);
    case 'ModelError':
      return new ModelError(code as ModelErrorCode, message);
    case 'InferenceError':
      return new InferenceError(code as InferenceErrorCode, message);
    case 'RangeError':
      return new RangeError(message);
    case 'TypeError':
      return new TypeError(message);
    default:
      return Object.assign(new Error(message), { name });
  }
}
