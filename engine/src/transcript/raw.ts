import type { Signal } from '../core/signal.ts';
import type { TranscriptFormat } from './transcript.ts';

/**
 * What a reader finds in its format, before times are believed and texts are joined: everything optional, values as they
 * stand in the source. `build.ts` makes a Transcript of it.
 */
export interface RawTranscript {
  readonly format: TranscriptFormat;
  /** What a time counts, as the format has it. */
  readonly unit: TimeUnit;
  readonly segments: readonly RawSegment[];
  readonly language?: unknown;
  readonly duration?: unknown;
  readonly warnings?: readonly string[];
}

export type TimeUnit = 's' | 'ms' | 'µs';

export interface RawSegment {
  /** The text with its blanks; absent where the format has words only. */
  readonly text?: string;
  readonly words: readonly RawWord[];
  readonly start?: unknown;
  readonly end?: unknown;
  readonly speaker?: unknown;
  readonly language?: unknown;
  readonly channel?: unknown;
  readonly confidence?: unknown;
  /** What stands between words where neither words nor text tell; guessed by script where absent. */
  readonly delimiter?: string;
  /** The object in the source, where speakers may be written back. */
  readonly origin?: object;
}

export interface RawWord {
  readonly text: string;
  readonly start?: unknown;
  readonly end?: unknown;
  readonly speaker?: unknown;
  readonly language?: unknown;
  readonly channel?: unknown;
  readonly confidence?: unknown;
  readonly origins?: readonly object[];
}

export interface ReadTranscriptOptions {
  /** Recognised by shape where absent or `auto`. */
  readonly format?: TranscriptFormat | 'auto';
  /** Name of the file, for messages. */
  readonly file?: string;
  /** Length of the recording in seconds: words after it are complained about. */
  readonly duration?: number;
  /** What times count; found out where absent. */
  readonly unit?: TimeUnit;
  readonly signal?: Signal;
}

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list; nothing where there is no list. Other items are passed over. */
export function objects(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The first of the keys that holds a string. */
export function stringOf(item: Json, ...keys: readonly string[]): string | undefined {
  for (const key of keys) if (typeof item[key] === 'string') return item[key];
  return undefined;
}
