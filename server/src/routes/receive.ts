import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import { readJson } from '../body.ts';
import type { Deps } from '../deps.ts';
import { download } from '../jobs/fetch.ts';
import { JobFailure } from '../jobs/inferenceClient.ts';
import { TooLarge } from '../media/blobs.ts';
import { invalid, Problem } from '../problem.ts';
import { storeProblem } from './media.ts';

/** A file that came in, as a blob that has no name yet. */
export interface Received {
  readonly blob: string;
  readonly size: number;
  readonly filename: string;
  readonly source?: string;
}

/** All fields of a form together may be as long as this many of the longest. */
const MOST_FIELDS = 5;

/** A multipart form: its file, and its other fields in their order. */
export interface ReceivedForm {
  readonly file: Received;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** Streams the file of a multipart form's field into a blob; only the other fields are held in memory. */
export async function storeMultipart(
  deps: Deps,
  request: Request,
  field: string,
  { maxFieldBytes = 2 ** 20 }: { readonly maxFieldBytes?: number } = {},
): Promise<ReceivedForm> {
  const { mediaBytes } = deps.config.limits;
  const contentType = request.headers.get('content-type') ?? '';
  if (!request.body || !/boundary=/i.test(contentType))
    throw invalid({ field, message: 'is required: a file in a multipart form' });
  const tooLarge = new Problem(413, 'too_large', `The file is larger than ${mediaBytes} bytes`);
  if (Number(request.headers.get('content-length') ?? 0) > mediaBytes + 2 ** 20) throw tooLarge;
  let parser: InstanceType<typeof Busboy>;
  try {
    parser = new Busboy({
      headers: { 'content-type': contentType },
      limits: { files: 1, fields: 50, fieldSize: maxFieldBytes },
    });
  } catch {
    throw invalid({ field: 'body', message: 'must be a multipart form' });
  }
  const body = Readable.fromWeb(request.body as never);
  const blob = randomUUID();
  let storing: Promise<Received> | undefined;
  let incoming: BusboyFileStream | undefined;
  const fields: (readonly [string, string])[] = [];
  let long: string | undefined;
  let held = 0;
  parser.on('field', (name: string, value: string, _cutName: boolean, cutValue: boolean) => {
    held += value.length;
    if (cutValue || held > MOST_FIELDS * maxFieldBytes) long ??= name;
    // What is too much is not kept, but read: the client gets its answer.
    if (long === undefined) fields.push([name, value]);
  });
  parser.on('file', (name: string, stream: BusboyFileStream, filename: string) => {
    // One that is not wanted, or has been read to its end, has nobody else to hear that its form was cut.
    stream.on('error', () => {});
    if (name !== field || storing) {
      stream.resume();
      return;
    }
    incoming = stream;
    storing = deps.blobs.write(blob, stream as AsyncIterable<Uint8Array>, mediaBytes).then(({ size }) => ({
      blob,
      size,
      filename: (filename || 'audio').replace(/^.*[\\/]/, '').slice(0, 255),
    }));
    storing.catch(() => body.destroy());
  });
  try {
    await new Promise<void>((done, fail) => {
      parser.once('finish', done);
      parser.once('error', fail);
      body.once('error', fail);
      body.once('close', () => setImmediate(done));
      body.pipe(parser as unknown as NodeJS.WritableStream);
    });
    const file = await storing;
    if (!file) throw invalid({ field, message: 'is required: a file in a multipart form' });
    if (long !== undefined)
      throw invalid({ field: long.slice(0, 80), message: `must have at most ${maxFieldBytes} bytes` });
    return { file, fields };
  } catch (error) {
    // The parser does not end a file whose form was cut off; who writes it would wait for ever.
    incoming?.destroy(error as Error);
    const cause = await (storing ?? Promise.resolve(undefined)).then(
      async (file) => {
        // The file came whole, what came after it did not.
        if (file) await deps.blobs.remove(file.blob);
        return error;
      },
      (inner: unknown) => inner,
    );
    if (cause instanceof TooLarge) throw tooLarge;
    if (cause instanceof Problem) throw cause;
    const disk = storeProblem(cause);
    if (disk instanceof Problem) throw disk;
    throw new Problem(400, 'body_cut', 'The multipart form could not be read to its end', { cause });
  }
}

/** Downloads the file that a JSON body names into a blob. */
export async function storeDownload(deps: Deps, request: Request): Promise<Received> {
  const body = (await readJson(request, deps.config.limits.jsonBytes)) as { audio_url?: unknown } | undefined;
  const source = body?.audio_url;
  if (typeof source !== 'string' || !/^https?:\/\//i.test(source) || !URL.canParse(source))
    throw invalid({ field: 'audio_url', message: 'must be an http:// or https:// URL' });
  const into = join(deps.scratch, randomUUID());
  try {
    await download(deps, source, { signal: request.signal, maxBytes: deps.config.limits.mediaBytes, into });
    const blob = randomUUID();
    const { size } = await deps.blobs.write(blob, createReadStream(into), deps.config.limits.mediaBytes);
    return { blob, size, filename: new URL(source).pathname.split('/').at(-1) || 'audio', source };
  } catch (error) {
    if (error instanceof JobFailure) throw invalid({ field: 'audio_url', message: `cannot be used: ${error.message}` });
    throw storeProblem(error);
  } finally {
    await rm(into, { force: true });
  }
}
