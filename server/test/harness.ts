import { randomBytes, randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { createApp } from '../src/app.ts';
import { createKey } from '../src/auth.ts';
import { type Config, readConfig } from '../src/config.ts';
import { scopes as everyScope } from '../src/contract/common.ts';
import type { Deps } from '../src/deps.ts';
import { startEmbeddedPostgres } from '../src/embeddedPostgres.ts';
import { createBacklog } from '../src/jobs/backlog.ts';
import { createQueue } from '../src/jobs/queue.ts';
import { createWorker, type Worker } from '../src/jobs/worker.ts';
import { silentLog } from '../src/log.ts';
import { announced } from '../src/media/announced.ts';
import { openFolder } from '../src/media/folder.ts';
import { createSigner } from '../src/media/signer.ts';
import { createMetrics } from '../src/metrics.ts';
import type { Api } from '../src/operation.ts';
import { migrate, openDb } from '../src/store/db.ts';
import { createVault } from '../src/vault.ts';

/**
 * A whole service in a test: real Postgres (the embedded one, or TEST_DATABASE_URL), real queue, real files; the app
 * without a socket. Only the engine is stood in for, by fakeEngine.ts, where a test is not about the engine.
 */
export interface Harness extends AsyncDisposable {
  readonly app: Api;
  readonly deps: Deps;
  readonly dir: string;
  readonly databaseUrl: string;
  /** An admin key of the tenant `default`. */
  readonly key: string;
  keyFor(tenant: string, scopes?: readonly string[], ratePerMinute?: number): Promise<string>;
  call(path: string, init?: CallInit): Promise<{ status: number; body: Answer; headers: Headers }>;
  worker(over?: { id?: string; engine?: string; model?: string }): Promise<Worker>;
  /** Polls a job until it ends. */
  ended(jobId: string, key?: string): Promise<Answer>;
  upload(name: string, bytes: Uint8Array, key?: string): Promise<string>;
  close(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely, and expect() is what checks them
export type Answer = any;

export interface CallInit {
  readonly method?: string;
  readonly key?: string | null;
  readonly json?: unknown;
  readonly body?: Uint8Array<ArrayBuffer> | ReadableStream | string | FormData;
  readonly headers?: Record<string, string>;
}

export const fakeEngine: string = fileURLToPath(new URL('./fakeEngine.ts', import.meta.url));

export async function startHarness(
  over: { env?: Record<string, string>; config?: (config: Config) => Config; engine?: string } = {},
): Promise<Harness> {
  const dir = await mkdtemp(join(tmpdir(), 'diarist-test-'));
  const database = await testDatabase(dir);
  const base = readConfig({ RATE_SUBMIT_PER_MINUTE: '0', RATE_READ_PER_MINUTE: '0', LEASE_SECONDS: '5', ...over.env });
  const config = over.config ? over.config(base) : base;
  const db = openDb(database.url);
  const queue = createQueue(database.url, () => {});
  await migrate(db, () => queue.start());
  const engine = over.engine ?? fakeEngine;
  const masterKey = randomBytes(32);
  const deps: Deps = {
    config,
    db,
    queue,
    backlog: createBacklog(db),
    engine,
    blobs: announced(await openFolder(join(dir, 'media')), db),
    vault: createVault([masterKey]),
    signer: createSigner(masterKey),
    metrics: createMetrics(),
    log: silentLog,
    models: () => [
      { id: 'embedded-test', kind: 'diarization', aliases: ['precision-2', 'community-1'], sha256: '00'.repeat(32) },
      { id: 'embedded-test-embedding', kind: 'embedding', aliases: [], sha256: '11'.repeat(32) },
    ],
    scratch: join(dir, 'work'),
    freeBytes: async () => 100 * 2 ** 30,
  };
  await mkdir(deps.scratch);
  const app = createApp(deps);
  const by = { actor: 'system', requestId: randomUUID() };
  const keyFor = async (tenant: string, scopes: readonly string[] = everyScope, ratePerMinute?: number) =>
    (await createKey(db, { name: 'test', tenant, scopes, ratePerMinute: ratePerMinute ?? null }, by)).secret;
  const key = await keyFor('default');
  const workers: Worker[] = [];

  const call: Harness['call'] = async (path, { method, key: as = key, json, body, headers = {} } = {}) => {
    const sent = json === undefined ? body : JSON.stringify(json);
    const length = typeof sent === 'string' ? { 'content-length': String(Buffer.byteLength(sent)) } : {};
    const answer = await app.request(path, {
      method: method ?? (json !== undefined || body !== undefined ? 'POST' : 'GET'),
      headers: { ...(as ? { authorization: `Bearer ${as}` } : {}), ...length, ...headers },
      ...(sent !== undefined ? { body: sent } : {}),
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    } as RequestInit);
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json');
    return { status: answer.status, body: isJson && text ? JSON.parse(text) : text, headers: answer.headers };
  };

  const harness: Harness = {
    app,
    deps,
    dir,
    databaseUrl: database.url,
    key,
    keyFor,
    call,
    async worker({ id = `worker-${workers.length}`, engine: other = engine, model = 'fake' } = {}) {
      const worker = createWorker(deps, {
        id,
        engine: other,
        model,
        device: 'cpu',
        threads: 1,
        memoryBytes: 600 * 2 ** 20,
      });
      workers.push(worker);
      await worker.start();
      return worker;
    },
    async ended(jobId, as = key) {
      const deadline = Date.now() + 55_000;
      for (;;) {
        const { body } = await call(`/v1/jobs/${jobId}`, { key: as });
        if (['succeeded', 'failed', 'canceled'].includes(body.status)) return body;
        if (Date.now() > deadline)
          throw new Error(`The job is still ${body.status} after 55 s: ${JSON.stringify(body)}`);
        await new Promise((resume) => setTimeout(resume, 50));
      }
    },
    async upload(name, bytes, as = key) {
      const { body } = await call('/v1/media/input', { json: { url: `media://${name}` }, key: as });
      const { status } = await call(new URL(body.url).pathname, {
        method: 'PUT',
        key: null,
        body: new Uint8Array(bytes),
      });
      if (status !== 200) throw new Error(`The upload answered ${status}.`);
      return `media://${name}`;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.stop(500)));
      await queue.stop();
      await db.destroy();
      await database.close();
      await rm(dir, { recursive: true, force: true });
    },
    [Symbol.asyncDispose]: () => harness.close(),
  };
  return harness;
}

/** A fresh database: of TEST_DATABASE_URL's server when it is set, else of an embedded Postgres of its own. */
async function testDatabase(dir: string): Promise<{ url: string; close(): Promise<void> }> {
  const server = process.env['TEST_DATABASE_URL'];
  if (server) {
    const name = `diarist_test_${randomUUID().replaceAll('-', '')}`;
    const admin = new pg.Client({ connectionString: server });
    await admin.connect();
    await admin.query(`create database ${name}`);
    const url = new URL(server);
    url.pathname = `/${name}`;
    return {
      url: url.href,
      async close() {
        await admin.query(`drop database ${name} with (force)`);
        await admin.end();
      },
    };
  }
  await copyTemplate(dir);
  const postgres = await startEmbeddedPostgres(dir, { fsync: false });
  return { url: postgres.url, close: () => postgres.stop() };
}

/** initdb takes seconds: one cluster is made for all tests of this user, and copied. */
async function copyTemplate(dir: string): Promise<void> {
  const template = join(tmpdir(), `diarist-test-template-18-${process.getuid?.() ?? 0}`);
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      for (const part of ['postgres', 'postgres.password'])
        await cp(join(template, part), join(dir, part), { recursive: true, preserveTimestamps: true });
      await ownAs(dir);
      return;
    } catch {
      await rm(join(dir, 'postgres'), { recursive: true, force: true });
      await rm(join(dir, 'postgres.password'), { force: true });
    }
    const draft = await mkdtemp(join(tmpdir(), 'diarist-test-draft-'));
    const postgres = await startEmbeddedPostgres(draft, { fsync: false });
    await postgres.stop();
    // Whole or not at all: of two that are made at once, one's password must not come to the other's cluster.
    await rename(draft, template).catch(() => {});
    await rm(draft, { recursive: true, force: true });
  }
}

/** A copy made by root belongs to root; the cluster must belong to whom Postgres runs as. */
async function ownAs(dir: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { spawnSync } = await import('node:child_process');
  const template = join(tmpdir(), 'diarist-test-template-18-0', 'postgres');
  spawnSync('chown', ['-R', `--reference=${template}`, join(dir, 'postgres')]);
  spawnSync('chmod', ['700', dir, join(dir, 'postgres')]);
  spawnSync('chmod', ['711', dir]);
}

type Parts = readonly (readonly [seconds: number, speaker: number])[];

/** A 16-bit WAV of given loud stretches, on one channel or the same on several; speaker 0 is silence. fakeEngine.ts reads it. */
export function speechWav(parts: Parts, { channels = 1 } = {}): Uint8Array<ArrayBuffer> {
  return callWav(Array.from({ length: channels }, () => parts));
}

/** The same with a channel for each list. */
export function callWav(byChannel: readonly Parts[]): Uint8Array<ArrayBuffer> {
  const rate = 8000;
  const channels = byChannel.length;
  const all = byChannel.map((parts) =>
    parts.flatMap(([seconds, speaker]) =>
      // Four samples a period: a tone of 2 kHz, which is still there when it is resampled.
      Array.from({ length: Math.round(seconds * rate) }, (_, i) => (i % 4 < 2 ? -1 : 1) * speaker * 1000),
    ),
  );
  const [samples] = all;
  const bytes = Buffer.alloc(44 + samples.length * channels * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(channels, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * channels * 2, 28);
  bytes.writeUInt16LE(channels * 2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(samples.length * channels * 2, 40);
  for (const [c, values] of all.entries())
    for (const [i, value] of values.entries()) bytes.writeInt16LE(value, 44 + (i * channels + c) * 2);
  return new Uint8Array(bytes);
}
