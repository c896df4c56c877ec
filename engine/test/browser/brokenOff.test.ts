import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveModel } from '../../src/browser/model.ts';
import { downloadBlob } from '../../src/browser/open.ts';

// A connection that breaks after the headers: `fetch` has answered by then, and it is the body that fails.

let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('{"name": ', () => setTimeout(() => response.destroy(), 50));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterAll(() => {
  server.close();
});

test('a recording that broke off says so', async () => {
  await expect(downloadBlob(`${base}talk.mp3`)).rejects.toMatchObject({
    name: 'AudioError',
    code: 'audio_unreadable',
    message: expect.stringMatching(/talk\.mp3 broke off \(.+\)\.$/),
  });
});

test('a manifest that broke off says so', async () => {
  await expect(resolveModel({ baseUrl: base })).rejects.toMatchObject({
    name: 'ModelError',
    code: 'model_missing',
    message: `${base}manifest.json broke off after 9 bytes.`,
  });
});
