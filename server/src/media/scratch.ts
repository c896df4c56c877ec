import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Where one process keeps what it has downloaded: DIR/<uuid>, gone with it. Several machines or containers may share DIR,
 * and a process id means nothing to another: the folder's time, renewed while its process lives, tells the rest that it does.
 */
export interface Scratch {
  readonly path: string;
  close(): Promise<void>;
}

const RENEW_MS = 10_000;
/** A process that has been silent for so long has lost the leases of its jobs. More than clocks of sane machines differ. */
const SILENT_MS = 15 * 60_000;
/** Single files are the downloads of an older server, and have the time of their last byte. */
const OLD_MS = 24 * 3_600_000;

/** Makes a folder of our own, and removes what killed processes left. `alone`: nobody else uses DIR, so all goes. */
export async function openScratch(
  dir: string,
  { alone = false, renewMs = RENEW_MS, now = Date.now() }: { alone?: boolean; renewMs?: number; now?: number } = {},
): Promise<Scratch> {
  await mkdir(dir, { recursive: true });
  for (const name of await readdir(dir)) {
    const path = join(dir, name);
    const found = await stat(path).catch(() => undefined);
    const silentMs = found?.isDirectory() ? SILENT_MS : OLD_MS;
    if (found && (alone || now - found.mtimeMs > silentMs)) await rm(path, { recursive: true, force: true });
  }
  const path = join(dir, randomUUID());
  await mkdir(path, { mode: 0o700 });
  const renew = setInterval(() => {
    const time = new Date();
    utimes(path, time, time).catch(() => {});
  }, renewMs).unref();
  return {
    path,
    async close() {
      clearInterval(renew);
      await rm(path, { recursive: true, force: true });
    },
  };
}
