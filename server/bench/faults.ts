import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/embeddedPostgres.ts';
import { verifyWebhook } from '../src/webhook/sign.ts';
import { speechWav } from '../test/harness.ts';

/**
 * The fault run: many short jobs, several workers in processes of their own, workers (and their inference processes)
 * killed with SIGKILL at random every few seconds, Postgres killed and restarted. In the end every job must have ended
 * exactly once, every webhook must have arrived with a good signature, and the audit chain must hold.
 *
 *   npm run bench:faults -w server -- --jobs 500 --workers 4 --kill-ms 3000 --restarts 2 [--engine fake|diarist]
 */
export interface FaultOptions {
  readonly jobs: number;
  readonly workers: number;
  readonly killMs: number;
  readonly restarts: number;
  /** A module of the engine's shape. */
  readonly engine: string;
  readonly wav?: Uint8Array<ArrayBuffer>;
  readonly limitMs: number;
  readonly say?: (line: string) => void;
}

export interface FaultReport {
  readonly jobs: number;
  readonly seconds: number;
  readonly workersKilled: number;
  readonly postgresRestarts: number;
  readonly ends: Readonly<Record<string, number>>;
  /** Why jobs failed, and at which attempt: only the third loss of a worker is a reason. */
  readonly errors: Readonly<Record<string, number>>;
  readonly endedTwice: number;
  readonly unended: number;
  readonly attempts: Readonly<Record<string, number>>;
  readonly webhooks: { readonly arrived: number; readonly distinct: number; readonly badSignatures: number };
  readonly audit: { readonly ok: boolean; readonly events: number };
}

const processFile = fileURLToPath(new URL('./serviceProcess.ts', import.meta.url));

export async function runFaults(options: FaultOptions): Promise<FaultReport> {
  const {
    jobs,
    workers,
    killMs,
    restarts,
    engine,
    limitMs,
    say = () => {},
    wav = speechWav([
      [1, 1],
      [1, 2],
    ]),
  } = options;
  const dir = await mkdtemp(join(tmpdir(), 'diarist-faults-'));
  const postgres = await startEmbeddedPostgres(dir);
  const port = await freePort();
  const key = `fault-run-${randomBytes(12).toString('hex')}`;
  const env = {
    ...process.env,
    DATABASE_URL: postgres.url,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    BOOTSTRAP_API_KEY: key,
    DATA_DIR: join(dir, 'data'),
    PORT: String(port),
    METRICS_PORT: '0',
    LEASE_SECONDS: '5',
    RATE_SUBMIT_PER_MINUTE: '0',
    RATE_READ_PER_MINUTE: '0',
    WEBHOOK_ALLOW_HTTP: 'true',
    WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
    LOG_LEVEL: 'silent',
  };
  const start = (role: 'serve' | 'work'): ChildProcess =>
    fork(processFile, [role, engine], { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ready = (child: ChildProcess) => Promise.race([once(child, 'message'), once(child, 'exit')]);
  const started = Date.now();
  const server = start('serve');
  await ready(server);
  const base = `http://127.0.0.1:${port}`;
  const call = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    for (let attempt = 0; ; attempt++) {
      const answer = await fetch(base + path, {
        ...init,
        headers: { authorization: `Bearer ${key}`, ...init.headers },
      }).catch(() => undefined);
      // A client that got no answer, or 503, asks again: that is what the Idempotency-Key is for.
      if (answer && answer.status < 500) return (await answer.json()) as Answer;
      if (attempt > 200) throw new Error(`${path} did not answer.`);
      await pause(100);
    }
  };

  const hooks: { job: string; good: boolean }[] = [];
  const { secret } = await call('/v1/webhook-secret/rotate', { method: 'POST' });
  const receiver = createServer((request, answer) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const sent = {
        timestamp: Number(request.headers['x-request-timestamp']),
        signature: String(request.headers['x-signature']),
        body,
      };
      hooks.push({ job: (JSON.parse(body.toString()) as { jobId: string }).jobId, good: verifyWebhook(secret, sent) });
      answer.end();
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;

  const { url } = await call('/v1/media/input', { method: 'POST', body: '{"url":"media://short.wav"}' });
  await fetch(url, { method: 'PUT', body: wav });

  const pool = new Set<ChildProcess>();
  let stopping = false;
  const addWorker = () => {
    if (stopping) return; // asked for before the end
    const worker = start('work');
    pool.add(worker);
    worker.once('exit', () => {
      pool.delete(worker);
      if (!stopping) setTimeout(addWorker, 200);
    });
  };
  for (let i = 0; i < workers; i++) addWorker();

  // Submitting goes on while the faults happen.
  const ids: string[] = [];
  const submitting = (async () => {
    for (let i = 0; i < jobs; i++) {
      const body = JSON.stringify({ url: 'media://short.wav', webhook: hook, metadata: { number: String(i) } });
      const { jobId } = await call('/v1/diarize', { method: 'POST', body, headers: { 'idempotency-key': `job ${i}` } });
      ids.push(jobId);
    }
  })();

  let killed = 0;
  let restarted = 0;
  const killer = setInterval(() => {
    const alive = [...pool];
    const victim = alive[Math.floor(Math.random() * alive.length)];
    if (!victim) return;
    // Half of the time the worker itself, half of the time only its inference process.
    if (Math.random() < 0.5) victim.kill('SIGKILL');
    else for (const pid of childrenOf(victim.pid!)) process.kill(pid, 'SIGKILL');
    killed++;
    say(`${seconds(started)} s: a worker was killed (${killed}); ${hooks.length} webhooks so far`);
  }, killMs);
  const restart = async () => {
    process.kill(postgres.pid, 'SIGKILL');
    restarted++;
    say(`${seconds(started)} s: Postgres was killed (${restarted})`);
  };

  const client = () => new pg.Client({ connectionString: postgres.url });
  const query = async (text: string): Promise<Record<string, string>[]> => {
    for (let attempt = 0; ; attempt++) {
      const one = client();
      one.on('error', () => {});
      try {
        await one.connect();
        const { rows } = await one.query(text);
        await one.end();
        return rows;
      } catch (error) {
        await one.end().catch(() => {});
        if (attempt > 100) throw error;
        await pause(200);
      }
    }
  };
  const ENDS = "('succeeded', 'failed', 'canceled')";
  for (;;) {
    const [{ ended }] = await query(`select count(*) as ended from job where status in ${ENDS}`);
    const share = Number(ended) / jobs;
    if (restarted < restarts && share >= (restarted + 1) / (restarts + 1)) await restart();
    const [{ due }] = await query('select count(*) as due from outbox where next_at is not null');
    if (Number(ended) >= jobs && Number(due) === 0) break;
    if (Date.now() - started > limitMs) break;
    await pause(500);
  }
  clearInterval(killer);
  await submitting;
  const took = (Date.now() - started) / 1000;
  stopping = true;
  const count = async (text: string) =>
    Object.fromEntries((await query(text)).map((row) => [row['name'], Number(row['count'])]));
  const ends = await count(`select status as name, count(*) as count from job group by 1`);
  const errors = await count(
    `select error_code || ' after ' || attempts as name, count(*) as count from job where error_code is not null group by 1`,
  );
  const attempts = await count(`select attempts as name, count(*) as count from job group by 1 order by 1`);
  const [{ twice }] = await query(
    'select count(*) as twice from (select job_id from outbox group by 1 having count(*) > 1) as more',
  );
  const audit = (await call('/v1/audit/verify')) as unknown as { ok: boolean; events: number };
  for (const child of [...pool, server]) child.kill('SIGKILL');
  receiver.close();
  await pause(300);
  await postgres.stop();
  await rm(dir, { recursive: true, force: true });
  const ended = Object.entries(ends).reduce((sum, [name, n]) => sum + (ENDS.includes(`'${name}'`) ? n : 0), 0);
  return {
    jobs: new Set(ids).size,
    seconds: Math.round(took * 10) / 10,
    workersKilled: killed,
    postgresRestarts: restarted,
    ends,
    errors,
    endedTwice: Number(twice),
    unended: jobs - ended,
    attempts,
    webhooks: {
      arrived: hooks.length,
      distinct: new Set(hooks.map(({ job }) => job)).size,
      badSignatures: hooks.filter(({ good }) => !good).length,
    },
    audit: { ok: audit.ok, events: audit.events },
  };
}

interface Answer {
  url: string;
  jobId: string;
  secret: string;
}

/** The processes that a process has started. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

const seconds = (since: number) => ((Date.now() - since) / 1000).toFixed(1);
const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms));

export async function freePort(): Promise<number> {
  const server = createNetServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { parseArgs } = await import('node:util');
  const { values } = parseArgs({
    options: {
      jobs: { type: 'string', default: '500' },
      workers: { type: 'string', default: '4' },
      'kill-ms': { type: 'string', default: '3000' },
      restarts: { type: 'string', default: '2' },
      engine: { type: 'string', default: 'fake' },
      wav: { type: 'string' },
      minutes: { type: 'string', default: '10' },
    },
  });
  const fake = fileURLToPath(new URL('../test/fakeEngine.ts', import.meta.url));
  const report = await runFaults({
    jobs: Number(values.jobs),
    workers: Number(values.workers),
    killMs: Number(values['kill-ms']),
    restarts: Number(values.restarts),
    engine: values.engine === 'fake' ? fake : values.engine,
    ...(values.wav ? { wav: new Uint8Array(await readFile(values.wav)) } : {}),
    limitMs: Number(values.minutes) * 60_000,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  process.exit(report.unended === 0 && report.endedTwice === 0 && report.audit.ok ? 0 : 1);
}
