import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Deps } from '../deps.ts';
import { createHttpServer } from '../http.ts';
import { silentLog } from '../log.ts';
import type { LiveEngine } from './liveEngine.ts';
import { attachLive, LIVE_PATH } from './socket.ts';

// What keeps a server from stopping: connections that are no longer HTTP's, and so are not closed with it. And how a
// stream ends that could not begin.

/** A store in which every statement finds a stream, and what was set in it. */
let changes: unknown[] = [];
const answers: Record<PropertyKey, unknown> = {
  executeTakeFirst: async () => ({ id: 'stream' }),
  execute: async () => [],
  set: (values: unknown) => {
    changes.push(values);
    return db;
  },
};
const db: unknown = new Proxy({}, { get: (_, name) => answers[name] ?? (() => db) });
const deps = { config: { live: { streams: 1 } }, db, log: silentLog } as unknown as Deps;

let server: Server;
let client: Socket;
beforeEach(async () => {
  changes = [];
  server = createHttpServer(() => new Response('ok'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  client.destroy();
  server.closeAllConnections();
});

/** Asks for a WebSocket, and never closes its own half of the connection. */
function ask(path: string): { answer: Promise<string> } {
  const { port } = server.address() as AddressInfo;
  client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => {});
  client.write(
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  return { answer: once(client, 'data').then(([data]) => String(data).split('\r\n')[0]) };
}

const stopped = () =>
  Promise.race([
    new Promise<string>((done) => server.close(() => done('stopped'))),
    new Promise<string>((done) => setTimeout(() => done('still open'), 5000)),
  ]);

test('a client that was refused and does not hang up keeps no server from stopping', async () => {
  const sockets = attachLive(server, deps, {} as LiveEngine);
  expect(await ask('/elsewhere').answer).toBe('HTTP/1.1 404 Not Found');
  await sockets.close();
  expect(await stopped()).toBe('stopped');
});

test('an address that cannot be read is refused as such', async () => {
  const sockets = attachLive(server, deps, {} as LiveEngine);
  expect(await ask('//').answer).toBe('HTTP/1.1 400 Bad Request');
  await sockets.close();
});

test('a client whose models are still loading when the server stops is refused', async () => {
  let load: (() => void) | undefined;
  const ready = () =>
    new Promise<void>((done) => {
      load = done;
    });
  const sockets = attachLive(server, deps, { ready } as LiveEngine);
  const { answer } = ask(`${LIVE_PATH}?token=good`);
  await expect.poll(() => load).toBeDefined();
  await sockets.close();
  load!();
  expect(await answer).toBe('HTTP/1.1 503 Service Unavailable');
  expect(await stopped()).toBe('stopped');
});

test('a stream whose models cannot be loaded has failed: its token is spent', async () => {
  const ready = () => Promise.reject(new Error('no models'));
  const sockets = attachLive(server, deps, { ready } as unknown as LiveEngine);
  expect(await ask(`${LIVE_PATH}?token=good`).answer).toBe('HTTP/1.1 500 Internal Server Error');
  expect(changes.at(-1)).toMatchObject({ status: 'error' });
  await sockets.close();
});
