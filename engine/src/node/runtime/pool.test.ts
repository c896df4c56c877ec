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
