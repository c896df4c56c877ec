import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readBody } from '../src/body.ts';
import { createHttpServer } from '../src/http.ts';
import { type Harness, startHarness } from './harness.ts';

// Clients that are slow, that send far too much, or that go away: over a real socket, with little patience.

let service: Harness;
let server: Server;
let port: number;
beforeAll(async () => {
  service = await startHarness();
  server = createHttpServer(service.app.fetch, { headersMs: 400, silenceMs: 1000, checkMs: 100 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await service.close();
});

interface Talk {
  readonly socket: Socket;
  /** What was answered until the other side closed. */
  readonly end: Promise<string>;
}

async function talk(): Promise<Talk> {
  const socket = connect(port, '127.0.0.1');
  let got = '';
  socket.on('data', (data) => {
    got += data.toString('latin1');
  });
  socket.on('error', () => {});
  const end = new Promise<string>((done) => socket.once('close', () => done(got)));
  await once(socket, 'connect');
  return { socket, end };
}

const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms));
const isUp = async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).status;
const authorized = () => `Host: x\r\nAuthorization: Bearer ${service.key}\r\n`;

test('headers that never end are answered 408 and the socket is closed', async () => {
  const { socket, end } = await talk();
  socket.write('POST /v1/diarize HTTP/1.1\r\nHost: x\r\n');
  const drip = setInterval(() => socket.write('X-Slow: 1\r\n'), 50);
  const answer = await end;
  clearInterval(drip);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(await isUp()).toBe(200);
});

test('a hundred clients with slow headers do not keep others out', async () => {
  const slow = await Promise.all(Array.from({ length: 100 }, () => talk()));
  for (const { socket } of slow) socket.write('GET /v1/test HTTP/1.1\r\nX: ');
  expect(await isUp()).toBe(200);
  await Promise.all(slow.map(({ end }) => end));
});

test('a body that stops coming is cut when the socket has been silent', async () => {
  const { socket, end } = await talk();
  socket.write(`POST /v1/diarize HTTP/1.1\r\n${authorized()}Content-Length: 100\r\n\r\n{"url":`);
  const started = Date.now();
  await end;
  expect(Date.now() - started).toBeLessThan(5000);
});

test('a body that comes byte by byte for ever is given up with 408', async () => {
  const drops = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await pause(20);
      controller.enqueue(new Uint8Array([32]));
    },
  });
  const request = new Request('http://x/', { method: 'POST', body: drops, duplex: 'half' } as RequestInit);
  await expect(readBody(request, 1e6, { seconds: 0.2 })).rejects.toMatchObject({ status: 408 });
});

/** Sends 100 MB of blanks as JSON; stops at the answer, as clients do, or does not. */
async function sendTooMuch(how: 'with its length' | 'chunked', { stops }: { stops: boolean }) {
  const { socket, end } = await talk();
  let answered = false;
  socket.once('data', () => {
    answered = true;
  });
  const framing = how === 'chunked' ? 'Transfer-Encoding: chunked' : 'Content-Length: 100000000';
  socket.write(`POST /v1/diarize HTTP/1.1\r\n${authorized()}${framing}\r\n\r\n`);
  const part = Buffer.alloc(1_000_000, 0x20);
  const chunk = how === 'chunked' ? Buffer.concat([Buffer.from('f4240\r\n'), part, Buffer.from('\r\n')]) : part;
  let sent = 0;
  while (sent < 100_000_000 && !socket.destroyed && !(answered && stops)) {
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), end, pause(1500)]).catch(() => {});
    else await pause(0);
    sent += part.length;
  }
  if (stops) socket.end();
  return { answer: await end, sent };
}

test.each(['with its length', 'chunked'] as const)('JSON of 100 MB %s is 413 when 10 MB have come', async (how) => {
  const before = process.memoryUsage().rss;
  const { answer, sent } = await sendTooMuch(how, { stops: true });
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  // some more is on its way in buffers when the answer comes
  expect(sent).toBeLessThan(30_000_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
});

test('the connection ends after a 413, also when all has been sent', async () => {
  const { socket, end } = await talk();
  const length = 10 * 2 ** 20 + 1;
  socket.write(`POST /v1/diarize HTTP/1.1\r\n${authorized()}Content-Length: ${length}\r\n\r\n`);
  socket.write(Buffer.alloc(length, 0x20));
  const answer = await end;
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  // RFC 9112, 9.6: who is about to end a connection says so, or the next request may be sent on it and is lost.
  expect(answer).toMatch(/\r\nconnection: close\r\n/i);
  expect(answer).not.toMatch(/keep-alive/i);
});

test('a client that goes on sending after its 413 is cut off', async () => {
  const started = Date.now();
  await sendTooMuch('chunked', { stops: false });
  expect(Date.now() - started).toBeLessThan(10_000);
  expect(await isUp()).toBe(200);
});

test('a multipart upload that is cut in the middle leaves nothing behind', async () => {
  const { socket } = await talk();
  const head = `--b\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n`;
  socket.write(
    `POST /v2/upload HTTP/1.1\r\n${authorized()}Content-Type: multipart/form-data; boundary=b\r\n` +
      `Content-Length: 1000000\r\n\r\n${head}${'x'.repeat(5000)}`,
  );
  const drafts = () => readdir(join(service.dir, 'media', 'tmp'));
  await expect.poll(async () => (await drafts()).length, { timeout: 5000 }).toBe(1);
  socket.destroy();
  await expect.poll(async () => (await drafts()).length, { timeout: 5000 }).toBe(0);
  expect(await service.deps.db.selectFrom('media').selectAll().execute()).toEqual([]);
});

test('nor does one that is cut behind its file or in another file, nor one that the store has no name for', async () => {
  const head = (name: string) => `--b\r\nContent-Disposition: form-data; name="${name}"; filename="a.wav"\r\n\r\n`;
  const next = `\r\n--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhis`;
  for (const body of [`${head('audio')}${'x'.repeat(5000)}${next}`, `${head('other')}${'x'.repeat(5000)}`]) {
    const { socket, end } = await talk();
    socket.write(
      `POST /v2/upload HTTP/1.1\r\n${authorized()}Content-Type: multipart/form-data; boundary=b\r\n` +
        `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    expect(await end).toContain('400');
  }
  await sql`alter table media rename to away`.execute(service.deps.db);
  const { body: grant } = await service.call('/v1/media/input', { json: { url: 'media://a.wav' } });
  const put = await service.call(new URL(grant.url).pathname, { method: 'PUT', key: null, body: new Uint8Array(10) });
  await sql`alter table away rename to media`.execute(service.deps.db);
  expect(put.status).toBe(500);
  const files = await readdir(join(service.dir, 'media'), { recursive: true, withFileTypes: true });
  expect(files.filter((file) => file.isFile()).map(({ name }) => name)).toEqual([]);
});

test('a client that goes away while its answer is held back does not disturb others', async () => {
  const url = await service.upload('a.wav', new Uint8Array(10));
  const { body } = await service.call('/v1/diarize', { json: { url } });
  for (let i = 0; i < 5; i++) {
    const { socket } = await talk();
    socket.write(`GET /v1/jobs/${body.jobId} HTTP/1.1\r\n${authorized()}Prefer: wait=30\r\n\r\n`);
    await pause(30);
    socket.destroy();
  }
  expect(await isUp()).toBe(200);
  expect((await service.call(`/v1/jobs/${body.jobId}`)).body.status).toBe('pending');
});
