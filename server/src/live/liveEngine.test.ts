import { expect, test } from 'vitest';
import { silentLog } from '../log.ts';
import { createLiveEngine } from './liveEngine.ts';

/** An engine whose every turn is spoken by the number of its process. */
const engine = `data:text/javascript,export const createDiarizer = async () => ({
  live: () => ({ push: async () => [{ type: 'start', time: 0, speaker: process.pid }], finish: async () => [] }),
});`;

test('a process that is killed while samples are on their way breaks its streams, and nothing else', async () => {
  const live = createLiveEngine({ engine, model: '', device: 'cpu', threads: 1, log: silentLog });
  await live.ready();
  let broken = 0;
  const session = live.open('one', {
    onEvents: ([{ speaker }]) => {
      process.kill(speaker, 'SIGKILL');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200); // dead, and not yet known to be
      for (let i = 0; i < 3; i++) session.push(new Float32Array(1600));
    },
    onFinished: () => {},
    onBroken: () => broken++,
  });
  session.push(new Float32Array(1600));
  await expect.poll(() => broken).toBe(1);
  await expect(live.ready()).resolves.toBeUndefined();
  await live.close();
});

test('a process that could not be begun keeps nothing from closing', async () => {
  const live = createLiveEngine({ engine, model: '', device: 'cpu', threads: 1, log: silentLog });
  const { execPath } = process;
  process.execPath = '/nowhere/node';
  try {
    await expect(live.ready()).rejects.toThrow('ENOENT');
  } finally {
    process.execPath = execPath;
  }
  await live.close();
});
