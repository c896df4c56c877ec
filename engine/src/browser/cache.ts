import { ModelError } from '../core/errors.ts';

/**
 * Model files by URL, kept in the browser's Cache API so that a second visit downloads nothing.
 *
 *   cache → sha256 right? → bytes            a kept file that is damaged is thrown away and fetched again
 *     else fetch → sha256 right? → cache → bytes
 *
 * Pages that are not served securely (plain http, other than localhost) have neither the cache nor crypto.subtle: there
 * files are fetched each time and only their length is checked.
 */
export interface WantedFile {
  readonly size?: number;
  readonly sha256?: string;
}

/** Bytes of a model's files so far, over all of them; `total` where every size is known. */
export interface DownloadProgress {
  readonly received: number;
  readonly total?: number;
}

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes of each piece that arrives. */
  readonly onBytes?: (numBytes: number) => void;
}

const CACHE = 'diarist-models';

/** The bytes of a file that are what the manifest says. Throws ModelError `model_missing` or `model_hash_mismatch`. */
export async function fetchModelFile(
  url: string,
  wanted: WantedFile = {},
  options: FetchOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const cache = wanted.sha256 === undefined ? undefined : await openCache();
  const kept = await keptIn(cache, keyOf(url, wanted));
  if (kept !== undefined) {
    if ((await whatIsWrong(kept, wanted)) === undefined) {
      options.onBytes?.(kept.length);
      return kept;
    }
    await cache?.delete(keyOf(url, wanted)).catch(() => undefined); // what is fetched takes its place
  }
  const bytes = await download(url, options);
  const wrong = await whatIsWrong(bytes, wanted);
  if (wrong !== undefined)
    throw new ModelError('model_hash_mismatch', `${url} is not the file it should be: got ${wrong}.`);
  // A full disk or a private window refuses: then the file is fetched again next time.
  await cache?.put(keyOf(url, wanted), new Response(bytes)).catch(() => undefined);
  return bytes;
}

/** Deletes every model file kept by this origin. */
export async function clearModelCache(): Promise<void> {
  await storage()?.delete(CACHE);
}

/** The answer to a GET, or a ModelError that says what the server said. */
async function get(url: string, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { signal: signal ?? null });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ModelError('model_missing', `${url} could not be reached (${(cause as Error).message}).`, { cause });
  }
  if (response.ok) return response;
  throw new ModelError(
    'model_missing',
    `${url} answered ${response.status} ${response.statusText} when 200 was expected; is the model's folder served there?`,
  );
}

async function download(url: string, { signal, onBytes }: FetchOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { body } = await get(url, signal);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (let reader = body?.getReader(); reader !== undefined; ) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      length += value.length;
      onBytes?.(value.length);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ModelError('model_missing', `${url} broke off after ${length} bytes.`, { cause });
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The hash is part of the key: a new version of a model at the same address is another file. */
function keyOf(url: string, { sha256 }: WantedFile): string {
  const key = new URL(url);
  key.searchParams.set('sha256', sha256 ?? '');
  return key.href;
}

async function openCache(): Promise<Cache | undefined> {
  return storage()
    ?.open(CACHE)
    .catch(() => undefined); // where the user forbids storage
}

/** Absent on insecure pages; in a sandboxed frame even the look at it is refused. */
function storage(): CacheStorage | undefined {
  try {
    return globalThis.caches;
  } catch {
    return undefined;
  }
}

/** A store that is damaged refuses to be read: then it is as though nothing were kept. */
async function keptIn(cache: Cache | undefined, key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const kept = await cache?.match(key);
    return kept && new Uint8Array(await kept.arrayBuffer());
  } catch {
    return undefined;
  }
}

async function whatIsWrong(bytes: Uint8Array<ArrayBuffer>, { size, sha256 }: WantedFile): Promise<string | undefined> {
  if (size !== undefined && bytes.length !== size) return `${bytes.length} bytes when ${size} are expected`;
  if (sha256 === undefined || globalThis.crypto?.subtle === undefined) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return found === sha256 ? undefined : `sha256 ${found} when ${sha256} is expected`;
}
