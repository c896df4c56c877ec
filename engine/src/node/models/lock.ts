import { open, rename, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * One process at a time, by a file that only one can create. Its holder touches it every few seconds; a lock that was
 * not touched for `staleMs` belongs to a process that is gone, and the next one takes it over.
 */
export interface LockOptions {
  readonly signal?: AbortSignal;
  readonly pollMs?: number;
  readonly staleMs?: number;
}

/** Waits for the lock, runs the work and lets go. */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  { signal, pollMs = 100, staleMs = 20_000 }: LockOptions = {},
): Promise<T> {
  while (!(await tryLock(path))) {
    const touched = (await stat(path).catch(() => undefined))?.mtimeMs;
    if (touched !== undefined && Date.now() - touched > staleMs) {
      // Renaming succeeds for one of several waiters only.
      const old = `${path}.${process.pid}.stale`;
      await rename(path, old).then(
        () => rm(old, { force: true }),
        () => undefined,
      );
    } else {
      await sleep(pollMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }
  const beat = setInterval(() => utimes(path, new Date(), new Date()).catch(() => undefined), staleMs / 4);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(path, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
