import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { download } from './fetch.ts';

const deps = { config: readConfig({ FETCH_ALLOWED_HOSTS: '127.0.0.1' }) };
let dir: string;
let server: Server;
let url: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diarist-fetch-'));
  // The headers and one byte at once, the rest when a file that cannot be opened has long said so.
  server = createServer((_, answer) => {
    answer.write('a');
    setTimeout(() => answer.end('bc'), 200);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  server.close();
  await rm(dir, { recursive: true, force: true });
});

const fetched = (into: string, maxBytes = 100) =>
  download(deps, url, { signal: AbortSignal.timeout(5000), maxBytes, into });

test('what comes is written, up to the most that may come', async () => {
  expect(await fetched(join(dir, 'whole'))).toEqual({ size: 3 });
  expect(await readFile(join(dir, 'whole'), 'utf8')).toBe('abc');
  await expect(fetched(join(dir, 'cut'), 2)).rejects.toMatchObject({ code: 'too_large' });
});

test('a file that cannot be written is our fault, not that of the url, and ends nothing but the download', async () => {
  await expect(fetched(join(dir, 'gone', 'file'))).rejects.toMatchObject({ name: 'Error', code: 'ENOENT' });
});

test('one that takes longer than it may is said to, also in the middle of its answer', async () => {
  const { config } = deps;
  const hasty = { config: { ...config, worker: { ...config.worker, fetchTimeoutSeconds: 0.1 } } };
  const late = download(hasty, url, { signal: AbortSignal.timeout(5000), maxBytes: 100, into: join(dir, 'late') });
  await expect(late).rejects.toMatchObject({
    code: 'fetch_failed',
    message: 'The url could not be fetched: it took too long',
  });
});
