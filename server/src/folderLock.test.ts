import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
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

test.runIf(process.platform === 'linux')(
  'so is that of a process that has ended and whose parent has not asked for it',
  async () => {
    const parent = spawn('sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [said] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(said.toString());
      let fields: string[] = [];
      await vi.waitFor(async () => {
        fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
        expect(fields[0]).toBe('Z');
      });
      const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
      await writeFile(join(dir, 'server.lock'), JSON.stringify({ pid, started: fields[19], boot }));
      const unlock = await lockFolder(dir);
      await unlock();
    } finally {
      parent.kill('SIGKILL');
    }
  },
);

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
