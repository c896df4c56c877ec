import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '../src/embeddedPostgres.ts';
import { freePort } from './faults.ts';

/**
 * The load run: 100 clients at once, each sending one request after the other, first submits, then status requests,
 * then the same against a bare handler of the same framework. Client and server share the machine.
 *
 *   npm run bench:load -w server -- [seconds] [clients]
 */
const [, , secondsText = '10', clientsText = '100'] = process.argv;
const SECONDS = Number(secondsText);
const CLIENTS = Number(clientsText);
const key = 'load-run-key-0123456789';

interface Row {
  readonly what: string;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

async function drive(
  what: string,
  port: number,
  make: () => { method: string; path: string; body?: string },
): Promise<Row> {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const times: number[] = [];
  let errors = 0;
  const until = performance.now() + SECONDS * 1000;
  const once_ = () =>
    new Promise<void>((done) => {
      const { method, path, body } = make();
      const from = performance.now();
      const one = request(
        { port, host: '127.0.0.1', method, path, agent, headers: { authorization: `Bearer ${key}` } },
        (answer) => {
          answer.resume();
          answer.once('end', () => {
            times.push(performance.now() - from);
            if ((answer.statusCode ?? 500) >= 400) errors++;
            done();
          });
        },
      );
      one.once('error', () => {
        errors++;
        done();
      });
      one.end(body);
    });
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      while (performance.now() < until) await once_();
    }),
  );
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round(times[Math.min(times.length - 1, Math.floor(share * times.length))] * 10) / 10;
  return { what, perSecond: Math.round(times.length / SECONDS), p50: at(0.5), p99: at(0.99), errors };
}

const dir = await mkdtemp(join(tmpdir(), 'diarist-load-'));
const port = await freePort();
const env = {
  ...process.env,
  PORT: String(port),
  DATA_DIR: dir,
  BOOTSTRAP_API_KEY: key,
  METRICS_PORT: '0',
  RATE_SUBMIT_PER_MINUTE: '1000000',
  RATE_READ_PER_MINUTE: '1000000',
  QUEUE_LIMIT: '1000000',
  LOG_LEVEL: 'error',
};
const processFile = fileURLToPath(new URL('./serviceProcess.ts', import.meta.url));
const server = fork(processFile, ['serve', 'none'], { env, execArgv: [] });
await once(server, 'message');
const memory = async () =>
  Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

const first = (await (
  await fetch(`http://127.0.0.1:${port}/v1/diarize`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: '{"url":"media://load.wav"}',
  })
).json()) as { jobId: string };
const submit = () => ({ method: 'POST', path: '/v1/diarize', body: '{"url":"media://load.wav","numSpeakers":null}' });
const status = () => ({ method: 'GET', path: `/v1/jobs/${first.jobId}` });
const rows: Row[] = [];
const rss: number[] = [];
await drive('warm-up', port, status);
for (let round = 0; round < 3; round++) {
  rows.push(await drive('submit', port, submit));
  rss.push(await memory());
  rows.push(await drive('status', port, status));
  rss.push(await memory());
}
const barePort = await freePort();
const bare = fork(fileURLToPath(new URL('./bareServer.ts', import.meta.url)), [String(barePort)], { execArgv: [] });
await once(bare, 'message');
rows.push(await drive('bare handler, POST', barePort, submit));
rows.push(await drive('bare handler, GET', barePort, status));
bare.kill();
server.kill('SIGKILL');
await once(server, 'exit');
// The Postgres that a killed server leaves is stopped through its folder.
await (await startEmbeddedPostgres(dir)).stop();
await rm(dir, { recursive: true, force: true });
process.stdout.write(
  `${JSON.stringify({ clients: CLIENTS, seconds: SECONDS, rows, serverMemoryMiB: rss.map(Math.round) }, null, 2)}\n`,
);
process.exit(0);
