import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../bench/faults.ts';
import { startEmbeddedPostgres } from '../src/embeddedPostgres.ts';

// `diarist serve` as its user meets it: what it says when something is wrong, and that no admin key is lost over it.

const main = new URL('../src/main.ts', import.meta.url).href;
let dir: string;
const running = new Set<ChildProcess>();
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diarist-command-'));
  await chmod(dir, 0o755);
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

const serve = (...args: string[]) => server(['serve', ...args]);

/** `diarist-server`, which ends once nothing is left to do. */
function server(args: readonly string[], env: Record<string, string> = {}) {
  const script = `import { runServer } from ${JSON.stringify(main)}; process.exitCode = await runServer(process.argv.slice(1));`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, '--', ...args], {
    env: { PATH: process.env['PATH'], METRICS_PORT: '0', LOG_LEVEL: 'silent', SHUTDOWN_SECONDS: '1', ...env },
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });
  running.add(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      said += data.toString();
    });
  const ended = once(child, 'exit').then(([code]) => {
    running.delete(child);
    return code as number;
  });
  return { child, ended, said: () => said };
}

test.each([
  [['--prot', '1'], 2, "Unknown option '--prot'"],
  [['--port', 'abc'], 2, 'PORT: got "abc", expected a whole number from 0 to 65535'],
  [['8080'], 2, "Unexpected argument '8080'"],
])('%j is refused with %i and a sentence', async (args, code, sentence) => {
  const { ended, said } = serve(...args);
  expect(await ended).toBe(code);
  expect(said()).toContain(sentence);
});

test.each([
  [['--help'], 0, 'serve | work | rotate-encryption'],
  [['rotate'], 2, 'serve | work | rotate-encryption'],
  [['rotate-encryption', '--help'], 0, 'Usage: diarist-server rotate-encryption'],
  [['work', '-h'], 0, 'Usage: diarist work'],
  [['work', '--wrokers', '2'], 2, 'Usage: diarist work'],
  [['rotate-encryption', '--key', 'x'], 2, 'Usage: diarist-server rotate-encryption'],
])('diarist-server %j ends with %i and says how it is used', async (args, code, sentence) => {
  const { ended, said } = server(args);
  expect(await ended).toBe(code);
  expect(said()).toContain(sentence);
});

test('a data folder that cannot be made is named, with what to do', async () => {
  await writeFile(join(dir, 'file'), '');
  const { ended, said } = serve('--data', join(dir, 'file', 'x'));
  expect(await ended).toBe(1);
  expect(said()).toMatch(/^The data folder .*file\/x cannot be used: a part of its path is a file\. .*--data DIR/m);
});

test('a port that is taken is said; the next start shows the admin key, and Ctrl-C stops it', async () => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const taken = (other.address() as AddressInfo).port;
  const data = join(dir, 'data');
  const first = server(['serve', '--data', data, '--no-worker', '--port', String(taken)], { LIVE: 'true' });
  expect(await first.ended).toBe(1);
  expect(first.said()).toContain(
    `Port ${taken} of 127.0.0.1 is taken by another program; give a free one with --port.`,
  );
  expect(first.said()).not.toContain('dk_');
  other.close();

  const left = join(data, 'work', 'left');
  await mkdir(left, { recursive: true });
  const port = await freePort();
  const second = serve('--data', data, '--no-worker', '--port', String(port));
  await expect.poll(second.said, { timeout: 30_000 }).toMatch(/admin key, shown only this once: dk_[\w-]{43}\n/);
  const key = /dk_[\w-]{43}/.exec(second.said())![0];
  const answer = await fetch(`http://127.0.0.1:${port}/v1/test`, { headers: { authorization: `Bearer ${key}` } });
  expect(answer.status).toBe(200);
  // What the process before it had downloaded is gone, and what it downloads itself goes when it stops.
  const folders = await readdir(join(data, 'work'));
  expect(folders).toHaveLength(1);
  expect(folders).not.toContain('left');
  const third = serve('--data', data, '--no-worker', '--port', String(await freePort()));
  expect(await third.ended).toBe(1);
  expect(third.said()).toMatch(/is in use by another diarist server \(process \d+\)/);
  second.child.kill('SIGINT');
  expect(await second.ended).toBe(0);
  expect(second.said()).toContain('Stopping: what runs may take 1 s more.');
  expect(await readdir(join(data, 'work'))).toEqual([]);
});

test('a folder for media that is a file is said, and nothing goes on', async () => {
  const data = join(dir, 'mistaken');
  await mkdir(data);
  await writeFile(join(data, 'media'), '');
  const { ended, said } = serve('--data', data, '--no-worker', '--port', '0');
  expect(await ended).toBe(1);
  expect(said()).toContain(join(data, 'media'));
  expect(await readdir(join(data, 'work'))).toEqual([]);
});

test('Ctrl-C while the models are loading stops the database, too', async () => {
  const data = join(dir, 'early');
  const { child, ended, said } = serve('--data', data, '--port', String(await freePort()));
  await expect.poll(said, { timeout: 50_000, interval: 10 }).toContain('Stop with Ctrl-C.');
  child.kill('SIGINT');
  expect(await ended, said()).toBe(0);
  expect(await readdir(data)).not.toContain('server.lock');
  expect(await readdir(join(data, 'postgres'))).not.toContain('postmaster.pid');
});

test('a rotation seals what is there; one that meets what no key opens says so and ends', async () => {
  const data = join(dir, 'rotated');
  const before = server(['rotate-encryption', '--data', data]);
  expect(await before.ended, before.said()).toBe(0);
  const keys = {
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    ENCRYPTION_KEY_PREVIOUS: (await readFile(join(data, 'encryption.key'), 'utf8')).trim(),
  };
  const rotated = server(['rotate-encryption', '--data', data], keys);
  expect(await rotated.ended, rotated.said()).toBe(0);
  expect(rotated.said()).toBe('1 values were sealed with the new key.\n');
  const postgres = await startEmbeddedPostgres(data);
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(`insert into webhook_secret (tenant, secret) values ('default', $1)`, [Buffer.alloc(64, 1)]);
  await client.end();
  await postgres.stop();
  const refused = server(['rotate-encryption', '--data', data], keys);
  expect(await refused.ended).toBe(1);
  expect(refused.said()).toBe('A sealed value was made with an encryption key that this server does not have.\n');
});
