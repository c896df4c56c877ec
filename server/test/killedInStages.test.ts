import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../bench/faults.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/embeddedPostgres.ts';
import { verifyWebhook } from '../src/webhook/sign.ts';

// kill -9 of a worker in every stage of a job, of the server while it sends a webhook, and of Postgres while a job's end
// is written. Every process is its own; only the engine is stood in for, by one that stays in a stage until it is killed.

const KEY = 'killed-in-stages-0123456789';
const engine = fileURLToPath(new URL('./stagedEngine.ts', import.meta.url));
const processFile = fileURLToPath(new URL('../bench/serviceProcess.ts', import.meta.url));
const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms));

let dir: string;
let postgres: EmbeddedPostgres;
let env: NodeJS.ProcessEnv;
let server: ChildProcess;
let base: string;
let other: Server;
let otherUrl: string;
let secret: string;
const sent: { job: string; status: string; good: boolean }[] = [];
const stalled = new Map<string, ServerResponse>();
let hangs = true;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diarist-stages-'));
  postgres = await startEmbeddedPostgres(dir, { fsync: false });
  await mkdir(join(dir, 'stalls'));
  other = createServer((request, answer) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (request.method === 'GET') return slowFile(answer);
      const body = Buffer.concat(parts);
      const { jobId: job, status } = JSON.parse(body.toString()) as { jobId: string; status: string };
      if (request.url === '/hangs' && hangs) return void stalled.set(job, answer);
      const timestamp = Number(request.headers['x-request-timestamp']);
      const signature = String(request.headers['x-signature']);
      sent.push({ job, status, good: verifyWebhook(secret, { timestamp, signature, body }) });
      answer.end();
    });
  });
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const port = await freePort();
  base = `http://127.0.0.1:${port}`;
  env = {
    ...process.env,
    DATABASE_URL: postgres.url,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    BOOTSTRAP_API_KEY: KEY,
    DATA_DIR: join(dir, 'data'),
    PORT: String(port),
    METRICS_PORT: '0',
    LEASE_SECONDS: '3',
    WEBHOOK_ALLOW_HTTP: 'true',
    WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
    FETCH_ALLOWED_HOSTS: '127.0.0.1',
    LOG_LEVEL: 'silent',
    DIARIST_STALL_DIR: join(dir, 'stalls'),
  };
  server = await start('serve');
  secret = (await call('/v1/webhook-secret/rotate', {})).secret;
}, 60_000);

afterAll(async () => {
  server.kill('SIGKILL');
  other.closeAllConnections();
  other.close();
  await postgres.stop();
  await rm(dir, { recursive: true, force: true });
});

/** A download that stops half-way the first time. */
let downloads = 0;
function slowFile(answer: ServerResponse): void {
  if (downloads++ > 0) return void answer.end('stall never');
  answer.writeHead(200, { 'content-length': '11' });
  answer.write('stall');
}

async function start(role: 'serve' | 'work'): Promise<ChildProcess> {
  const child = fork(processFile, [role, engine], { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await Promise.race([once(child, 'message'), once(child, 'exit')]);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function call(path: string, json?: object): Promise<Record<string, string>> {
  for (let attempt = 0; ; attempt++) {
    const answer = await fetch(base + path, {
      method: json ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${KEY}` },
      ...(json ? { body: JSON.stringify(json) } : {}),
    }).catch(() => undefined);
    if (answer && answer.status < 500) return (await answer.json()) as Record<string, string>;
    if (attempt > 100) throw new Error(`${path} did not answer.`);
    await pause(100);
  }
}

async function submit(text: string, hook = '/'): Promise<string> {
  const name = `media://${text.replaceAll(' ', '-')}.wav`;
  const { url } = await call('/v1/media/input', { url: name });
  await fetch(url, { method: 'PUT', body: text });
  return (await call('/v1/diarize', { url: name, webhook: otherUrl + hook })).jobId;
}

async function sqlOf<T>(run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: postgres.url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** A new worker takes the job and is killed when the job is in a stage. */
async function killIn(jobId: string, reached: (job: { status: string; stage: string }) => boolean | Promise<boolean>) {
  const worker = await start('work');
  for (let i = 0; ; i++) {
    const job = (await call(`/v1/jobs/${jobId}`)) as { status: string; stage: string };
    if (job.status === 'running' && (await reached(job))) break;
    if (i > 300) throw new Error(`The job never got there: ${JSON.stringify(job)}`);
    await pause(50);
  }
  await kill(worker);
}

async function ended(jobId: string): Promise<Record<string, unknown>> {
  for (let i = 0; ; i++) {
    const job = await call(`/v1/jobs/${jobId}`);
    if (['succeeded', 'failed', 'canceled'].includes(job.status)) return job;
    if (i > 400) throw new Error(`The job did not end: ${JSON.stringify(job)}`);
    await pause(100);
  }
}

test('a worker killed in any stage: the job is run again and ends once, with one webhook', async () => {
  const ids: Record<string, string> = {};
  ids['fetching'] = (await call('/v1/diarize', { url: `${otherUrl}/a.wav`, webhook: `${otherUrl}/` })).jobId;
  await killIn(ids['fetching'], ({ stage }) => stage === 'fetching' && downloads > 0);
  for (const stage of ['decoding', 'segmentation', 'embedding', 'clustering']) {
    ids[stage] = await submit(`stall ${stage}`);
    await killIn(ids[stage], (job) => job.stage === stage);
  }
  let last = await start('work');
  for (const [stage, id] of Object.entries(ids))
    expect(await ended(id), stage).toMatchObject({ status: 'succeeded', attempts: 2 });
  await kill(last);
  // The end is one transaction: with the outbox locked it has written the job's row and waits to write the webhook's.
  ids['writing'] = await submit('stall never');
  await sqlOf(async (holder) => {
    await holder.query('begin; lock table outbox in exclusive mode');
    const waits = async () => {
      const { rows } = await sqlOf((client) =>
        client.query(
          `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'insert into "outbox"%'`,
        ),
      );
      return rows.length > 0;
    };
    await killIn(ids['writing'], waits);
    await holder.query('rollback');
  });
  last = await start('work');
  expect(await ended(ids['writing'])).toMatchObject({ status: 'succeeded', attempts: 2 });
  await expect.poll(() => new Set(sent.map(({ job }) => job)).size, { timeout: 10_000 }).toBe(6);
  expect(sent.filter(({ good }) => !good)).toEqual([]);
  const { rows } = await sqlOf((client) => client.query('select job_id from outbox'));
  expect(new Set(rows.map((row: { job_id: string }) => row.job_id)).size).toBe(rows.length);
  await kill(last);
}, 120_000);

test('the server killed while it sends a webhook: the next one sends it again', async () => {
  const id = await submit('stall never', '/hangs');
  const worker = await start('work');
  expect((await ended(id))['status']).toBe('succeeded');
  await expect.poll(() => stalled.has(id), { timeout: 10_000 }).toBe(true);
  await kill(server);
  hangs = false;
  // what the killed server holds comes due after 45 s; here its time is up at once
  await sqlOf((client) => client.query('update outbox set next_at = now() where next_at is not null'));
  server = await start('serve');
  await expect
    .poll(() => sent.filter(({ job }) => job === id), { timeout: 15_000 })
    .toEqual([{ job: id, status: 'succeeded', good: true }]);
  await kill(worker);
}, 60_000);

test('Postgres killed while a job runs and while its end is written: it ends once', async () => {
  const id = await submit('stall never');
  await sqlOf(async (holder) => {
    await holder.query('begin; lock table outbox in exclusive mode');
    const worker = await start('work');
    await expect
      .poll(
        () =>
          sqlOf((client) =>
            client.query(
              `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'insert into "outbox"%'`,
            ),
          ).then(({ rows }) => rows.length),
        { timeout: 15_000 },
      )
      .toBe(1);
    process.kill(postgres.pid, 'SIGKILL');
    // the worker has the result and writes it again when the store is back
    expect(await ended(id)).toMatchObject({ status: 'succeeded' });
    await kill(worker);
  });
  await expect.poll(() => sent.filter(({ job }) => job === id).length, { timeout: 15_000 }).toBeGreaterThan(0);
  const { rows } = await sqlOf((client) => client.query('select 1 from outbox where job_id = $1', [id]));
  expect(rows).toHaveLength(1);
  expect(((await call('/v1/audit/verify')) as unknown as { ok: boolean }).ok).toBe(true);
}, 60_000);

test('two servers that start at once on an empty database: one migrates, also when the first is killed at it', async () => {
  await sqlOf((client) => client.query('create database fresh'));
  const url = new URL(postgres.url);
  url.pathname = '/fresh';
  const begin = async () => {
    const port = await freePort();
    const child = fork(processFile, ['serve', engine], {
      env: { ...env, DATABASE_URL: url.href, PORT: String(port) },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    return { child, port, up: Promise.race([once(child, 'message'), once(child, 'exit')]) };
  };
  const [first, second, third] = await Promise.all([begin(), begin(), begin()]);
  const fresh = new pg.Client({ connectionString: url.href });
  fresh.on('error', () => {});
  await fresh.connect();
  // Whoever holds the lock is killed as soon as there is something in the database.
  const some = async () => (await fresh.query(`select to_regclass('kysely_migration') as t`)).rows[0].t;
  while (!(await some())) await pause(5);
  await kill(first.child);
  await Promise.all([second.up, third.up]);
  for (const { port } of [second, third])
    expect(
      (await fetch(`http://127.0.0.1:${port}/v1/test`, { headers: { authorization: `Bearer ${KEY}` } })).status,
    ).toBe(200);
  const { rows } = await fresh.query('select name, count(*)::int as times from kysely_migration group by 1');
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.every(({ times }: { times: number }) => times === 1)).toBe(true);
  expect((await fresh.query('select count(*)::int as keys from api_key')).rows[0].keys).toBe(1);
  await fresh.end();
  for (const { child } of [second, third]) await kill(child);
}, 60_000);
