import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DATA_TYPE, makeModel, makeNode, makeValue, writeModel } from '../../model/onnx/proto.ts';
import { floats, type Session } from '../../model/runtime.ts';
import { graphCache } from './graphCache.ts';
import { createPool, type WorkerPool } from './pool.ts';

let folder: string;
let pools: WorkerPool[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graphs-'));
  pools = [];
});
afterEach(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
  rmSync(folder, { recursive: true });
});

function pool(cacheFolder: string, numWorkers = 1): WorkerPool {
  const cache = graphCache(cacheFolder);
  pools.push(createPool({ device: 'cpu', numWorkers, providers: ['cpu'], threads: 1, allowWasm: false, cache }));
  return pools.at(-1)!;
}

/** y = x + x */
function twice(): Uint8Array {
  const { float } = DATA_TYPE;
  const [inputs, outputs] = [[makeValue('x', float, [1])], [makeValue('y', float, [1])]];
  const nodes = [makeNode('Add', ['x', 'x'], ['y'])];
  return writeModel(makeModel({ nodes, initializers: [], inputs, outputs, values: [], rest: [] }, 13));
}

async function of(session: Session, x: number): Promise<number> {
  return ((await session.run({ x: floats(Float32Array.of(x), [1]) })).y.data as Float32Array)[0];
}

test('a model is made once, and found by the next start', async () => {
  const make = vi.fn(twice);
  const first = await pool(folder).load({ key: 'twice', name: 'twice', make });
  expect(await of(first, 21)).toBe(42);
  expect(readdirSync(folder)).toHaveLength(1);
  const second = await pool(folder, 2).load({ key: 'twice', name: 'twice', make });
  expect(await Promise.all([of(second, 3), of(second, 4)])).toEqual([6, 8]); // both threads
  expect(make).toHaveBeenCalledTimes(1);
});

test('another key is another model', async () => {
  const make = vi.fn(twice);
  await pool(folder).load({ key: 'a', name: 'a', make });
  await pool(folder).load({ key: 'b', name: 'b', make });
  expect(make).toHaveBeenCalledTimes(2);
});

test('a file that was cut short is made again', async () => {
  await pool(folder).load({ key: 'twice', name: 'twice', make: twice });
  const [name] = readdirSync(folder);
  truncateSync(join(folder, name), 20);
  const make = vi.fn(twice);
  expect(await of(await pool(folder).load({ key: 'twice', name: 'twice', make }), 1)).toBe(2);
  expect(make).toHaveBeenCalledTimes(1);
  const again = vi.fn(twice);
  await pool(folder).load({ key: 'twice', name: 'twice', make: again });
  expect(again).not.toHaveBeenCalled();
});

test('where nothing can be written, the model runs all the same', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(await of(await pool(join(file, 'graphs')).load({ key: 'k', name: 'k', make: twice }), 5)).toBe(10);
});

test('what was used longest ago makes room', async () => {
  const cache = graphCache(folder);
  for (const key of ['a', 'b', 'c']) {
    const draft = cache.draft(key)!;
    writeFileSync(draft, '');
    await setTimeout(20); // the clock of files ticks in milliseconds
    truncateSync(draft, 150_000_000); // no room is taken on the disk
    expect(cache.keep(key, draft)).toBeDefined();
    await setTimeout(20);
    if (key === 'b') expect(existsSync(cache.find('a')!)).toBe(true); // used again: newer than b
  }
  expect([cache.find('a') !== undefined, cache.find('b'), cache.find('c') !== undefined]).toEqual([
    true,
    undefined,
    true,
  ]);
});
