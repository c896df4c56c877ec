import { createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type BlobStore, checkBlobName, TooLarge } from './blobs.ts';

/**
 * Blobs as files: DIR/ab/abcdef…; a new one is written under DIR/tmp, flushed to the disk and renamed, and the folders
 * that name it are flushed: it is there whole or not at all, also after a power cut.
 */
export async function openFolder(dir: string): Promise<BlobStore> {
  const root = resolve(dir);
  const drafts = join(root, 'tmp');
  await mkdir(drafts, { recursive: true });
  const pathOf = (name: string) => {
    checkBlobName(name);
    return join(root, name.slice(0, 2), name);
  };
  return {
    async write(name, bytes, maxBytes) {
      const path = pathOf(name);
      const draft = join(drafts, name);
      const file = await open(draft, 'wx', 0o600);
      let size = 0;
      try {
        for await (const part of bytes) {
          size += part.byteLength;
          if (size > maxBytes) throw new TooLarge(maxBytes);
          // Not write, which may write a part of it: a disk that is filling up would cut the blob without a word.
          await file.writeFile(part);
        }
        await file.sync();
        await file.close();
        const folder = join(root, name.slice(0, 2));
        await mkdir(folder, { recursive: true });
        await rename(draft, path);
        for (const changed of [folder, root]) await flushFolder(changed);
        return { size };
      } catch (error) {
        await file.close().catch(() => {});
        await rm(draft, { force: true });
        throw error;
      }
    },
    async read(name, range) {
      const path = pathOf(name);
      if (!(await stat(path).catch(() => undefined))) return undefined;
      return createReadStream(path, range ? { start: range.start, end: range.end } : {});
    },
    async remove(name) {
      await rm(pathOf(name), { force: true });
    },
    async checkout(name) {
      const path = pathOf(name);
      // A second name for the same bytes: they stay until it is released, whoever removes the first.
      const held = join(drafts, `${name}.${process.pid}.${Math.random().toString(36).slice(2)}`);
      try {
        await link(path, held);
        return { path: held, release: () => rm(held, { force: true }) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        // A file system without hard links; the sweep spares blobs that a running job may be reading.
        return (await stat(path).catch(() => undefined)) ? { path, release: async () => {} } : undefined;
      }
    },
  };
}

/** Brings a folder's names to the disk, where the platform lets a folder be opened and flushed. */
async function flushFolder(path: string): Promise<void> {
  try {
    const folder = await open(path);
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  }
}

/**
 * Removes what a killed process left: drafts and checkouts that are older than any job may be. What counts is when the
 * file last got a name or bytes (ctime): a checkout is a link, and its bytes are as old as the blob's.
 */
export async function sweepDrafts(
  dir: string,
  { olderThanMs = 24 * 3_600_000, now = Date.now() }: { olderThanMs?: number; now?: number } = {},
): Promise<void> {
  const drafts = join(resolve(dir), 'tmp');
  for (const name of await readdir(drafts).catch(() => [])) {
    const path = join(drafts, name);
    const { ctimeMs } = await stat(path).catch(() => ({ ctimeMs: Number.POSITIVE_INFINITY }));
    if (now - ctimeMs > olderThanMs) await rm(path, { force: true });
  }
}
