import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFolder, sweepDrafts } from '../src/media/folder.ts';
import { openScratch } from '../src/media/scratch.ts';

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

test('downloads of a killed process go when another starts; those of one that lives stay, however old', async () => {
  const work = join(dir, 'work');
  const long = new Date(Date.now() - HOUR);
  const killed = await openScratch(work, { renewMs: HOUR });
  await writeFile(join(killed.path, 'download'), 'abc');
  const alive = await openScratch(work, { renewMs: 10 });
  await writeFile(join(alive.path, 'download'), 'abc');
  await utimes(join(alive.path, 'download'), long, long);
  for (const { path } of [killed, alive]) await utimes(path, long, long);
  await new Promise((resume) => setTimeout(resume, 200));
  const next = await openScratch(work);
  expect((await readdir(work)).sort()).toEqual([basename(alive.path), basename(next.path)].sort());
  expect(await readFile(join(alive.path, 'download'), 'utf8')).toBe('abc');
  await alive.close();
  await next.close();
  expect(await readdir(work)).toEqual([]);
  await killed.close();
});

test('downloads beside each other, as older servers kept them, go after a day', async () => {
  const work = join(dir, 'old-work');
  await openScratch(work).then((one) => one.close());
  await writeFile(join(work, randomUUID()), 'abc');
  const soon = await openScratch(work, { now: Date.now() + 23 * HOUR });
  expect(await readdir(work)).toHaveLength(2);
  await soon.close();
  const later = await openScratch(work, { now: Date.now() + 25 * HOUR });
  expect(await readdir(work)).toEqual([basename(later.path)]);
  await later.close();
});
