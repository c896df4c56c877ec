import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockFolder } from './folderLock.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diarist-lock-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const gone = JSON.stringify({ pid: 1, started: 'another time', boot: 'another boot' });

test('a second server on the same folder is refused with a clear sentence', async () => {
  const unlock = await lockFolder(dir);
  await expect(lockFolder(dir)).rejects.toThrow(/is in use by another diarist server \(process \d+\)/);
  await unlock();
  const again = await lockFolder(dir);
  await again();
  expect(await readdir(dir)).toEqual([]);
});

test('the lock of a process that is gone is taken over, also one that a crash cut short', async () => {
  for (const left of [gone, '{"pid":']) {
    await writeFile(join(dir, 'server.lock'), left);
    const unlock = await lockFolder(dir);
    await unlock();
  }
});

test('so is that of one that went while it took over another', async () => {
  await writeFile(join(dir, 'server.lock'), gone);
  await writeFile(join(dir, 'server.lock.next'), gone);
  const unlock = await lockFolder(dir);
  await unlock();
  expect(await readdir(dir)).toEqual([]);
});

test('of several servers that find the lock of one that is gone, one has the folder', async () => {
  for (let round = 0; round < 20; round++) {
    await writeFile(join(dir, 'server.lock'), gone);
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(dir)));
    const taken = tries.filter((one) => one.status === 'fulfilled');
    expect(taken).toHaveLength(1);
    expect(await readdir(dir)).toEqual(['server.lock']);
    await taken[0].value();
  }
});
