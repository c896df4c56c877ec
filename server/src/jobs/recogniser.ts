import { commandRecogniser, httpRecogniser, type Recogniser, RecogniserError } from 'diarist';
import type { Config } from '../config.ts';
import type { ServedModel } from '../deps.ts';
import { PASSED } from './inferenceClient.ts';

/**
 * The speech-to-text backend that the operator set: an OpenAI-compatible server, or a program. It works in the worker, not
 * in the inference process, so that its key is not where files are decoded; a program gets no secret of ours, either.
 */
export function createRecogniser(stt: Config['stt']): Recogniser | undefined {
  if (!stt) return undefined;
  const { timeoutSeconds, concurrency } = stt;
  const common = { timeoutMs: timeoutSeconds * 1000, concurrency };
  if (stt.command !== undefined) {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name)));
    return commandRecogniser({ ...common, command: stt.command, env });
  }
  const { url, model, apiKey, retries } = stt;
  return httpRecogniser({ ...common, url, model, retries, ...(apiKey === undefined ? {} : { apiKey }) });
}

/** What a client is told of a recogniser that failed: no address, no program, no output of it. The log has them. */
export function recogniserSentence(error: unknown): string {
  const code = error instanceof RecogniserError ? error.code : undefined;
  return `The recording could not be transcribed: the speech-to-text backend ${(code && WHY[code]) ?? 'failed'}`;
}

const WHY: Readonly<Partial<Record<RecogniserError['code'], string>>> = {
  recogniser_missing: 'is not installed',
  recogniser_unreachable: 'could not be reached',
  recogniser_timeout: 'did not answer in time',
  recogniser_failed: 'failed',
  recogniser_bad_answer: 'answered something that is no transcript',
};

/** The names under which pyannoteAI and OpenAI offer transcription; here they all stand for the one backend. */
const ALIASES = [
  'parakeet-tdt-0.6b-v3',
  'faster-whisper-large-v3-turbo',
  'whisper-1',
  'gpt-4o-transcribe',
  'gpt-4o-mini-transcribe',
  'gpt-4o-transcribe-diarize',
];

/** The backend as `/v1/models` lists it. */
export function sttModel({ model }: NonNullable<Config['stt']>): ServedModel {
  return { id: model, kind: 'transcription', aliases: ALIASES.filter((alias) => alias !== model) };
}

/** Whether the backend may be called by this name, and what to say of a name that is another's. */
export function resolveStt(
  stt: NonNullable<Config['stt']>,
  name: string | null | undefined,
): { known: true; warning?: string } | { known: false; message: string } {
  const { id, aliases } = sttModel(stt);
  if (name === null || name === undefined || name === id) return { known: true };
  if (aliases.includes(name)) return { known: true, warning: `model ${name} is served by ${id}` };
  return { known: false, message: `is unknown: this server has ${[id, ...aliases].join(', ')}` };
}
