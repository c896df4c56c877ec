import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AudioError } from '../../core/errors.ts';

/**
 * Temporary folders that are gone afterwards, whatever happens: the caller removes them when done, an ordinary exit
 * removes what is left, and so do Ctrl-C and a polite kill. Nothing helps against SIGKILL; the system's own cleaning
 * of its temporary folder does. Handlers are in place only while a folder exists.
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const folders = new Set<string>();

/** A fresh empty folder and the way to remove it. */
export async function tempFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'diarist-')).catch((cause: NodeJS.ErrnoException) => {
    throw new AudioError(
      'audio_unreadable',
      `Nothing can be written to the temporary folder ${tmpdir()} (${cause.code}), where what is no file has to be kept ` +
        'while it is read: name another folder in TMPDIR.',
      { cause },
    );
  });
  if (folders.size === 0) watch();
  folders.add(path);
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true });
      folders.delete(path);
      if (folders.size === 0) unwatch();
    },
  };
}

function watch(): void {
  process.on('exit', removeAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function unwatch(): void {
  process.off('exit', removeAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

function removeAll(): void {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
  folders.clear();
}

/** With a handler of its own the program decides what a signal means; otherwise it ends as it would have without us. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  unwatch();
  process.kill(process.pid, signal);
}
