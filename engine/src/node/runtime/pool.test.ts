import type { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { DATA_TYPE, makeModel, makeNode, makeValue, writeModel } from '../../model/onnx/proto.ts';
import { floats, type Session } from '../../model/runtime.ts';
import { createPool, type WorkerPool } from './pool.ts';

let pool: WorkerPool;
afterEach(() => pool.close());

function open(numWorkers: number): WorkerPool {
  pool = createPool({ device: 'cpu', numWorkers, providers: ['cpu'], threads: 1, allowWasm: false });
  return pool;
}

/** y = x + x */
function twice(): { bytes: Uint8Array } {
  const { float } = DATA_TYPE;
  const [inputs, outputs] = [[makeValue('x', float, [1])], [makeValue('y', float, [1])]];
  const nodes = [makeNode('Add', ['x', 'x'], ['y'])];
  return { bytes: writeModel(makeModel({ nodes, initializers: [], inputs, outputs, values: [], rest: [] }, 13)) };
}

async function of(session: Session, x: number): Promise<number> {
  return ((await session.run({ x: floats(Float32Array.of(x), [1]) })).y.data as Float32Array)[0];
}

test('closing while a thread is at work, and once more, ends both times', async () => {
  const loading = open(1).load(twice());
  await Promise.all([pool.close(), pool.close()]);
  const session = await loading;
  await expect(of(session, 1)).rejects.toThrow('The inference threads have been closed.');
});

test('a thread that stopped is replaced: what waited is run, and so is what comes later', async () => {
  const threads: Worker[] = [];
  const watch = (worker: Worker): unknown => threads.push(worker);
  process.on('worker', watch);
  try {
    const session = await open(1).load(twice());
    expect(await of(session, 1)).toBe(2);
    const stopping = threads[0].terminate();
    const runs = [of(session, 2), of(session, 3), of(session, 4)];
    await expect(runs[0]).rejects.toThrow('An inference thread ended with code 1.');
    expect(await Promise.all(runs.slice(1))).toEqual([6, 8]);
    await stopping;
    await threads[1].terminate(); // and one that was idle
    expect(await of(session, 5)).toBe(10);
    expect(threads).toHaveLength(3);
  } finally {
    process.off('worker', watch);
  }
});
