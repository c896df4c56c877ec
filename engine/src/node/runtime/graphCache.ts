import { createHash } from 'node:crypto';
import { readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, cpus } from 'node:os';
import { join } from 'node:path';
import { makeFolders } from '../makeFolders.ts';

/**
 * Networks as ONNX Runtime has optimised them, on disk, so that a second start takes up where the first left off. An
 * optimised graph fits one version of the runtime on one kind of processor: both are part of its name, with what it was
 * made of. A folder that cannot be written to, or a file that is damaged, only means that the work is done again.
 */
export interface GraphCache {
  /** The file of a model that was kept. */
  find(key: string): string | undefined;
  /** Where to write one before `keep` puts it in its place; nothing where that cannot be. */
  draft(key: string): string | undefined;
  /** The file of the model, or nothing where it could not be kept. */
  keep(key: string, draft: string): string | undefined;
  /** Forgets a model that turned out to be damaged. */
  drop(key: string): void;
}

/** Bytes kept at most, about ten large networks; what was not used for longest goes first. */
const MAX_BYTES = 400_000_000;

export function graphCache(folder: string): GraphCache {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  const machine = `${version} ${arch()} ${cpus()[0]?.model ?? ''}`;

  function pathOf(key: string): string {
    const name = createHash('sha256').update(`${key}\n${machine}`).digest('hex').slice(0, 32);
    return join(folder, `${name}.onnx`);
  }

  function prune(): void {
    const files = readdirSync(folder).map((name) => {
      const path = join(folder, name);
      const { size, mtimeMs } = statSync(path);
      return { path, size, mtimeMs };
    });
    let total = 0;
    for (const { path, size } of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
      total += size;
      if (total > MAX_BYTES) rmSync(path, { force: true });
    }
  }

  return {
    find: (key) => {
      const path = pathOf(key);
      if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return undefined;
      attempt(() => utimesSync(path, new Date(), new Date())); // used just now: the last to go
      return path;
    },
    draft: (key) =>
      attempt(() => {
        makeFolders(folder, 0o700);
        return `${pathOf(key)}.${process.pid}.${Date.now()}`;
      }),
    keep: (key, draft) => {
      const kept = attempt(() => {
        renameSync(draft, pathOf(key));
        prune();
        return pathOf(key);
      });
      if (kept === undefined) attempt(() => rmSync(draft, { force: true }));
      return kept;
    },
    drop: (key) => {
      attempt(() => rmSync(pathOf(key), { force: true }));
    },
  };
}

/** The result, or nothing where the disk does not let us: a cache is not worth failing for. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
