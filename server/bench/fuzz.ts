import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { speechWav } from '../test/harness.ts';
import { freePort } from './faults.ts';

/**
 * The fuzz run: malformed requests and malformed media against a whole service. Nothing may answer 500, crash, or give
 * away a path or a stack. The seed is said, so a find can be repeated.
 *
 *   npm run bench:fuzz -w server -- [requests 2000] [media 300] [seed] [engine fake|diarist] [a.wav]
 */
export interface FuzzReport {
  readonly seed: number;
  readonly requests: number;
  readonly media: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly jobEnds: Readonly<Record<string, number>>;
  readonly finds: readonly string[];
  readonly alive: boolean;
}

const key = 'fuzz-run-key-0123456789';
const LEAK = /node_modules|\/tmp\/|\/src\/|\bat \w+ \(|\.ts:\d+|\.js:\d+|postgres:\/\/|select .* from/i;

/** mulberry32: small, and the same everywhere. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export async function runFuzz({
  requests = 2000,
  media = 300,
  seed = 1,
  engine,
  wav = speechWav([
    [1, 1],
    [1, 2],
  ]),
}: {
  requests?: number;
  media?: number;
  seed?: number;
  engine: string;
  wav?: Uint8Array<ArrayBuffer>;
}): Promise<FuzzReport> {
  const dir = await mkdtemp(join(tmpdir(), 'diarist-fuzz-'));
  const port = await freePort();
  const env = {
    ...process.env,
    PORT: String(port),
    DATA_DIR: dir,
    BOOTSTRAP_API_KEY: key,
    METRICS_PORT: '0',
    RATE_SUBMIT_PER_MINUTE: '0',
    RATE_READ_PER_MINUTE: '0',
    MAX_JSON_BYTES: '100000',
    LOG_LEVEL: 'silent',
    LEASE_SECONDS: '5',
  };
  const file = fileURLToPath(new URL('./serviceProcess.ts', import.meta.url));
  const server = fork(file, ['both', engine], { env, execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  let alive = true;
  server.once('exit', () => {
    alive = false;
  });
  await once(server, 'message');
  const next = random(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)];
  const statuses: Record<string, number> = {};
  const jobEnds: Record<string, number> = {};
  const finds: string[] = [];
  const base = `http://127.0.0.1:${port}`;
  const note = (what: string, status: number | string, text: string) => {
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (Number(status) === 500 || LEAK.test(text)) finds.push(`${status} ${what} -> ${text.slice(0, 200)}`);
  };

  const known = await operationsOf(base);
  for (let i = 0; i < requests; i++) {
    const { method, path, body, headers } = malformed(pick, next, known);
    if (next() < 0.15) {
      const raw = rawRequest(pick, next, { method, path });
      note(`raw ${JSON.stringify(raw.slice(0, 80))}`, ...(await sendRaw(port, raw)));
      continue;
    }
    try {
      const answer = await fetch(base + path, {
        method,
        headers,
        ...(method === 'GET' ? {} : { body: body as RequestInit['body'] & string }),
      });
      note(`${method} ${path} ${String(body).slice(0, 120)}`, answer.status, await answer.text());
    } catch {
      note(`${method} ${path}`, 'refused', ''); // fetch itself would not send it, or the socket was closed
    }
  }

  const auth = { authorization: `Bearer ${key}` };
  const ids: string[] = [];
  for (let i = 0; i < media; i++) {
    const bytes = brokenMedia(wav, next, pick);
    const grant = await fetch(`${base}/v1/media/input`, {
      method: 'POST',
      headers: auth,
      body: `{"url":"media://f/${i}"}`,
    });
    const { url } = (await grant.json()) as { url: string };
    await fetch(url, { method: 'PUT', body: bytes });
    const kind = pick(['diarize', 'diarize', 'voiceprint']);
    const made = await fetch(`${base}/v1/${kind}`, { method: 'POST', headers: auth, body: `{"url":"media://f/${i}"}` });
    ids.push(((await made.json()) as { jobId: string }).jobId);
  }
  for (const id of ids) {
    const deadline = Date.now() + 300_000;
    for (;;) {
      const answer = await fetch(`${base}/v1/jobs/${id}`, { headers: { ...auth, prefer: 'wait=30' } });
      const text = await answer.text();
      const job = JSON.parse(text) as { status: string; errorCode?: string };
      if (['succeeded', 'failed', 'canceled'].includes(job.status)) {
        const end = job.errorCode ?? job.status;
        jobEnds[end] = (jobEnds[end] ?? 0) + 1;
        if (LEAK.test(text) || job.errorCode === 'internal') finds.push(`job ${id}: ${text.slice(0, 300)}`);
        break;
      }
      if (Date.now() > deadline) {
        finds.push(`job ${id} did not end: ${text.slice(0, 200)}`);
        break;
      }
    }
  }
  const health = await fetch(`${base}/readyz`).then(
    (answer) => answer.status,
    () => 0,
  );
  const report = { seed, requests, media, statuses, jobEnds, finds, alive: alive && health === 200 };
  server.kill('SIGKILL');
  await once(server, 'exit').catch(() => {});
  // The Postgres that the killed server left is stopped through its folder.
  const { startEmbeddedPostgres } = await import('../src/embeddedPostgres.ts');
  await (await startEmbeddedPostgres(dir)).stop();
  await rm(dir, { recursive: true, force: true });
  return report;
}

/** Every method and path that the service has, so that most requests get past the router. */
async function operationsOf(base: string): Promise<[method: string, path: string][]> {
  const { paths } = (await (await fetch(`${base}/openapi.json`)).json()) as { paths: Record<string, object> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method): [string, string] => [method.toUpperCase(), path]),
  );
}

const IDS = ['00000000-0000-4000-8000-000000000000', 'vp_aaaaaaaaaaaaaaaaaaaa', 'x', '%00', '..%2f..', 'x.y', '1'];

type Pick = <T>(list: readonly T[]) => T;

const PATHS = [
  '/v1/diarize',
  '/v1/identify',
  '/v1/voiceprint',
  '/v1/media/input',
  '/v1/media/output',
  '/v1/keys',
  '/v1/voiceprints',
  '/v1/voiceprints/vp_aaaaaaaaaaaaaaaaaaaa',
  '/v1/jobs',
  '/v2/jobs',
  '/v1/jobs/00000000-0000-4000-8000-000000000000',
  '/v1/jobs/00000000-0000-4000-8000-000000000000/export',
  '/v2/pre-recorded',
  '/v2/upload',
  '/v1/audit',
  '/v1/audit/verify',
  '/v1/webhooks/deliveries',
  '/v1/media/blob/x.y',
  '/v1/live',
  '/v1/audio/transcriptions',
  '/v1/assign',
  '/metrics',
  '/openapi.json',
  '/..%2f..%2fetc/passwd',
];
const FIELDS = [
  'url',
  'numSpeakers',
  'minSpeakers',
  'voiceprints',
  'label',
  'matching',
  'webhook',
  'metadata',
  'model',
  'scopes',
  'name',
  'sets',
  'fromJob',
  'audio_url',
  'diarization_config',
  'custom_metadata',
  'channel',
  'transcript',
  'expiresAt',
  '__proto__',
  'constructor',
  'retentionHours',
  'priority',
];

function value(pick: Pick, next: () => number, depth = 0): unknown {
  return pick<() => unknown>([
    () => null,
    () => true,
    () => -1,
    () => 1e308,
    () => 0.1,
    () => 2 ** 53,
    () => '',
    () => 'media://a',
    () => 'https://[::1]/x',
    () => 'http://169.254.169.254/',
    () => `\u0000\ud800${'x'.repeat(Math.floor(next() * 300))}`,
    () => "'; drop table job; --",
    () => '../../etc/passwd',
    () => '{{7*7}}',
    () => 'vpr1.AAAA',
    () => 'store:vp_aaaaaaaaaaaaaaaaaaaa',
    () => (depth > 3 ? [] : Array.from({ length: Math.floor(next() * 6) }, () => value(pick, next, depth + 1))),
    () =>
      depth > 3
        ? {}
        : Object.fromEntries(
            Array.from({ length: Math.floor(next() * 5) }, () => [pick(FIELDS), value(pick, next, depth + 1)]),
          ),
  ])();
}

function malformed(pick: Pick, next: () => number, known: readonly [string, string][]) {
  const [method, path] =
    next() < 0.7 ? pick(known) : [pick(['GET', 'POST', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE']), pick(PATHS)];
  const query =
    next() < 0.3
      ? `?${pick(['limit', 'cursor', 'status', 'take', 'skip', 'format', 'include', 'since', 'offset', 'jobId'])}=${encodeURIComponent(String(value(pick, next)).replace(/[\ud800-\udfff]/g, ''))}`
      : '';
  const good = Object.fromEntries(
    Array.from({ length: 1 + Math.floor(next() * 5) }, () => [pick(FIELDS), value(pick, next)]),
  );
  if (next() < 0.5) good['url'] = 'media://a';
  let body: string | Uint8Array<ArrayBuffer> = JSON.stringify(good);
  const damage = next();
  if (damage < 0.15) body = body.slice(0, Math.floor(next() * body.length));
  else if (damage < 0.25) body = Uint8Array.from({ length: Math.floor(next() * 500) }, () => Math.floor(next() * 256));
  else if (damage < 0.3) body = '['.repeat(Math.floor(next() * 50_000));
  else if (damage < 0.33) body = `{"url":"${'x'.repeat(150_000)}"}`;
  const headers: Record<string, string> = {
    authorization:
      next() < 0.9 ? `Bearer ${key}` : pick(['', 'Bearer', 'Bearer  x y', `Basic ${key}`, 'Bearer \u00e9']),
    'content-type': pick([
      'application/json',
      'text/plain',
      'multipart/form-data',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
      '',
    ]),
  };
  if (next() < 0.1) headers['idempotency-key'] = 'x'.repeat(Math.floor(next() * 400));
  if (next() < 0.1) headers['range'] = pick(['bytes=a-b', 'bytes=9999999999999999999-', 'bytes=-']);
  if (next() < 0.1) headers['prefer'] = pick(['wait=0', 'wait=-1', 'wait=x', 'wait=1']);
  return { method, path: path.replace(/\{\w+\}/g, () => pick(IDS)) + query, body, headers };
}

function rawRequest(pick: Pick, next: () => number, { method, path }: { method: string; path: string }): string {
  const junk = Array.from({ length: Math.floor(next() * 200) }, () =>
    String.fromCharCode(Math.floor(next() * 256)),
  ).join('');
  return pick([
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n`,
    `${method} ${path} HTTP/9.9\r\n\r\n`,
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n${junk}`,
    `POST /v1/diarize HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Length: 500\r\n\r\n{"url":`,
    `GET /${'a'.repeat(Math.floor(next() * 20_000))} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(Math.floor(next() * 40_000))}\r\n\r\n`,
    `GET http://example.org/v1/test HTTP/1.1\r\nHost: \u0000\r\n\r\n`,
    junk,
  ]);
}

function sendRaw(port: number, text: string): Promise<[number | string, string]> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(Buffer.from(text, 'latin1')));
    let got = '';
    socket.on('data', (data) => {
      got += data.toString('latin1');
    });
    const end = () => done([Number(/^HTTP\/1\.\d (\d{3})/.exec(got)?.[1]) || 'closed', got]);
    socket.setTimeout(2000, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', end);
  });
}

function brokenMedia(wav: Uint8Array<ArrayBuffer>, next: () => number, pick: Pick): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(wav.slice(0, Math.min(wav.length, 400_000)));
  const flips = Math.ceil(next() * 40);
  switch (pick(['header', 'anywhere', 'cut', 'junk', 'magic', 'sizes'])) {
    case 'header':
      for (let i = 0; i < flips; i++) bytes[Math.floor(next() * 44)] = Math.floor(next() * 256);
      return bytes;
    case 'anywhere':
      for (let i = 0; i < flips * 20; i++) bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
      return bytes;
    case 'cut':
      return bytes.slice(0, Math.floor(next() * bytes.length));
    case 'junk':
      return Uint8Array.from({ length: Math.floor(next() * 5000) }, () => Math.floor(next() * 256));
    case 'magic': {
      const heads = [
        'fLaC',
        'OggS',
        'ID3\u0003',
        '\u00ff\u00fb\u0090d',
        '\u0000\u0000\u0000\u0020ftypM4A ',
        '\u001aE\u00df\u00a3',
        'RIFF\u00ff\u00ff\u00ff\u00ffWAVE',
        'FORM',
        'caff',
        '<html>',
      ];
      const head = Uint8Array.from(pick(heads), (letter) => letter.charCodeAt(0));
      const whole = Uint8Array.from({ length: head.length + Math.floor(next() * 3000) }, () =>
        Math.floor(next() * 256),
      );
      whole.set(head);
      return whole;
    }
    default:
      new DataView(bytes.buffer).setUint32(
        pick([4, 16, 22, 24, 28, 32, 40]),
        pick([0, 1, 0xffff, 0xffffffff, 0x7fffffff]),
        true,
      );
      return bytes;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , requests = '2000', media = '300', seed = String(Date.now() % 1e6), engine = 'fake', wav] = process.argv;
  const fake = fileURLToPath(new URL('../test/fakeEngine.ts', import.meta.url));
  const report = await runFuzz({
    requests: Number(requests),
    media: Number(media),
    seed: Number(seed),
    engine: engine === 'fake' ? fake : engine,
    ...(wav ? { wav: new Uint8Array(await readFile(wav)) } : {}),
  });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  process.exit(report.finds.length === 0 && report.alive ? 0 : 1);
}
