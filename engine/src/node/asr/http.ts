import { setTimeout as sleep } from 'node:timers/promises';
import { FormatError } from '../../core/errors.ts';
import { readTranscript } from '../../transcript/read/readTranscript.ts';
import type { Transcript } from '../../transcript/transcript.ts';
import { type RecogniseOptions, type Recogniser, RecogniserError, type Speech } from './recogniser.ts';

/**
 * An OpenAI-compatible server: `POST {url}/audio/transcriptions`, as OpenAI, speaches, faster-whisper-server and vLLM have
 * it; an address that ends in `/inference` is a whisper.cpp server. Busy and broken answers (408, 429, 5xx, no connection)
 * are tried again after 1, 2, 4 … seconds or what Retry-After says; other refusals are not.
 */
export interface HttpRecogniserOptions {
  /** `http://localhost:8000/v1`, or the whole address of the endpoint. */
  readonly url: string;
  readonly model?: string;
  readonly apiKey?: string;
  /** Of one try. */
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly concurrency?: number;
  /** The first pause between tries. */
  readonly pauseMs?: number;
}

const MAX_ANSWER = 256 * 2 ** 20;

export function httpRecogniser(options: HttpRecogniserOptions): Recogniser {
  const {
    url,
    model = 'whisper-1',
    apiKey,
    timeoutMs = 300_000,
    retries = 3,
    concurrency = 2,
    pauseMs = 1000,
  } = options;
  const endpoint = endpointOf(url);
  const name = `${model} at ${endpoint.host}`;

  async function recognise(speech: Speech, { language, signal }: RecogniseOptions = {}): Promise<Transcript> {
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return await once(speech, language, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof Retriable) || attempt >= retries) throw error instanceof Retriable ? error.error : error;
        await sleep(error.pauseMs ?? pauseMs * 2 ** attempt, undefined, { signal });
      }
    }
  }

  async function once(
    speech: Speech,
    language: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Transcript> {
    const form = new FormData();
    form.append('file', new Blob([speech.wav as Uint8Array<ArrayBuffer>], { type: 'audio/wav' }), 'speech.wav');
    form.append('model', model);
    form.append('response_format', 'verbose_json');
    form.append('timestamp_granularities[]', 'word');
    form.append('timestamp_granularities[]', 'segment');
    if (language !== undefined) form.append('language', language);
    const timeout = AbortSignal.timeout(timeoutMs);
    const both = signal ? AbortSignal.any([signal, timeout]) : timeout;
    let status: number;
    let body: string;
    let retryAfter: string | null;
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        body: form,
        signal: both,
        headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
      });
      status = response.status;
      retryAfter = response.headers.get('retry-after');
      body = await limited(response);
    } catch (cause) {
      if (cause instanceof RecogniserError) throw cause;
      if (timeout.aborted)
        throw new Retriable(
          new RecogniserError('recogniser_timeout', `${name} did not answer within ${timeoutMs / 1000} s.`, { cause }),
        );
      const reason =
        cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : String(cause);
      throw new Retriable(
        new RecogniserError('recogniser_unreachable', `${name} could not be reached: ${reason}.`, { cause }),
      );
    }
    if (status < 200 || status > 299) {
      const error = new RecogniserError('recogniser_failed', `${name} answered ${status}: ${reasonOf(body)}`);
      if (status !== 408 && status !== 429 && status < 500) throw error;
      throw new Retriable(error, pauseOf(retryAfter));
    }
    return readAnswer(body, speech.duration, name);
  }

  return { name, concurrency, recognise };
}

/** A fault that may be gone in a moment. */
class Retriable extends Error {
  readonly error: RecogniserError;
  readonly pauseMs: number | undefined;
  constructor(error: RecogniserError, pauseMs?: number) {
    super(error.message);
    this.error = error;
    this.pauseMs = pauseMs;
  }
}

function endpointOf(url: string): URL {
  let endpoint: URL;
  try {
    endpoint = new URL(url);
  } catch (cause) {
    throw new RangeError(
      `Got '${url}' for the recogniser when an address like http://localhost:8000/v1 was expected.`,
      { cause },
    );
  }
  if (endpoint.protocol !== 'http:' && endpoint.protocol !== 'https:')
    throw new RangeError(`Got a ${endpoint.protocol} address for the recogniser when http: or https: was expected.`);
  if (!/\/(transcriptions|translations|inference)\/?$/.test(endpoint.pathname))
    endpoint.pathname = `${endpoint.pathname.replace(/\/+$/, '')}/audio/transcriptions`;
  return endpoint;
}

async function limited(response: Response): Promise<string> {
  let size = 0;
  const parts: Uint8Array[] = [];
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > MAX_ANSWER)
      throw new RecogniserError(
        'recogniser_bad_answer',
        `The recogniser's answer is larger than ${MAX_ANSWER / 2 ** 20} MiB.`,
      );
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** What a backend answered, as a transcript of a stretch of known length. */
export function readAnswer(body: string, duration: number, name: string): Transcript {
  if (body.trim() === '') throw new RecogniserError('recogniser_bad_answer', `${name} answered nothing.`);
  try {
    return readTranscript(body, { duration });
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new RecogniserError('recogniser_bad_answer', `${name}'s answer ${cause.message}.`, { cause });
  }
}

/** The message in an error's JSON, or the beginning of its text. */
function reasonOf(body: string): string {
  try {
    const { error, message, detail } = JSON.parse(body) as Record<string, unknown>;
    const inner = typeof error === 'object' && error !== null ? (error as Record<string, unknown>)['message'] : error;
    const text = inner ?? message ?? detail;
    if (typeof text === 'string') return text;
  } catch {
    // not JSON: its text is what there is to tell
  }
  const text = body
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return text === '' ? 'without a reason' : text.slice(0, 200);
}

function pauseOf(retryAfter: string | null): number | undefined {
  const seconds = Number(retryAfter ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 60) * 1000 : undefined;
}
