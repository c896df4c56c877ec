import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '../src/embeddedPostgres.ts';
import { speechWav } from '../test/harness.ts';
import { freePort } from './faults.ts';

/**
 * A full disk, a real one: memory disks (Linux, as root) of a few megabytes under the recordings and under Postgres.
 *
 *   npm run bench:disk -w server
 *
 * Recordings: an upload that does not fit is refused with 503 and leaves nothing; one that fits is taken. Postgres: jobs are
 * submitted until its disk is full, some more while it is, and again when there is room. No answer may be 500, the
 * server must live, and every job that was accepted must end.
 */
const KEY = 'disk-full-run-0123456789';
const engine = fileURLToPath(new URL('../test/fakeEngine.ts', import.meta.url));
const processFile = fileURLToPath(new URL('./serviceProcess.ts', import.meta.url));
const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms));
const wav = speechWav([
  [1, 1],
  [1, 2],
]);

const mounts: string[] = [];
function mount(at: string, size: string, mode = '0755'): void {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=${mode}`, 'tmpfs', at]);
  if (status !== 0) throw new Error(`A memory disk could not be mounted (this needs root on Linux): ${stderr}`);
  mounts.push(at);
}

const dir = await mkdtemp(join(tmpdir(), 'diarist-disk-'));
await mkdir(join(dir, 'media'));
await mkdir(join(dir, 'postgres'));
spawnSync('chmod', ['755', dir]);
const findings: Record<string, unknown> = {};
let server: ChildProcess | undefined;
try {
  mount(join(dir, 'media'), '8m');
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    PORT: String(port),
    DATA_DIR: dir,
    BOOTSTRAP_API_KEY: KEY,
    METRICS_PORT: '0',
    RATE_SUBMIT_PER_MINUTE: '0',
    RATE_READ_PER_MINUTE: '0',
    LOG_LEVEL: 'silent',
  };
  // The cluster is made on the disk of the folder first and moved onto a small one.
  const first = fork(processFile, ['serve', engine], {
    env,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(first, 'message');
  first.kill('SIGKILL');
  await once(first, 'exit');
  await (await startEmbeddedPostgres(dir)).stop();
  spawnSync('cp', ['-a', join(dir, 'postgres'), join(dir, 'kept')]);
  spawnSync('rm', ['-rf', join(dir, 'postgres')]);
  await mkdir(join(dir, 'postgres'), { mode: 0o700 });
  mount(join(dir, 'postgres'), '128m', '0700');
  spawnSync('chown', ['--reference', join(dir, 'kept'), join(dir, 'postgres')]);
  spawnSync('cp', ['-a', `${join(dir, 'kept')}/.`, join(dir, 'postgres')]);

  server = fork(processFile, ['both', engine], { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let alive = true;
  server.once('exit', () => {
    alive = false;
  });
  await once(server, 'message');
  const statuses: Record<string, number> = {};
  const call = async (path: string, json?: object): Promise<{ status: number; body: Record<string, string> }> => {
    try {
      const answer = await fetch(base + path, {
        method: json ? 'POST' : 'GET',
        headers: { authorization: `Bearer ${KEY}` },
        signal: AbortSignal.timeout(15_000),
        ...(json ? { body: JSON.stringify(json) } : {}),
      });
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      return { status: answer.status, body: (await answer.json()) as Record<string, string> };
    } catch (error) {
      const name = (error as Error).name;
      statuses[name] = (statuses[name] ?? 0) + 1;
      return { status: 0, body: {} };
    }
  };
  const put = async (name: string, bytes: Uint8Array<ArrayBuffer>) => {
    const { body } = await call('/v1/media/input', { url: `media://${name}` });
    return (await fetch(body.url, { method: 'PUT', body: bytes })).status;
  };

  // Recordings
  findings['upload that does not fit'] = await put('large.wav', new Uint8Array(20_000_000));
  findings['drafts left behind'] = (await readdir(join(dir, 'media', 'tmp'))).length;
  findings['upload that fits'] = await put('small.wav', wav);

  // Postgres
  const accepted: string[] = [];
  const submit = async () => {
    const { status, body } = await call('/v1/diarize', {
      url: 'media://small.wav',
      metadata: { filler: 'x'.repeat(200) },
    });
    if (status === 200) accepted.push(body.jobId);
    return status;
  };
  for (let i = 0; i < 10; i++) await submit();
  const ballast = join(dir, 'postgres', 'ballast');
  spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k']);
  let refused = 0;
  const until = Date.now() + 40_000;
  for (let i = 0; i < 4000 && refused < 30 && Date.now() < until; i++) {
    if ((await submit()) === 200) continue;
    refused++;
    await pause(200);
  }
  findings['refused while Postgres had no room'] = refused;
  await rm(ballast, { force: true });
  const freed = Date.now();
  while ((await submit()) !== 200 && Date.now() - freed < 60_000) await pause(200);
  findings['seconds until jobs were taken again'] = Math.round((Date.now() - freed) / 100) / 10;
  const ends: Record<string, number> = {};
  for (const id of accepted) {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const { status, body } = await call(`/v1/jobs/${id}`);
      const end = status === 404 ? 'lost' : ['succeeded', 'failed'].includes(body.status) ? body.status : undefined;
      if (end || Date.now() > deadline) {
        ends[end ?? 'unended'] = (ends[end ?? 'unended'] ?? 0) + 1;
        break;
      }
      await pause(200);
    }
  }
  findings['accepted'] = accepted.length;
  findings['ends'] = ends;
  findings['audit'] = (await call('/v1/audit/verify')).body;
  findings['answers'] = statuses;
  findings['server lives'] = alive;
  await writeFile(join(dir, 'done'), '');
  process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
  process.exitCode = alive && !statuses[500] && ends['succeeded'] === accepted.length && refused > 0 ? 0 : 1;
} finally {
  if (server?.exitCode === null) {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
  // The Postgres that a killed server left is stopped through its folder.
  await startEmbeddedPostgres(dir).then(
    (postgres) => postgres.stop(),
    () => {},
  );
  for (const at of mounts.reverse()) spawnSync('umount', ['-l', at]);
  await rm(dir, { recursive: true, force: true });
}
