import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { createClient } from './client.ts';
import { runRemote } from './remote.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
  vi.restoreAllMocks();
});

/** A service that does what it is told with each request, in turn; the last one for all that follow. */
async function service(...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const keys: unknown[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers['idempotency-key']);
    const answer = answers[Math.min(keys.length, answers.length) - 1];
    request.resume().on('end', () => answer(request, response));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys };
}

const says =
  (status: number, body: object, headers = {}) =>
  (_: unknown, response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

test('a job is asked for again under the same key when the connection breaks, another one under another', async () => {
  const { url, keys } = await service(
    (request) => request.socket.destroy(),
    says(200, { jobId: 'one', status: 'created' }),
  );
  const client = createClient({ url, key: 'key' });
  const body = { url: 'https://example.com/a.wav' };
  expect(await client.call('diarize', { body })).toMatchObject({ jobId: 'one' });
  await client.call('diarize', { body });
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

test.each([
  ['while the server is busy', says(503, {}, { 'retry-after': '60' })],
  ['while it does not answer', () => {}],
] as const)('an abort %s ends a call at once, with its reason', async (_, answer) => {
  const { url, keys } = await service(answer);
  const controller = new AbortController();
  const call = createClient({ url, key: 'key' }).call('listJobs', { query: {} }, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 100);
  await expect(call).rejects.toThrow('enough');
  expect(keys.length).toBe(1);
});

/** `diarist remote …` and what it says. */
async function remote(...args: string[]) {
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  return { code: await runRemote(args, {}), said: said.join('') };
}

test.each([
  [['--speakers', 'two', 'a.wav'], 'Got --speakers two when a whole number from 1 was expected.'],
  [['--min-speakers', '0', 'a.wav'], 'Got --min-speakers 0 when'],
  [['-o', 'out', 'a/x.wav', 'b/x.wav'], 'Both a/x.wav and b/x.wav would be written to out/x.wav.rttm'],
  [['--format', 'mp3', 'a.wav'], 'Got --format mp3 when one of'],
  [['-o', 'out.docx', 'a.wav'], "Can't tell the format from 'out.docx': say --format with one of json,"],
  [['--nonsense', 'a.wav'], "Unknown option '--nonsense'"],
])('diarist remote diarize %j is a misuse, told before anything is sent', async (args, message) => {
  const { url, keys } = await service(says(500, {}));
  const { code, said } = await remote('--url', url, '--key', 'key', 'diarize', ...args);
  expect(said).toContain(message);
  expect(code).toBe(2);
  expect(keys).toEqual([]);
});

test.each([
  [['-o', 'talk.srt'], 'talk.srt', 'srt'],
  [['-o', 'talk.TextGrid'], 'talk.TextGrid', 'textgrid'],
  [['-o', 'talk.txt', '--format', 'csv'], 'talk.txt', 'csv'],
  [['-o', 'talk'], 'talk', 'rttm'],
  [['-o', 'results/'], 'results/a.wav.rttm', 'rttm'],
  [['-o', '.', '--format', 'json'], 'a.wav.json', 'json'],
])('diarist remote diarize %j writes %s as %s', async (args, file, format) => {
  const folder = mkdtempSync(join(tmpdir(), 'diarist-remote-'));
  closing.push(() => rmSync(folder, { recursive: true }));
  const asked: (string | null)[] = [];
  const job = { jobId: '0b6bd5c0-0000-4000-8000-000000000000', status: 'succeeded', output: {} };
  const { url } = await service(says(200, job), says(200, job), (request, response) => {
    asked.push(new URL(request.url!, 'http://x').searchParams.get('format'));
    response.writeHead(200, { 'content-type': 'text/plain' }).end('the result');
  });
  const at = args.map((arg) => (/^(-|csv|json)/.test(arg) ? arg : `${folder}/${arg}`));
  const { code, said } = await remote('--url', url, '--key', 'key', 'diarize', 'https://example.org/a.wav', ...at);
  expect([code, said]).toEqual([0, '']);
  expect(asked).toEqual([format]);
  expect(readFileSync(join(folder, file), 'utf8')).toBe('the result');
});

test('a server that is not there is no misuse', async () => {
  const { url } = await service(says(200, {}));
  closing.pop()?.();
  const { code, said } = await remote('--url', url, '--key', 'key', 'list');
  expect(said).toContain(`${url} cannot be reached`);
  expect(code).toBe(1);
}, 20_000);
