import { randomUUID } from 'node:crypto';
import { chmodSync, realpathSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { OutputError } from '../core/errors.ts';

/** Names of standard output. Where it leads to a file (`>> log`), replacing that would lose what others wrote to it. */
export const STDOUT: ReadonlySet<string> = new Set(['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1']);

/**
 * A file appears whole or not at all: it is written beside its place under another name and then renamed, which no
 * reader sees half done. What was there before stays until then. Written in one go without returning to the event
 * loop, so that no handler of a signal comes between. `-` is standard output.
 */
export async function writeWhole(file: string, data: string | Uint8Array): Promise<void> {
  if (STDOUT.has(file)) return writeStdout(data);
  try {
    const old = statSync(file, { throwIfNoEntry: false });
    // A terminal, a pipe or /dev/null can't be replaced; a link stays one, and what it points to is replaced.
    if (old && !old.isFile()) writeFileSync(file, data);
    else replace(old ? realpathSync(file) : file, data, old);
  } catch (error) {
    throw outputError(file, error);
  }
}

function replace(file: string, data: string | Uint8Array, old: Stats | undefined): void {
  // A name may take 255 bytes; 60 letters of any script are 180 at most.
  const draft = join(dirname(file), `.${basename(file).slice(0, 60)}.${randomUUID().slice(0, 8)}.part`);
  try {
    writeFileSync(draft, data, { flag: 'wx', flush: true });
    if (old) chmodSync(draft, old.mode & 0o7777);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function writeStdout(data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(data, (error) => {
      // The reader has seen enough (`| head`): no error.
      if (!error || ('code' in error && error.code === 'EPIPE')) resolve();
      else reject(outputError('standard output', error));
    });
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EEXIST: 'its folder is a file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
};

/** What the system said of a place that cannot be written to, in a sentence. */
export function outputError(file: string, error: unknown): OutputError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  const reason = REASONS[code] ?? message;
  return new OutputError(full ? 'output_full' : 'output_unwritable', `Can't write ${file}: ${reason}.`, {
    cause: error,
  });
}
