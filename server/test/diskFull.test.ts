import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Harness, speechWav, startHarness } from './harness.ts';

// A disk that is full after 100 kB: what writes files fails as the kernel would. `npm run bench:disk` does it with a real one.

const full = vi.hoisted(() => ({ after: Number.POSITIVE_INFINITY }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    async open(...args: Parameters<typeof real.open>) {
      const file = await real.open(...args);
      const writeFile = file.writeFile.bind(file) as (bytes: Uint8Array) => Promise<void>;
      let size = 0;
      Object.assign(file, {
        async writeFile(bytes: Uint8Array) {
          size += bytes.byteLength;
          if (size > full.after) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
          return writeFile(bytes);
        },
      });
      return file;
    },
  };
});

let service: Harness;
beforeAll(async () => {
  service = await startHarness({ env: { FETCH_ALLOWED_HOSTS: '127.0.0.1' } });
});
afterAll(() => service.close());

const wav = speechWav([
  [1, 1],
  [1, 2],
]);
const drafts = () => readdir(join(service.dir, 'media', 'tmp'));

test.each(['put', 'multipart'])(
  'an upload (%s) that the disk has no room for is 503 and leaves nothing',
  async (how) => {
    full.after = 100_000;
    const bytes = new Uint8Array(500_000);
    const form = new FormData();
    form.append('audio', new Blob([bytes]), 'a.wav');
    const { body } = await service.call('/v1/media/input', { json: { url: 'media://large.wav' } });
    const answer =
      how === 'put'
        ? await service.call(new URL(body.url).pathname, { method: 'PUT', key: null, body: bytes })
        : await service.call('/v2/upload', { body: form });
    full.after = Number.POSITIVE_INFINITY;
    expect(answer.status).toBe(503);
    expect(answer.body.code).toBe('disk_full');
    expect(answer.headers.get('retry-after')).toBe('60');
    expect(await drafts()).toEqual([]);
  },
);

test('a download that the disk has no room for is 503, and not the fault of its url', async () => {
  const server = createServer((_, answer) => answer.end(new Uint8Array(500_000)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  full.after = 100_000;
  const { port } = server.address() as AddressInfo;
  const answer = await service.call('/v2/upload', { json: { audio_url: `http://127.0.0.1:${port}/a.wav` } });
  full.after = Number.POSITIVE_INFINITY;
  server.close();
  expect(answer.status).toBe(503);
  expect(answer.body.code).toBe('disk_full');
});

test('when there is room again uploads are taken and jobs run', async () => {
  await service.worker();
  const url = await service.upload('a.wav', wav);
  const { body } = await service.call('/v1/diarize', { json: { url } });
  expect((await service.ended(body.jobId)).status).toBe('succeeded');
});

test('a database without room is 503, not a bug', async () => {
  // Postgres says 53100 when a table cannot grow
  await sql`create function no_room() returns trigger language plpgsql as $$
    begin raise exception 'could not extend file' using errcode = '53100'; end $$`.execute(service.deps.db);
  await sql`create trigger no_room before insert on job execute function no_room()`.execute(service.deps.db);
  const refused = await service.call('/v1/diarize', { json: { url: 'media://a.wav' } });
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).not.toBeNull();
  await sql`drop trigger no_room on job`.execute(service.deps.db);
  expect((await service.call('/v1/diarize', { json: { url: 'media://a.wav' } })).status).toBe(200);
});

test('a file system that is full is not ready', async () => {
  const none = { ...service.deps, freeBytes: async () => 1000 };
  const { createApp } = await import('../src/app.ts');
  const answer = await createApp(none).request('/readyz');
  expect(answer.status).toBe(503);
  expect(((await answer.json()) as { checks: { disk: string } }).checks.disk).not.toMatch(/^ok/);
});
