import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * One server a folder, by DIR/server.lock: process id, its start time and the machine's boot. The file is written beside
 * its place and linked into it, so it is there whole or not at all, and only one can put it there.
 *
 * A lock whose process is gone (killed, or another boot) is taken over by whoever holds DIR/server.lock.next, a lock of
 * the same kind: of several that find it, the slow one would otherwise remove what the quick one has put there since.
 */
interface Owner {
  readonly pid: number;
  readonly started: string;
  readonly boot: string;
}

/** Takes a folder for this process; the function that it resolves to lets go. Throws when another server has it. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'server.lock');
  const draft = `${path}.${randomUUID()}`;
  const me: Owner = { pid: process.pid, started: await startTime(process.pid), boot: await bootId() };
  const mine = JSON.stringify(me);
  try {
    const file = await open(draft, 'wx', 0o600);
    await file.writeFile(mine);
    await file.sync();
    await file.close();
    const owner = await take(path, draft);
    if (owner)
      throw new Error(
        `The folder ${folder} is in use by another diarist server (process ${owner.pid}). ` +
          'Stop that one first, or give this one its own folder with --data DIR.',
      );
  } finally {
    await rm(draft, { force: true });
  }
  return async () => {
    if ((await readLock(path).catch(() => '')) === mine) await rm(path, { force: true });
  };
}

/** Puts the draft in a lock's place. Undefined when that is done; else who has the lock. */
async function take(path: string, draft: string): Promise<Owner | undefined> {
  const next = `${path}.next`;
  for (;;) {
    if (await place(draft, path)) return undefined;
    const text = await readLock(path);
    if (text === undefined) continue; // let go in the meantime
    const owner = (await livingOwner(text)) ?? (await take(next, draft));
    if (owner) return owner;
    // Nobody else takes over now. A lock that still is what we found is replaced, in one step with letting go of ours.
    if ((await readLock(path)) === text) {
      await rename(next, path);
      return undefined;
    }
    await rm(next, { force: true });
  }
}

async function place(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error;
      // A file system without hard links.
      return copyFile(draft, path, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readLock(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function livingOwner(text: string): Promise<Owner | undefined> {
  let owner: Owner;
  try {
    owner = JSON.parse(text) as Owner;
  } catch {
    return undefined; // cut short by a crash while it was written
  }
  const alive = owner.boot === (await bootId()) && owner.started === (await startTime(owner.pid));
  return alive ? owner : undefined;
}

/** When a process started, in the kernel's ticks: a number used again by another process has another time. */
async function startTime(pid: number): Promise<string> {
  try {
    const line = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = line.slice(line.lastIndexOf(')') + 2).split(' ');
    // One that has ended stays in the list until its parent asks for it.
    return state === 'Z' || state === 'X' ? 'gone' : fields[18];
  } catch {
    if (process.platform === 'linux') return 'gone';
    try {
      process.kill(pid, 0);
      return 'alive';
    } catch {
      return 'gone';
    }
  }
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}
