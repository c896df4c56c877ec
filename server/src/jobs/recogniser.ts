import {
  commandRecogniser,
  httpRecogniser,
  type LocalRecogniser,
  localRecogniser,
  type Recogniser,
  RecogniserError,
} from 'diarist';
import type { Config } from '../config.ts';
import type { ServedModel } from '../deps.ts';
import { PASSED } from './childProcess.ts';

/**
 * The speech-to-text backend that the operator set: an OpenAI-compatible server, a program, or a model on this machine. It is
 * the worker's, not the inference process's, so that its key is not where files are decoded; programs and the process of a
 * model get no secret of ours, either.
 */
export interface ServiceRecogniser extends Recogniser {
  close(): Promise<void>;
}

export function createRecogniser(stt: Config['stt']): ServiceRecogniser | undefined {
  if (!stt) return undefined;
  const { timeoutSeconds, concurrency } = stt;
  const common = { timeoutMs: timeoutSeconds * 1000, concurrency };
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name)));
  const close = async () => {};
  const { local } = stt;
  if (local !== undefined)
    return whenNeeded(local, () => localRecogniser({ model: local, processEnv: env }), common.timeoutMs);
  if (stt.command !== undefined) return { ...commandRecogniser({ ...common, command: stt.command, env }), close };
  const { url, model, apiKey, retries } = stt;
  return { ...httpRecogniser({ ...common, url, model, retries, ...(apiKey === undefined ? {} : { apiKey }) }), close };
}

/** What Whisper hears at once. */
const LOCAL_STRETCH = 30;

/** A model that is loaded when the first words are wanted, and again after it failed. */
function whenNeeded(name: string, open: () => Promise<LocalRecogniser>, timeoutMs: number): ServiceRecogniser {
  let opened: Promise<LocalRecogniser> | undefined;
  const forget = async () => {
    const old = opened;
    opened = undefined;
    await old?.then((recogniser) => recogniser.close()).catch(() => {});
  };
  return {
    name,
    concurrency: 1,
    maxStretch: LOCAL_STRETCH,
    async recognise(speech, { signal, ...options } = {}) {
      signal?.throwIfAborted();
      opened ??= open();
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        const recogniser = await opened;
        const both = signal ? AbortSignal.any([signal, timeout]) : timeout;
        return await recogniser.recognise(speech, { ...options, signal: both });
      } catch (error) {
        if (signal?.aborted) throw error;
        await forget();
        if (!timeout.aborted) throw error;
        throw new RecogniserError('recogniser_timeout', `${name} took longer than ${timeoutMs / 1000} s.`);
      }
    },
    close: forget,
  };
}

/** What a client is told of a recogniser that failed: no address, no program, no output of it. The log has them. */
export function recogniserSentence(error: unknown): string {
  const { code } = error as { code?: keyof typeof WHY };
  return `The recording could not be transcribed: the speech-to-text backend ${(code && WHY[code]) ?? 'failed'}`;
}

const WHY: Readonly<Partial<Record<RecogniserError['code'] | 'model_missing', string>>> = {
  model_missing: 'is not installed',
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
