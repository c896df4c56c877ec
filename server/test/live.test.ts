import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { readConfig } from '../src/config.ts';
import { type Service, startService } from '../src/main.ts';
import { tidyStreams } from '../src/store/streams.ts';
import { type Answer, fakeEngine, type Harness, startHarness } from './harness.ts';

// Live streams over a real socket. The database is a harness's; the service that listens is the one that users start.

const KEY = 'dk_key_of_the_live_tests';
let store: Harness;
let service: Service;
beforeAll(async () => {
  store = await startHarness();
  service = await startLive(fakeEngine);
});
afterAll(async () => {
  await service.stop();
  await store.close();
});

async function startLive(engine: string, env: Record<string, string> = {}): Promise<Service> {
  const config = readConfig({
    PORT: String(await freePort()),
    METRICS_PORT: '0',
    DATABASE_URL: store.databaseUrl,
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    DATA_DIR: store.dir,
    BOOTSTRAP_API_KEY: KEY,
    LOG_LEVEL: 'silent',
    LIVE: 'true',
    LIVE_STREAMS: '2',
    ...env,
  });
  return startService(config, { serve: true, work: false, engine });
}

async function freePort(): Promise<number> {
  const server = createNetServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function ask(
  path: string,
  init: RequestInit = {},
  of: Service = service,
): Promise<{ status: number; body: Answer }> {
  const answer = await fetch(`${of.url}${path}`, { ...init, headers: { authorization: `Bearer ${KEY}` } });
  return { status: answer.status, body: await answer.json() };
}

interface Client {
  readonly socket: WebSocket;
  readonly messages: Answer[];
  /** Code and reason of the end. */
  readonly closed: Promise<[code: number, reason: string]>;
  send(level: number, frames?: number): void;
}

async function connect(url: string): Promise<Client> {
  const socket = new WebSocket(url);
  const messages: Answer[] = [];
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString())));
  const closed = once(socket, 'close').then(([code, reason]) => [code, String(reason)] as [number, string]);
  await once(socket, 'open');
  return {
    socket,
    messages,
    closed,
    send(level, frames = 1) {
      for (let i = 0; i < frames; i++) socket.send(Buffer.from(new Float32Array(1600).fill(level).buffer));
    },
  };
}

async function stream(of: Service = service): Promise<{ id: string; client: Client; url: string }> {
  const { status, body } = await ask('/v1/live', { method: 'POST' }, of);
  expect(status, JSON.stringify(body)).toBe(200);
  return { id: body.id, url: body.url, client: await connect(body.url) };
}

const refused = async (url: string): Promise<number> => {
  const socket = new WebSocket(url);
  const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  socket.on('error', () => {});
  socket.terminate();
  return answer.statusCode;
};

test('who begins and ends to speak is told as it comes; the end flushes, and closes with 1000', async () => {
  const { id, client } = await stream();
  expect((await ask(`/v1/live/${id}`)).body).toMatchObject({
    id,
    status: 'running',
    startedAt: expect.any(String),
    completedAt: null,
    input: {},
  });
  client.send(0.2, 10);
  client.send(0, 5);
  client.send(0.1, 10);
  client.socket.send('{"type":"end_of_stream"}');
  expect(await client.closed).toEqual([1000, '']);
  expect(client.messages).toEqual([
    { type: 'diarization_speaker_start', data: { timestamp: 0, speaker: 'SPEAKER_00' } },
    { type: 'diarization_speaker_end', data: { timestamp: 1, speaker: 'SPEAKER_00' } },
    { type: 'diarization_speaker_start', data: { timestamp: 1.5, speaker: 'SPEAKER_01' } },
    { type: 'diarization_speaker_end', data: { timestamp: 2.5, speaker: 'SPEAKER_01' } },
  ]);
  expect((await ask(`/v1/live/${id}`)).body.status).toBe('done');
});

test('the address is good once, and for a minute', async () => {
  const { url, client } = await stream();
  expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/v1\/live\/ws\?token=[\w-]{43}$/);
  expect(await refused(url)).toBe(403);
  expect(await refused(`${url}x`)).toBe(403);
  expect(await refused(url.replace(/\?.*/, ''))).toBe(403);
  expect(await refused(url.replace('/ws?', '/other?'))).toBe(404);
  client.socket.close();
  await client.closed;
  const { body } = await ask('/v1/live', { method: 'POST' });
  await store.deps.db
    .updateTable('stream')
    .set({ created_at: new Date(Date.now() - 61_000) })
    .where('id', '=', body.id)
    .execute();
  expect(await refused(body.url)).toBe(403);
});

test('a frame of another size is told and left out; so is a text that is none of ours', async () => {
  const { client } = await stream();
  client.socket.send(Buffer.alloc(6399));
  client.socket.send('hello');
  client.send(0.1);
  client.socket.send('{"type":"end_of_stream"}');
  await client.closed;
  expect(client.messages.slice(0, 2)).toEqual([
    { type: 'error', message: 'Invalid chunk size' },
    { type: 'error', message: expect.stringContaining('end_of_stream') },
  ]);
  expect(client.messages.at(-1)).toMatchObject({ type: 'diarization_speaker_end', data: { timestamp: 0.1 } });
});

test('more than five seconds that wait close the stream with 1008', async () => {
  const { id, client } = await stream();
  client.send(0.8, 60);
  expect(await client.closed).toEqual([1008, 'too fast']);
  expect(client.messages.at(-1)).toMatchObject({ type: 'error' });
  await expect.poll(async () => (await ask(`/v1/live/${id}`)).body.status).toBe('error');
});

test('a fault of ours ends that stream and no other', async () => {
  const one = await stream();
  const other = await stream();
  one.client.send(0.9);
  expect((await one.client.closed)[0]).toBe(1011);
  expect(one.client.messages).toEqual([{ type: 'error', message: 'Something went wrong here' }]);
  other.client.send(0.1);
  other.client.socket.send('{"type":"end_of_stream"}');
  expect((await other.client.closed)[0]).toBe(1000);
  expect(other.client.messages).toHaveLength(2);
});

test('what is no number is silence', async () => {
  const { client } = await stream();
  client.send(Number.NaN, 2);
  client.socket.send('{"type":"end_of_stream"}');
  expect((await client.closed)[0]).toBe(1000);
  expect(client.messages).toEqual([]);
});

test('a client that offers HTTP/2 with its request is answered, as it would be without live streams', async () => {
  const request = httpRequest(`${service.url}/v1/media/input`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${KEY}`,
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
    },
  });
  request.end(JSON.stringify({ url: 'media://a.wav' }));
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.resume();
  expect(answer.statusCode).toBe(201);
});

test('there are no more streams than this process may hear', async () => {
  const open = [await stream(), await stream()];
  const { body } = await ask('/v1/live', { method: 'POST' });
  expect(await refused(body.url)).toBe(503);
  for (const { client } of open) client.socket.close();
  await Promise.all(open.map(({ client }) => client.closed));
  // Being refused for want of room did not use the address up.
  const client = await connect(body.url);
  client.socket.close();
  await client.closed;
});

test('nor are there when they all come at once', async () => {
  const grants = await Promise.all(Array.from({ length: 6 }, () => ask('/v1/live', { method: 'POST' })));
  const outcomes: Promise<string>[] = [];
  const sockets: WebSocket[] = [];
  await store.deps.db.transaction().execute(async (trx) => {
    // The store holds every one of them up until all are there.
    await sql`lock table stream in exclusive mode`.execute(trx);
    for (const { body } of grants) {
      const socket = new WebSocket(body.url).on('error', () => {});
      sockets.push(socket);
      const opened = once(socket, 'open').then(() => 'open');
      outcomes.push(Promise.race([opened, once(socket, 'unexpected-response').then(() => 'refused')]));
    }
    await new Promise((resume) => setTimeout(resume, 500));
  });
  expect((await Promise.all(outcomes)).filter((outcome) => outcome === 'open')).toHaveLength(2);
  for (const socket of sockets) socket.terminate();
});

test("another tenant's stream is not found, and a key without the scope gets none", async () => {
  const { id, client } = await stream();
  client.socket.close();
  await client.closed;
  const rival = await store.keyFor('rival');
  const answer = await fetch(`${service.url}/v1/live/${id}`, { headers: { authorization: `Bearer ${rival}` } });
  expect(answer.status).toBe(404);
  const reader = await store.keyFor('default', ['stream:read']);
  const refusal = await fetch(`${service.url}/v1/live`, {
    method: 'POST',
    headers: { authorization: `Bearer ${reader}` },
  });
  expect(refusal.status).toBe(403);
});

test('streams whose process is gone have failed', async () => {
  const { body } = await ask('/v1/live', { method: 'POST' });
  await store.deps.db
    .updateTable('stream')
    .set({ status: 'running', seen_at: new Date(Date.now() - 200_000) })
    .where('id', '=', body.id)
    .execute();
  await tidyStreams(store.deps.db);
  expect((await ask(`/v1/live/${body.id}`)).body).toMatchObject({ status: 'error', completedAt: expect.any(String) });
});

describe('with the engine itself', () => {
  test('a meeting that is spoken into it has turns before it is over', async () => {
    const real = await startLive('diarist', { MODEL: 'embedded' });
    try {
      const { openAudio } = await import('diarist');
      const audio = await openAudio(fileURLToPath(import.meta.resolve('../../engine/samples/meeting.flac')));
      const { client } = await stream(real);
      const seconds = 15;
      let pending = new Float32Array(0);
      let sent = 0;
      for await (const block of audio.blocks) {
        const all = new Float32Array(pending.length + block.length);
        all.set(pending);
        all.set(block, pending.length);
        let at = 0;
        for (; all.length - at >= 1600 && sent < seconds * 10; at += 1600) {
          client.socket.send(Buffer.from(all.slice(at, at + 1600).buffer));
          sent++;
          // Four times as fast as it was spoken.
          await new Promise((resume) => setTimeout(resume, 25));
        }
        pending = all.slice(at);
        if (sent >= seconds * 10) break;
      }
      await audio.close();
      expect(client.messages.length, 'turns before the end').toBeGreaterThan(0);
      client.socket.send('{"type":"end_of_stream"}');
      expect(await client.closed).toEqual([1000, '']);
      const open = new Set<string>();
      let last = 0;
      for (const { type, data } of client.messages) {
        expect(data.timestamp).toBeGreaterThanOrEqual(last);
        expect(data.timestamp).toBeLessThanOrEqual(seconds);
        last = data.timestamp;
        expect(open.has(data.speaker)).toBe(type === 'diarization_speaker_end');
        if (type === 'diarization_speaker_end') open.delete(data.speaker);
        else open.add(data.speaker);
      }
      expect(open.size).toBe(0);
    } finally {
      await real.stop();
    }
  });
});
