import {
  type AssignedTranscript,
  type AssignOptions,
  assignInPlace,
  assignSpeakers,
  FormatError,
  readTranscript,
  toNative,
} from 'diarist';
import { invalid, Problem } from '../problem.ts';
import type { SpokenWords } from './messages.ts';
import { wordsOf } from './transcript.ts';

/** Speakers onto a transcript: the engine's reading and assigning, with this API's limits and errors around it. */
const MOST_WORDS = 500_000;

export interface Turns {
  readonly turns: readonly { start: number; end: number; speaker: string }[];
  readonly exclusiveTurns?: readonly { start: number; end: number; speaker: string }[];
}

export interface AssignCall {
  readonly transcript: unknown;
  readonly format: string;
  readonly same: boolean;
  readonly options: AssignOptions;
}

/** What POST /v1/assign answers. */
export function assign(diarization: Turns, { transcript, format, same, options }: AssignCall): Record<string, unknown> {
  try {
    const reading = { format: format as 'auto' };
    if (same) {
      const { transcript: filled, assigned } = assignInPlace(transcript, diarization, { ...reading, ...options });
      checkWords(assigned.words.length);
      return { ...answer(assigned), transcript: filled };
    }
    const read = readTranscript(transcript, reading);
    checkWords(read.words.length);
    return answer(assignSpeakers(read, diarization, options));
  } catch (error) {
    if (error instanceof FormatError || error instanceof RangeError)
      throw invalid({ field: 'transcript', message: error.message });
    throw error;
  }
}

function answer(assigned: AssignedTranscript): Record<string, unknown> {
  const { warnings, ...native } = toNative(assigned) as { warnings?: readonly string[] };
  return { ...native, ...(warnings ? { warning: warnings.join(' ') } : {}) };
}

function checkWords(count: number): void {
  if (count > MOST_WORDS)
    throw new Problem(413, 'too_large', `The transcript has ${count} words when at most ${MOST_WORDS} are taken`);
}

/** The transcript that a job was given, with the speakers that the job found; undefined where none was given. */
export function assignGiven(
  diarization: Turns,
  { transcript, transcriptFormat = 'auto' }: Readonly<Record<string, unknown>>,
): SpokenWords | undefined {
  if (transcript === undefined) return undefined;
  try {
    return wordsOf(assignSpeakers(readTranscript(transcript, { format: transcriptFormat as 'auto' }), diarization));
  } catch (error) {
    if (error instanceof FormatError || error instanceof RangeError)
      throw invalid({ field: 'transcript', message: error.message });
    throw error;
  }
}
