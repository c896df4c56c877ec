import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { putMedia } from '../src/store/media.ts';
import { type Harness, startHarness } from './harness.ts';

// Uploads and downloads over a real socket: what a client can do to them.

let service: Harness;
let server: Server;
let base: string;
beforeAll(async () => {
  service = await startHarness();
  server = createAdaptorServer({ fetch: service.app.fetch }) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await service.close();
});

async function grant(kind: 'input' | 'output', name: string): Promise<string> {
  const answer = await fetch(`${base}/v1/media/${kind}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${service.key}` },
    body: JSON.stringify({ url: `media://${name}` }),
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { url: string }).url;
}

const drafts = () => readdir(join(service.dir, 'media', 'tmp'));

test('links are built from the Host that the client used', async () => {
  expect(await grant('input', 'a')).toContain(`${base}/v1/media/blob/`);
});

test('bytes come back whole, and in ranges', async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
  expect((await fetch(await grant('input', 'r/a.bin'), { method: 'PUT', body: bytes })).status).toBe(200);
  const url = await grant('output', 'r/a.bin');
  const whole = await fetch(url);
  expect(whole.headers.get('content-length')).toBe('100000');
  expect(new Uint8Array(await whole.arrayBuffer())).toEqual(bytes);
  const part = await fetch(url, { headers: { range: 'bytes=500-999' } });
  expect(part.status).toBe(206);
  expect(part.headers.get('content-range')).toBe('bytes 500-999/100000');
  expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.subarray(500, 1000));
  const outside = await fetch(url, { headers: { range: 'bytes=100000-' } });
  expect(outside.status).toBe(416);
});

test.runIf(process.platform === 'linux')('HEAD tells the size and leaves no file open', async () => {
  const put = await fetch(await grant('input', 'head.bin'), { method: 'PUT', body: new Uint8Array(1_000_000) });
  expect(put.status).toBe(200);
  const url = await grant('output', 'head.bin');
  const head = await fetch(url, { method: 'HEAD' });
  expect(head.status).toBe(200);
  expect(head.headers.get('content-length')).toBe('1000000');
  const part = await fetch(url, { method: 'HEAD', headers: { range: 'bytes=0-9' } });
  expect(part.headers.get('content-range')).toBe('bytes 0-9/1000000');
  const open = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  expect(open.filter((path) => path.startsWith(join(service.dir, 'media')))).toEqual([]);
});

test('an upload of no bytes, chunked, is an object of no bytes', async () => {
  const empty = new ReadableStream({ start: (controller) => controller.close() });
  const put = await fetch(await grant('input', 'empty'), { method: 'PUT', body: empty, duplex: 'half' } as RequestInit);
  expect(put.status).toBe(200);
  const got = await fetch(await grant('output', 'empty'));
  expect((await got.arrayBuffer()).byteLength).toBe(0);
});

test('an upload that is cut in the middle leaves the old object and no draft', async () => {
  const put = await grant('input', 'cut.bin');
  await fetch(put, { method: 'PUT', body: 'the old bytes' });
  const { port, pathname, host } = new URL(put);
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`PUT ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(5000)}`);
  await expect.poll(async () => (await drafts()).length).toBe(1);
  socket.destroy();
  await expect.poll(async () => (await drafts()).length).toBe(0);
  const got = await fetch(await grant('output', 'cut.bin'));
  expect(await got.text()).toBe('the old bytes');
});

test('a second upload replaces the object, and a job that has the old one keeps it', async () => {
  await fetch(await grant('input', 'two.bin'), { method: 'PUT', body: 'first' });
  const { getMedia } = await import('../src/store/media.ts');
  const media = await getMedia(service.deps.db, 'default', 'two.bin');
  const held = await service.deps.blobs.checkout(media!.blob);
  await fetch(await grant('input', 'two.bin'), { method: 'PUT', body: 'second' });
  const { tidy } = await import('../src/jobs/housekeeping.ts');
  await tidy(service.deps);
  const { readFile } = await import('node:fs/promises');
  expect(await readFile(held!.path, 'utf8')).toBe('first');
  await held!.release();
  expect(await (await fetch(await grant('output', 'two.bin'))).text()).toBe('second');
  expect(await service.deps.blobs.read(media!.blob)).toBeUndefined();
});

test('a part of a file, as of an upload that is resumed, does not take the place of the whole', async () => {
  const put = await grant('input', 'part.bin');
  await fetch(put, { method: 'PUT', body: '0123456789' });
  for (const range of ['bytes 5-9/10', 'bytes 0-4/10', 'bytes 5-9/*', 'items 0-9/10']) {
    const part = await fetch(put, { method: 'PUT', body: '56789', headers: { 'content-range': range } });
    expect([range, part.status]).toEqual([range, 400]);
  }
  expect(await (await fetch(await grant('output', 'part.bin'))).text()).toBe('0123456789');
  const whole = { method: 'PUT', body: 'abcde', headers: { 'content-range': 'bytes 0-4/5' } };
  expect((await fetch(put, whole)).status).toBe(200);
});

test('of two first uploads of a name at once the bytes of one go, and are not kept for ever', async () => {
  const { db } = service.deps;
  const [first, second] = [randomUUID(), randomUUID()];
  const media = (blob: string) => ({ tenant: 'default', key: 'twice.wav', blob, size: 1 });
  let other: Promise<void> | undefined;
  await db.transaction().execute(async (trx) => {
    await putMedia(trx, media(first), 1);
    other = putMedia(db, media(second), 1);
    await new Promise((resume) => setTimeout(resume, 200));
  });
  await other;
  const { rows } = await sql<{
    blob: string;
  }>`select blob from orphan_blob where blob in (${first}, ${second})`.execute(db);
  expect(rows).toEqual([{ blob: first }]);
});

test('a token for one thing is good for no other: wrong method, tampered, none', async () => {
  const put = await grant('input', 'mine');
  expect((await fetch(put)).status).toBe(403);
  expect((await fetch(`${put.slice(0, -4)}AAAA`, { method: 'PUT', body: 'x' })).status).toBe(403);
  expect((await fetch(`${base}/v1/media/blob/none`, { method: 'PUT', body: 'x' })).status).toBe(403);
  expect((await fetch(await grant('output', 'mine'), { method: 'PUT', body: 'x' })).status).toBe(403);
});

test('no path of this machine can be reached by a name', async () => {
  for (const path of ['/v1/media/blob/..%2f..%2fetc%2fpasswd', '/v1/media/blob/%2e%2e/%2e%2e', '/v1/media/blob/%00'])
    expect([403, 404]).toContain((await fetch(base + path)).status);
  await expect(service.deps.blobs.read('../../etc/passwd')).rejects.toThrow('blob name');
});

test('the reason phrase carries the first mistake, in ASCII', async () => {
  const answer = await fetch(`${base}/v1/diarize`, {
    method: 'POST',
    headers: { authorization: `Bearer ${service.key}` },
    body: '{"url":"media://x","numSpeakers":0}',
  });
  expect(answer.statusText).toBe('numSpeakers must be at least 1');
});
