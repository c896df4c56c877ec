import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * One process at a time, by a file that only one can create. It says who holds it, and its holder touches it every few
 * seconds. A lock whose process is gone, or that was not touched for `staleMs` (its holder is on another machine that
 * went down), is taken over by the next one.
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
    if (await isAbandoned(path, staleMs)) {
      // Under a lock of its own, or a slow waiter would remove the lock that a quick one has taken since.
      const removeIt = async () => {
        if (await isAbandoned(path, staleMs)) await rm(path, { force: true });
      };
      await withLock(`${path}.stale`, removeIt, { signal, pollMs, staleMs });
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
    await writeFile(path, `${process.pid} ${hostname()}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(path: string, staleMs: number): Promise<boolean> {
  const touched = (await stat(path).catch(() => undefined))?.mtimeMs;
  if (touched === undefined) return false; // let go in the meantime
  if (Date.now() - touched > staleMs) return true;
  const [, pid, host] = /^(\d+) (.*)$/.exec(await readFile(path, 'utf8').catch(() => '')) ?? [];
  return host === hostname() && !isRunning(Number(pid));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0); // asks, sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
