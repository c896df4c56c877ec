import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { silentLog } from '../log.ts';
import { createInference, type Inference } from './inferenceClient.ts';
import type { RunOptions } from './messages.ts';

const engine = fileURLToPath(new URL('../../test/fakeEngine.ts', import.meta.url));
let inference: Inference;
afterEach(() => inference.close());

function begin(): void {
  inference = createInference({
    engine,
    model: 'fake',
    device: 'cpu',
    threads: 1,
    memoryBytes: 2 ** 30,
    log: silentLog,
  });
}

test('a process that is killed while a run and its cancel are on their way loses that run, and nothing else', async () => {
  begin();
  await inference.ready();
  process.kill(inference.pid!, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200); // dead, and not yet known to be
  const controller = new AbortController();
  const hooks = { signal: controller.signal, onProgress: () => {} };
  const run = inference.run('any.wav', { maxSeconds: 60 } as RunOptions, hooks);
  const lost = expect(run).rejects.toThrow('canceled');
  for (let turn = 0; turn < 5; turn++) await undefined; // the run is sent once the process is known to be ready
  controller.abort(new Error('canceled'));
  await lost;
  await expect(inference.ready()).resolves.toMatchObject({ id: expect.any(String) });
});

test('a process that could not be begun is begun anew when it is next needed, and keeps nothing from closing', async () => {
  begin();
  const { execPath } = process;
  process.execPath = '/nowhere/node';
  try {
    await expect(inference.ready()).rejects.toThrow('ENOENT');
    await inference.close();
  } finally {
    process.execPath = execPath;
  }
  await expect(inference.ready()).resolves.toMatchObject({ id: expect.any(String) });
});
