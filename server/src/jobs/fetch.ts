import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Deps } from '../deps.ts';
import { ForbiddenAddress, guardedRequest, TimedOut, TooManyRedirects } from '../net/guard.ts';
import { getMedia } from '../store/media.ts';
import { JobFailure } from './inferenceClient.ts';
import { isBelow } from './submit.ts';

/** A recording as a file on this machine; `release` when done with it. */
export interface Fetched {
  readonly path: string;
  readonly release: () => Promise<void>;
}

type Needs = Pick<Deps, 'config' | 'db' | 'blobs' | 'scratch'>;

/** Gets what a job's url names: a media object, a download, or a file below an allowed folder. */
export async function fetchInput(
  deps: Needs,
  { tenant, url, maxBytes }: { tenant: string; url: string; maxBytes: number },
  { signal }: { signal: AbortSignal },
): Promise<Fetched> {
  if (url.startsWith('media://')) return fetchMedia(deps, tenant, url, maxBytes);
  if (/^file:/i.test(url)) return fetchFile(deps, url, maxBytes);
  const path = join(deps.scratch, randomUUID());
  try {
    await download(deps, url, { signal, maxBytes, into: path });
    return { path, release: () => rm(path, { force: true }) };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

async function fetchMedia({ db, blobs }: Needs, tenant: string, url: string, maxBytes: number): Promise<Fetched> {
  const media = await getMedia(db, tenant, url.slice('media://'.length));
  const file = media && (await blobs.checkout(media.blob));
  if (!media || !file)
    throw new JobFailure('media_not_found', `${url} was not found: it was never uploaded, or has expired`);
  if (Number(media.size) > maxBytes) {
    await file.release();
    throw tooLarge(maxBytes);
  }
  return file;
}

async function fetchFile({ config }: Needs, url: string, maxBytes: number): Promise<Fetched> {
  const forbidden = new JobFailure(
    'fetch_forbidden',
    'This file:// url is outside the folders that the server may read',
  );
  if (!isBelow(url, config.allowedFileRoots)) throw forbidden;
  // A link below an allowed folder may lead out of it: the place that it leads to is what counts.
  const path = await realpath(fileURLToPath(url)).catch(() => undefined);
  if (path === undefined) throw new JobFailure('media_not_found', 'The file was not found');
  const roots = await Promise.all(config.allowedFileRoots.map((root) => realpath(root).catch(() => root)));
  if (!isBelow(pathToFileURL(path).href, roots)) throw forbidden;
  const { size } = await stat(path);
  if (size > maxBytes) throw tooLarge(maxBytes);
  return { path, release: async () => {} };
}

/** How long a server may be silent in the middle of a download. */
const SILENCE_MS = 30_000;

/** Downloads a URL into a new file, never more than `maxBytes`, never from an address of our own network. */
export async function download(
  { config }: Pick<Deps, 'config'>,
  url: string,
  { signal, maxBytes, into }: { signal: AbortSignal; maxBytes: number; into: string },
): Promise<{ size: number }> {
  const timeout = AbortSignal.timeout(config.worker.fetchTimeoutSeconds * 1000);
  try {
    const answer = await guardedRequest(url, {
      allowedHosts: config.fetchAllowedHosts,
      maxRedirects: 5,
      timeoutMs: SILENCE_MS,
      signal: AbortSignal.any([signal, timeout]),
    });
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) {
      answer.destroy();
      throw new JobFailure('fetch_failed', `The url answered ${status}`);
    }
    if (Number(answer.headers['content-length'] ?? 0) > maxBytes) {
      answer.destroy();
      throw tooLarge(maxBytes);
    }
    answer.setTimeout(SILENCE_MS, () => answer.destroy(new TimedOut('The server fell silent.')));
    let size = 0;
    const counted = async function* (parts: AsyncIterable<Buffer>) {
      for await (const part of parts) {
        size += part.length;
        if (size > maxBytes) throw tooLarge(maxBytes);
        yield part;
      }
    };
    await pipeline(answer, counted, createWriteStream(into, { flags: 'wx', mode: 0o600 }));
    return { size };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof JobFailure) throw error;
    if (error instanceof ForbiddenAddress)
      throw new JobFailure('fetch_forbidden', `The url may not be fetched: ${error.message}`);
    if (error instanceof TooManyRedirects) throw new JobFailure('fetch_failed', 'The url redirects more than 5 times');
    const { code, name, path } = error as NodeJS.ErrnoException;
    // Our disk, and not the url: only what is wrong with a file of ours has a path, or no room.
    if (path !== undefined || code === 'ENOSPC' || code === 'EDQUOT') throw error;
    // In the middle of an answer the timeout is a connection that was reset.
    const reason = timeout.aborted || name === 'TimedOut' ? 'it took too long' : (code ?? 'the connection broke');
    throw new JobFailure('fetch_failed', `The url could not be fetched: ${reason}`);
  }
}

function tooLarge(maxBytes: number): JobFailure {
  return new JobFailure('too_large', `The file is larger than ${maxBytes} bytes`);
}
