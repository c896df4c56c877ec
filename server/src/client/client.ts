import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, OPERATIONS, type Operations } from './operations.ts';

/**
 * A typed client of this service, and of pyannoteAI's where the two agree: `call` is every operation of the OpenAPI
 * document; `upload`, `wait` and `diarize` are what one mostly wants.
 */
export interface DiaristClient {
  /** One operation by its id: `client.call('getJob', { params: { jobId } })`. */
  call<Name extends keyof Operations>(
    name: Name,
    input: Input<Operations[Name]>,
    options?: CallOptions,
  ): Promise<Operations[Name]['answer']>;
  /** Uploads a file under the hash of its bytes; returns its media:// url. */
  upload(
    path: string,
    options?: { onProgress?: (done: number, total: number) => void; signal?: AbortSignal },
  ): Promise<string>;
  /** Waits for a job's end. */
  wait(jobId: string, options?: { onProgress?: (job: Job) => void; signal?: AbortSignal }): Promise<Job>;
}

type Input<O> = Omit<O, 'answer'>;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is not a success. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly status: number;
  readonly code: string | undefined;
  readonly requestId: string | undefined;
  constructor(
    status: number,
    body: { message?: string; code?: string; requestId?: string; errors?: { field: string; message: string }[] },
  ) {
    const first = body.errors?.[0];
    super(first ? `${first.field} ${first.message}` : (body.message ?? `The server answered ${status}.`));
    this.status = status;
    this.code = body.code;
    this.requestId = body.requestId;
  }
}

/** How often a busy or restarting server is asked again. */
const RETRIES = 4;

/**
 * Makes a client.
 * @example
 * const client = createClient({ url: 'http://127.0.0.1:8080', key });
 * const { jobId } = await client.call('diarize', { body: { url: await client.upload('meeting.wav') } });
 * const job = await client.wait(jobId);
 */
export function createClient({ url, key }: { url: string; key: string }): DiaristClient {
  const base = url.replace(/\/+$/, '').replace(/\/v1$/, '');

  async function call<Name extends keyof Operations>(
    name: Name,
    input: Input<Operations[Name]>,
    { signal, headers = {} }: CallOptions = {},
  ): Promise<Operations[Name]['answer']> {
    const { method, path } = OPERATIONS[name];
    const {
      params = {},
      query = {},
      body,
    } = input as { params?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown };
    const target = new URL(
      base + path.replace(/\{(\w+)\}/g, (_all, part: string) => encodeURIComponent(String(params[part]))),
    );
    for (const [field, value] of Object.entries(query))
      for (const one of Array.isArray(value) ? value : [value])
        if (one !== undefined && one !== null) target.searchParams.append(field, String(one));
    // One key for all attempts, so that a job which the server took before the connection broke is not made twice.
    const once = method === 'POST' ? { 'idempotency-key': randomUUID() } : {};
    const answer = await sent(target, signal, () =>
      fetch(target, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...once,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      }),
    );
    const text = await answer.text();
    return (
      /json/.test(answer.headers.get('content-type') ?? '') && text ? JSON.parse(text) : text || undefined
    ) as Operations[Name]['answer'];
  }

  async function upload(
    path: string,
    { onProgress, signal }: Parameters<DiaristClient['upload']>[1] = {},
  ): Promise<string> {
    const { size } = await stat(path);
    const hash = createHash('md5');
    for await (const part of createReadStream(path)) {
      signal?.throwIfAborted();
      hash.update(part as Buffer);
    }
    const media = `media://${hash.digest('hex')}`;
    const { url: target } = (await call('createUploadUrl', { body: { url: media } }, { signal })) as { url: string };
    let done = 0;
    const bytes = createReadStream(path);
    bytes.on('data', (part) => onProgress?.((done += part.length), size));
    const answer = await fetch(target, {
      method: 'PUT',
      headers: { 'content-length': String(size) },
      body: Readable.toWeb(bytes) as ReadableStream,
      duplex: 'half',
      ...(signal ? { signal } : {}),
    } as RequestInit);
    if (!answer.ok) throw await problem(answer);
    await answer.body?.cancel();
    return media;
  }

  async function wait(jobId: string, { onProgress, signal }: Parameters<DiaristClient['wait']>[1] = {}): Promise<Job> {
    for (;;) {
      const job = (await call('getJob', { params: { jobId } }, { signal })) as Job;
      onProgress?.(job);
      if (job.status === 'succeeded' || job.status === 'failed' || job.status === 'canceled') return job;
      await pause(job.status === 'running' ? 500 : 1000, signal);
    }
  }

  return { call, upload, wait };
}

/** Sends, and sends again while the server is busy (429, 503) or cannot be reached for a moment. */
async function sent(
  { origin }: URL,
  signal: AbortSignal | undefined,
  request: () => Promise<Response>,
): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    const answer = await request().catch((cause: Error) => {
      signal?.throwIfAborted();
      if (attempt < RETRIES) return undefined;
      throw new Error(`${origin} cannot be reached: ${(cause.cause as Error | undefined)?.message || cause.message}.`, {
        cause,
      });
    });
    if (answer?.ok) return answer;
    if (answer && ((answer.status !== 429 && answer.status !== 503) || attempt >= RETRIES)) throw await problem(answer);
    const asked = Number(answer?.headers.get('retry-after') ?? Number.NaN);
    await pause(Number.isFinite(asked) ? Math.min(asked, 60) * 1000 : 250 * 2 ** attempt, signal);
  }
}

async function problem(answer: Response): Promise<RemoteError> {
  const text = await answer.text();
  let body: ConstructorParameters<typeof RemoteError>[1] = {};
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    body = { message: `The server answered ${answer.status} ${answer.statusText}.` };
  }
  return new RemoteError(answer.status, body);
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
}
