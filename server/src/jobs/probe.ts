import { startProcess } from './childProcess.ts';
import { JobFailure, watchMemory } from './inferenceClient.ts';

/** How long looking at a file may take. */
const PROBE_MS = 60_000;
/** And how much memory. */
const PROBE_BYTES = 2 ** 30;

/** Duration and channels of a file, found in a process of its own: a bad file takes only that one down. */
export function probe(engine: string, file: string): Promise<{ duration: number; channels: number }> {
  return new Promise((done, fail) => {
    const { child, said } = startProcess('probeProcess', import.meta.url, [engine, file]);
    let fault = false;
    const watcher = watchMemory(child.pid!, PROBE_BYTES, () => child.kill('SIGKILL'));
    const late = setTimeout(() => child.kill('SIGKILL'), PROBE_MS);
    const unreadable = (why: string) => fail(new JobFailure('decode_failed', why));
    child.once('message', (message: { duration: number; channels: number } | { error: string } | { fault: true }) => {
      fault = 'fault' in message;
      if (fault) return;
      if ('error' in message) unreadable(message.error);
      else if ('duration' in message) done(message);
      child.kill();
    });
    child.once('error', fail);
    child.once('close', () => {
      clearTimeout(late);
      clearInterval(watcher);
      if (fault) fail(new Error(`A file could not be looked at: ${said()}`));
      unreadable('it could not be decoded');
    });
  });
}
