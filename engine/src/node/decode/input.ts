import { createWriteStream } from 'node:fs';
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { type ByteSource, memorySource } from '../../audio/byteSource.ts';
import { AudioError } from '../../core/errors.ts';
import { untilAborted } from '../untilAborted.ts';
import { webGet } from '../webGet.ts';
import { tempFolder } from './tempFiles.ts';

/**
 * From what a caller names to bytes that can be read anywhere. A path is opened; bytes stay where they are; a URL, a
 * Blob and a pipe are written to a temporary file first, because the index of an MP4 may come last and nothing may be held in
 * memory whole.
 */
export type AudioInput = string | URL | Uint8Array | ArrayBuffer | Blob | AsyncIterable<Uint8Array>;

export interface Input {
  /** For messages. */
  readonly name: string;
  readonly source: ByteSource;
  /** All of it, where the caller gave it in memory. */
  readonly bytes?: Uint8Array;
  /** A file with these bytes, for programs that want one; made on demand for bytes in memory. */
  path(): Promise<string>;
  close(): Promise<void>;
}

export interface InputOptions {
  readonly signal?: AbortSignal;
  /** The most bytes taken from a URL or a pipe (default 4 GiB). */
  readonly maxBytes?: number;
}

const MAX_BYTES = 4 * 2 ** 30;

export async function openInput(input: AudioInput, options: InputOptions = {}): Promise<Input> {
  options.signal?.throwIfAborted();
  if (input instanceof Uint8Array) return openBytes(input);
  if (input instanceof ArrayBuffer) return openBytes(new Uint8Array(input));
  if (input instanceof Blob) return spool(input.stream(), input instanceof File ? input.name : 'the Blob', options);
  const url = input instanceof URL ? input : webUrl(input);
  if (url?.protocol === 'file:') return openFile(fileURLToPath(url), options);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return download(url, options);
  if (url !== undefined)
    throw new TypeError(`Got a ${url.protocol} URL when file:, http: and https: are the ones that can be read.`);
  if (typeof input === 'string') return openFile(input, options);
  if (typeof input === 'object' && input !== null && ('samples' in input || 'blocks' in input))
    throw new TypeError(
      "Got samples when a recording to be decoded was expected: a path, a URL or a file's bytes (Uint8Array, ArrayBuffer, " +
        'Blob or a stream of Uint8Array).',
    );
  if (!isStream(input)) {
    const kind = Object.prototype.toString.call(input).slice('[object '.length, -1);
    throw new TypeError(
      `Got ${kind} when a recording was expected: a path, a URL, a file's bytes (Uint8Array, ArrayBuffer, Blob or a ` +
        'stream of Uint8Array), or { samples, sampleRate }.',
    );
  }
  return spool(input, 'the input stream', options);
}

/** The URL that a string starting with http(s):// or file:// is; a Windows path such as C:\x is none. */
export function webUrl(input: AudioInput): URL | undefined {
  return typeof input === 'string' && /^(https?|file):\/\//i.test(input) ? new URL(input) : undefined;
}

/** Views are iterable too, but give numbers. */
function isStream(input: unknown): input is AsyncIterable<Uint8Array> {
  if (typeof input !== 'object' || input === null || ArrayBuffer.isView(input)) return false;
  return Symbol.asyncIterator in input || Symbol.iterator in input;
}

async function openFile(path: string, options: InputOptions): Promise<Input> {
  const name = basename(path);
  let handle: FileHandle;
  let size: number;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    throw openingFailed(path, cause);
  }
  try {
    const stat = await handle.stat();
    if (stat.isDirectory())
      throw new AudioError('audio_unreadable', `${path} is a folder; name the recordings in it, as in ${path}/*.wav.`);
    if (!stat.isFile()) {
      return await spool(handle.createReadStream(), name, options); // a named pipe or a device: no size, no seeking
    }
    size = stat.size;
    if (size === 0) throw new AudioError('audio_empty', `${path} is empty (0 bytes).`);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    name,
    source: fileSource(handle, size, name),
    path: async () => path,
    close: () => handle.close(),
  };
}

/** Why a recording could not be opened, in a sentence. */
export function openingFailed(path: string, cause: unknown): AudioError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new AudioError('audio_not_found', `There is no file ${path}.`);
  if (code === 'EISDIR')
    return new AudioError('audio_unreadable', `${path} is a folder; name the recordings in it, as in ${path}/*.wav.`);
  if (code === 'EACCES' || code === 'EPERM')
    return new AudioError('audio_unreadable', `${path} may not be read by this user; check its permissions.`, {
      cause,
    });
  return new AudioError('audio_unreadable', `${path} could not be opened (${code ?? String(cause)}).`, { cause });
}

function fileSource(handle: FileHandle, size: number, name: string): ByteSource {
  return {
    size,
    async read(position, length) {
      const buffer = new Uint8Array(Math.max(0, Math.min(length, size - position)));
      let filled = 0;
      while (filled < buffer.length) {
        let bytesRead: number;
        try {
          ({ bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled));
        } catch (cause) {
          const { code } = cause as NodeJS.ErrnoException;
          throw new AudioError('audio_unreadable', `${name} could not be read (${code ?? String(cause)}).`, { cause });
        }
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled === buffer.length ? buffer : buffer.subarray(0, filled);
    },
  };
}

function openBytes(bytes: Uint8Array): Input {
  const name = 'the input';
  if (bytes.length === 0) throw new AudioError('audio_empty', `${name} is empty (0 bytes).`);
  let folder: Awaited<ReturnType<typeof tempFolder>> | undefined;
  return {
    name,
    source: memorySource(bytes),
    bytes,
    async path() {
      folder ??= await tempFolder();
      const path = join(folder.path, 'input');
      await writeFile(path, bytes);
      return path;
    },
    close: async () => folder?.remove(),
  };
}

async function download(url: URL, options: InputOptions): Promise<Input> {
  let response: IncomingMessage;
  try {
    response = await webGet(url, options);
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw new AudioError('audio_unreadable', `${url.href} could not be reached (${reasonOf(cause)}).`, { cause });
  }
  const { statusCode: status = 0, statusMessage } = response;
  if (status < 200 || status > 299) {
    response.destroy();
    const code = status === 404 || status === 410 ? 'audio_not_found' : 'audio_unreadable';
    throw new AudioError(code, `${url.href} answered ${status} ${statusMessage} when 200 was expected.`);
  }
  return spool(response, url.href, options);
}

function reasonOf(cause: unknown): string {
  const { code, message } = ((cause as Error).cause ?? cause) as NodeJS.ErrnoException;
  return code ?? message;
}

/** Writes a stream of bytes to a temporary file and opens that. */
async function spool(stream: AsyncIterable<Uint8Array>, name: string, options: InputOptions): Promise<Input> {
  const { signal, maxBytes = MAX_BYTES } = options;
  const folder = await tempFolder();
  try {
    const path = join(folder.path, 'input');
    let size = 0;
    const limit = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        size += chunk.length;
        if (size <= maxBytes) return done(null, chunk);
        const advice = 'store it as a file and name that, or raise maxBytes';
        done(new AudioError('audio_invalid', `${name} is larger than the ${maxBytes} bytes allowed: ${advice}.`));
      },
    });
    try {
      await pipeline(readable(stream, signal), limit, createWriteStream(path), ...(signal ? [{ signal }] : []));
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof AudioError) throw cause;
      throw new AudioError('audio_unreadable', `${name} broke off after ${size} bytes (${reasonOf(cause)}).`, {
        cause,
      });
    }
    if (size === 0) throw new AudioError('audio_empty', `${name} is empty (0 bytes).`);
    const handle = await open(path, 'r');
    return {
      name,
      source: fileSource(handle, size, name),
      path: async () => path,
      async close() {
        await handle.close();
        await folder.remove();
      },
    };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

/** A stream that an abort ends even while it waits: around one, `Readable.from` would wait with it. */
function readable(stream: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Readable {
  if (stream instanceof Readable) return stream;
  if (stream instanceof ReadableStream) return Readable.fromWeb(stream);
  return Readable.from(signal === undefined ? stream : untilAborted(stream, signal));
}
