import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ModelError } from '../../core/errors.ts';
import type { HubSource, ModelFile } from '../../model/manifest.ts';
import type { ModelEnvironment } from './environment.ts';
import { isFile } from './folder.ts';
import { type FileFacts, type HubAccess, HubBusy, headFile, openFile } from './hub.ts';
import { cachePaths, findCached, linkBlob, writeRef } from './hubCache.ts';
import { withLock } from './lock.ts';

/**
 * One file of the hub, brought into the cache. It grows as `blobs/<etag>.incomplete` and takes its name only when its
 * hash is right, so a name that is there is a file that is whole. A cut connection goes on where it stopped, in this
 * run or the next; two processes that want the same file take turns.
 */
export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Bytes of this file that are here, of `total` where that is known. */
  readonly onProgress?: (received: number, total: number | undefined) => void;
  /** Ask the hub even where the cache has the file: a branch may have moved. */
  readonly refresh?: boolean;
  /** Tries in a row that bring nothing before giving up. */
  readonly maxTries?: number;
  /** Wait before the second try; it doubles with each. */
  readonly backoffMs?: number;
  /** A connection that brings nothing for this long is taken for dead. */
  readonly stallMs?: number;
}

const STALL_MS = 30_000;

type Wanted = Pick<ModelFile, 'sha256' | 'size'> & { readonly source: HubSource };

/** The path of a file in the cache, fetched first where it is not there. */
export async function fetchFile(
  env: Pick<ModelEnvironment, 'endpoint' | 'token' | 'offline' | 'cacheDir'>,
  file: Wanted,
  options: FetchOptions = {},
): Promise<string> {
  const { source } = file;
  const { signal, refresh = false, stallMs = STALL_MS } = options;
  signal?.throwIfAborted();
  const cached = await findCached(env.cacheDir, source);
  if (cached !== undefined && (env.offline || !refresh)) return cached;
  if (env.offline) {
    throw new ModelError(
      'hub_offline',
      `${source.path} of ${source.repo} is not in ${env.cacheDir} and HF_HUB_OFFLINE is set; unset it, or pull the model where there is a network.`,
    );
  }
  try {
    const facts = await patiently(env, options, () => {
      const limit = AbortSignal.timeout(stallMs);
      return headFile(env, source, signal === undefined ? limit : AbortSignal.any([signal, limit]));
    });
    const paths = cachePaths(env.cacheDir, source, facts.commit, facts.etag);
    if (!(await isFile(paths.blob))) {
      await mkdir(dirname(paths.blob), { recursive: true });
      await withLock(`${paths.blob}.lock`, () => fetchBlob(env, file, facts, paths.blob, options), { signal });
    }
    await linkBlob(paths);
    await writeRef(env.cacheDir, source, facts.commit);
    return paths.pointer;
  } catch (error) {
    signal?.throwIfAborted();
    throw explained(error, env.cacheDir);
  }
}

async function fetchBlob(
  access: HubAccess,
  file: Wanted,
  facts: FileFacts,
  blob: string,
  options: FetchOptions,
): Promise<void> {
  if (await isFile(blob)) return; // another process was quicker
  const { source } = file;
  const partial = `${blob}.incomplete`;
  const total = facts.size ?? file.size;
  let last = -1;
  await patiently(access, options, async (again) => {
    const before = await sizeOf(partial);
    if (before > last) again(); // the last try brought something: start counting anew
    last = before;
    await appendRest(access, source, partial, total, options);
  });
  await verify(partial, file, facts);
  await rename(partial, blob);
}

/** Adds what is missing to the partial file. Returns when the server has sent everything. */
async function appendRest(
  access: HubAccess,
  source: HubSource,
  partial: string,
  total: number | undefined,
  { signal, onProgress, stallMs = STALL_MS }: FetchOptions,
): Promise<void> {
  let received = await sizeOf(partial);
  if (total !== undefined && received > total) {
    await rm(partial, { force: true });
    received = 0;
  }
  onProgress?.(received, total);
  if (total !== undefined && received === total) return;

  const stalled = new AbortController();
  const either = signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]);
  // Open before the answer comes: bytes that nobody waits for are lost where the connection breaks.
  const handle = await open(partial, 'a');
  const timer = setTimeout(() => stalled.abort(new Error(`nothing came for ${stallMs / 1000} s`)), stallMs);
  try {
    const response = await openFile(access, source, received, either);
    if (response.statusCode !== 206 && received > 0) await handle.truncate((received = 0));
    if (response.statusCode === 416) {
      response.destroy();
      throw new HubBusy(416, new URL(access.endpoint).host);
    }
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      timer.refresh();
      await handle.writeFile(chunk);
      received += chunk.length;
      onProgress?.(received, total);
    }
    await handle.sync();
  } catch (error) {
    throw stalled.signal.aborted ? stalled.signal.reason : error;
  } finally {
    clearTimeout(timer);
    await handle.close();
  }
  if (total !== undefined && received < total)
    throw new Error(`the connection ended after ${received} of ${total} bytes`);
}

/** Checks a finished file against the manifest's sha256 and the hub's own; a wrong one is deleted. */
async function verify(path: string, { sha256, source }: Wanted, { etag, size }: FileFacts): Promise<void> {
  const found = await hashFile(path, createHash('sha256'));
  const expected = sha256 ?? (/^[0-9a-f]{64}$/.test(etag) ? etag : undefined);
  const length = await sizeOf(path);
  let wrong = size !== undefined && length !== size ? `${length} bytes when ${size} were promised` : undefined;
  if (expected !== undefined && found !== expected) wrong = `sha256 ${found} when ${expected} is expected`;
  if (expected === undefined && /^[0-9a-f]{40}$/.test(etag)) {
    const git = await hashFile(path, createHash('sha1').update(`blob ${length}\0`));
    if (git !== etag) wrong = `git hash ${git} when ${etag} is expected`;
  }
  if (wrong === undefined) return;
  await rm(path, { force: true });
  throw new ModelError(
    'model_hash_mismatch',
    `${source.path} of ${source.repo} is not the file it should be: got ${wrong}. It was deleted; try again, and don't use a mirror you don't trust.`,
  );
}

/** The hex digest of a file, read as a stream. */
export async function hashFile(path: string, hash: Hash = createHash('sha256')): Promise<string> {
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Runs the work again while the trouble may pass; `again()` inside the work says that it got somewhere. */
async function patiently<T>(
  { endpoint }: Pick<HubAccess, 'endpoint'>,
  { signal, maxTries = 5, backoffMs = 500 }: FetchOptions,
  work: (again: () => void) => Promise<T>,
): Promise<T> {
  let failures = 0;
  for (;;) {
    try {
      return await work(() => {
        failures = 0;
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ModelError || isDiskTrouble(error)) throw error;
      if (++failures >= maxTries) throw unreachable(endpoint, error);
      await sleep(backoffMs * 2 ** (failures - 1), undefined, { signal });
    }
  }
}

function unreachable(endpoint: string, cause: unknown): ModelError {
  const { code, message } = ((cause as Error).cause ?? cause) as { code?: string | number; message: string };
  const reason = typeof code === 'string' ? code : message;
  return new ModelError(
    'hub_unreachable',
    `${new URL(endpoint).host} cannot be reached (${reason}); check the network, set HF_ENDPOINT to a mirror (NODE_USE_ENV_PROXY=1 for a proxy), or use the model 'embedded', which needs no download.`,
    { cause },
  );
}

const DISK_TROUBLE = ['ENOSPC', 'EACCES', 'EPERM', 'EROFS', 'EDQUOT', 'ENOTDIR', 'EISDIR', 'EMFILE'];

function isDiskTrouble(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return DISK_TROUBLE.includes(code ?? '') && syscall !== 'connect';
}

function explained(error: unknown, cacheDir: string): unknown {
  if (!isDiskTrouble(error)) return error;
  return new ModelError(
    'model_missing',
    `The model cannot be stored in ${cacheDir} (${error.code}); make room or allow writing there, or set DIARIST_MODELS_DIR.`,
    { cause: error },
  );
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
