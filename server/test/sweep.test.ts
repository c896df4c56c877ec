import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFolder, sweepDrafts } from '../src/media/folder.ts';

// What a killed process left goes when the next one starts; what another process still uses stays.

const HOUR = 3_600_000;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diarist-sweep-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test('a checkout of an old recording stays while a job may read it, and goes a day later', async () => {
  const media = join(dir, 'media');
  const store = await openFolder(media);
  const blob = randomUUID();
  await store.write(blob, Readable.from([Buffer.from('0123456789')]), 100);
  const uploaded = new Date(Date.now() - 72 * HOUR);
  await utimes(join(media, blob.slice(0, 2), blob), uploaded, uploaded);
  const held = await store.checkout(blob);
  await sweepDrafts(media);
  expect(await readFile(held!.path, 'utf8')).toBe('0123456789');
  await sweepDrafts(media, { now: Date.now() + 23 * HOUR });
  expect(await readdir(join(media, 'tmp'))).toHaveLength(1);
  await sweepDrafts(media, { now: Date.now() + 25 * HOUR });
  expect(await readdir(join(media, 'tmp'))).toEqual([]);
  expect(await (await store.read(blob))?.toArray()).toEqual([Buffer.from('0123456789')]);
});
