import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ModelError } from '../../src/core/errors.ts';
import { type FetchOptions, fetchFile } from '../../src/node/models/download.ts';
import { modelEnvironment } from '../../src/node/models/environment.ts';
import { withLock } from '../../src/node/models/lock.ts';
import { type FakeHub, startFakeHub } from './fakeHub.ts';

let hub: FakeHub;
let home: string;
const bytes = randomBytes(300_000);
const sha256 = createHash('sha256').update(bytes).digest('hex');
const source = { repo: 'someone/models', revision: 'main', path: 'sub/network.onnx' };
const quick: FetchOptions = { backoffMs: 1, maxTries: 4 };

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'diarist-hub-'));
  hub = await startFakeHub();
  hub.files.set('someone/models/sub/network.onnx', { bytes });
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  rmSync(home, { recursive: true, force: true });
});

const env = (variables: Record<string, string> = {}) =>
  modelEnvironment({ HF_ENDPOINT: hub.endpoint, HF_HOME: home, HF_TOKEN_PATH: join(home, 'none'), ...variables });
const repo = () => join(home, 'hub', 'models--someone--models');
const blobs = () => readdirSync(join(repo(), 'blobs'));
const caught = async (promise: Promise<unknown>): Promise<ModelError> => {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(ModelError);
  return error as ModelError;
};

test("a file lands in the hub's own cache layout, through the redirect to the CDN", async () => {
  const progress: number[] = [];
  const path = await fetchFile(
    env(),
    { source, sha256 },
    { ...quick, onProgress: (received) => progress.push(received) },
  );
  expect(path).toBe(join(repo(), 'snapshots', hub.commit, 'sub', 'network.onnx'));
  expect(readFileSync(path)).toEqual(bytes);
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
  expect(readlinkSync(path)).toBe(join('..', '..', '..', 'blobs', sha256));
  expect(readFileSync(join(repo(), 'refs', 'main'), 'utf8')).toBe(hub.commit);
  expect(blobs()).toEqual([sha256]); // no .incomplete, no .lock
  expect(progress[0]).toBe(0);
  expect(progress.at(-1)).toBe(bytes.length);
  expect(hub.requests.map(({ where, method }) => `${where} ${method}`)).toEqual(['hub HEAD', 'hub GET', 'cdn GET']);
});

test('a second run uses the cache and asks nobody', async () => {
  const first = await fetchFile(env(), { source }, quick);
  hub.requests.length = 0;
  expect(await fetchFile(env(), { source }, quick)).toBe(first);
  expect(hub.requests).toEqual([]);
});

test("a file that the hub's Python library has cached is found", async () => {
  const folder = join(repo(), 'snapshots', hub.commit, 'sub');
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(repo(), 'refs'), { recursive: true });
  writeFileSync(join(repo(), 'refs', 'main'), hub.commit);
  writeFileSync(join(folder, 'network.onnx'), bytes);
  expect(await fetchFile(env({ HF_HUB_OFFLINE: '1' }), { source })).toBe(join(folder, 'network.onnx'));
});

test('refresh asks the hub again and fetches only what changed', async () => {
  await fetchFile(env(), { source }, quick);
  hub.requests.length = 0;
  await fetchFile(env(), { source }, { ...quick, refresh: true });
  expect(hub.requests.map(({ method }) => method)).toEqual(['HEAD']);
});

test('a download that was cut goes on where it stopped, in the same run', async () => {
  hub.trouble = { cutAfter: 100_000, cuts: 2 };
  const path = await fetchFile(env(), { source, sha256 }, quick);
  expect(readFileSync(path)).toEqual(bytes);
  const ranges = hub.requests.filter(({ where }) => where === 'cdn').map(({ range }) => range);
  expect(ranges[0]).toBeUndefined();
  expect(ranges.slice(1)).toHaveLength(2);
  for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=[1-9]\d*-$/);
});

test('and in the next run', async () => {
  hub.trouble = { cutAfter: 100_000 };
  const controller = new AbortController();
  const first = fetchFile(
    env(),
    { source, sha256 },
    { backoffMs: 60_000, signal: controller.signal, onProgress: (received) => received > 0 && controller.abort() },
  );
  await expect(first).rejects.toThrow();
  expect(blobs()).toEqual([`${sha256}.incomplete`]);
  const { size } = lstatSync(join(repo(), 'blobs', `${sha256}.incomplete`));
  expect(size).toBeGreaterThan(0);
  hub.trouble = {};
  hub.requests.length = 0;
  expect(readFileSync(await fetchFile(env(), { source, sha256 }, quick))).toEqual(bytes);
  expect(hub.requests.at(-1)?.range).toBe(`bytes=${size}-`);
});

test('a server without ranges starts over', async () => {
  hub.trouble = { cutAfter: 100_000, cuts: 1, ignoreRange: true };
  expect(readFileSync(await fetchFile(env(), { source, sha256 }, quick))).toEqual(bytes);
});

test('cuts that bring something never exhaust the tries', async () => {
  hub.trouble = { cutAfter: 30_000, cuts: 9 };
  expect(readFileSync(await fetchFile(env(), { source, sha256 }, { backoffMs: 1, maxTries: 3 }))).toEqual(bytes);
});

test('a connection that is cut again and again is given up with a sentence', async () => {
  hub.trouble = { cutAfter: 0 };
  const error = await caught(fetchFile(env(), { source }, quick));
  expect(error.code).toBe('hub_unreachable');
  expect(error.message).toMatch(/^127\.0\.0\.1:\d+ cannot be reached .*'embedded', which needs no download\.$/);
});

test('a connection that falls silent is dropped and tried again', async () => {
  hub.trouble = { stall: true };
  const error = await caught(fetchFile(env(), { source }, { ...quick, maxTries: 1, stallMs: 100 }));
  expect(error.message).toContain('nothing came for 0.1 s');
});

test('a server that ends the connection while the disk is slow does not end the program', async () => {
  // A HEAD as the hub answers it, then as many bytes as a socket hands over at once, with the end right behind them.
  const large = randomBytes(65536);
  const closing = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (request) => {
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${large.length}\r\nX-Repo-Commit: c0ffee\r\nETag: "e7a9"\r\n`;
      socket.write(`${head}Connection: close\r\n\r\n`);
      socket.end(String(request).startsWith('HEAD') ? '' : large);
    });
  });
  await new Promise<void>((done) => closing.listen(0, '127.0.0.1', done));
  const { port } = closing.address() as AddressInfo;
  const path = await fetchFile(env({ HF_ENDPOINT: `http://127.0.0.1:${port}` }), { source }, quick);
  expect(readFileSync(path)).toEqual(large);
  closing.close();
});

test('what a proxy is for goes through it', async () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(String(request.url));
    response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  const { port } = proxy.address() as AddressInfo;
  const script = `
    import { fetchFile } from ${JSON.stringify(fileURLToPath(new URL('../../src/node/models/download.ts', import.meta.url)))};
    import { modelEnvironment } from ${JSON.stringify(fileURLToPath(new URL('../../src/node/models/environment.ts', import.meta.url)))};
    await fetchFile(modelEnvironment(), { source: ${JSON.stringify(source)} }).catch(({ code }) => console.log(code));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: {
      ...process.env,
      HF_ENDPOINT: 'http://hub.invalid',
      HF_HOME: home,
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: `http://127.0.0.1:${port}`,
      http_proxy: '',
      NO_PROXY: '',
      no_proxy: '',
    },
  });
  let out = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  await new Promise((done) => child.on('close', done));
  expect([out, asked]).toEqual([
    'model_missing\n',
    ['http://hub.invalid/someone/models/resolve/main/sub/network.onnx'],
  ]);
  proxy.close();
}, 20_000);

test('a busy hub is asked again', async () => {
  hub.trouble = { busy: 2 };
  expect(readFileSync(await fetchFile(env(), { source }, quick))).toEqual(bytes);
});

test('no network at all is one sentence', async () => {
  const error = await caught(fetchFile(env({ HF_ENDPOINT: 'http://127.0.0.1:9' }), { source }, quick));
  expect(error.code).toBe('hub_unreachable');
  expect(error.message).toMatch(/127\.0\.0\.1:9 cannot be reached \(/);
});

test('a wrong hash is refused, and nothing is left behind', async () => {
  hub.trouble = { wrongBytes: true };
  const error = await caught(fetchFile(env(), { source }, quick));
  expect(error.code).toBe('model_hash_mismatch');
  expect(error.message).toContain(`when ${sha256} is expected`);
  expect(blobs()).toEqual([]);
  expect(() => readdirSync(join(repo(), 'snapshots'))).toThrow();
});

test("the manifest's hash counts more than the hub's", async () => {
  const error = await caught(fetchFile(env(), { source, sha256: 'ab'.repeat(32) }, quick));
  expect(error.code).toBe('model_hash_mismatch');
  expect(blobs()).toEqual([]);
});

test('a small file is checked against its git hash', async () => {
  hub.files.set('someone/models/note.txt', { bytes: Buffer.from('400\n'), lfs: false });
  const note = { ...source, path: 'note.txt' };
  expect(readFileSync(await fetchFile(env(), { source: note }, quick), 'utf8')).toBe('400\n');
  expect(blobs()).toEqual(['d411bb7c1acabe5edc652eb910b74ab77be9dd3d']); // printf '400\n' | git hash-object --stdin
});

test('the token goes to the hub and not to the CDN', async () => {
  await fetchFile(env({ HF_TOKEN: 'hf_secret' }), { source }, quick);
  for (const { where, authorization } of hub.requests) {
    expect(authorization).toBe(where === 'hub' ? 'Bearer hf_secret' : undefined);
  }
});

test('a saved token is used', async () => {
  writeFileSync(join(home, 'token'), 'hf_saved\n');
  await fetchFile(env({ HF_TOKEN_PATH: '' }), { source }, quick);
  expect(hub.requests[0].authorization).toBe('Bearer hf_saved');
});

test('a gated repository says which page to open; with the token it opens', async () => {
  hub.gate = { repo: 'someone/models', token: 'hf_right', kind: 'gated' };
  const error = await caught(fetchFile(env(), { source }, quick));
  expect(error.code).toBe('model_gated');
  expect(error.message).toBe(
    `The repository someone/models asks its users to accept its terms (403): open ${hub.endpoint}/someone/models, accept them, and set HF_TOKEN to your access token.`,
  );
  expect(await fetchFile(env({ HF_TOKEN: 'hf_right' }), { source }, quick)).toContain('network.onnx');
});

test('a private repository is 401 and one sentence', async () => {
  hub.gate = { repo: 'someone/models', token: 'hf_right', kind: 'private' };
  const error = await caught(fetchFile(env({ HF_TOKEN: 'hf_wrong' }), { source }, quick));
  expect(error.code).toBe('model_gated');
  expect(error.message).toContain('(401): check that HF_TOKEN is yours and valid.');
});

test.each([
  [{ repo: 'no/body' }, 'has no repository no/body (404)'],
  [{ revision: 'v9' }, 'has no revision v9 of someone/models (404)'],
  [{ path: 'gone.onnx' }, 'has no file gone.onnx in someone/models at main (404)'],
])('what is not there is named: %j', async (change, message) => {
  const error = await caught(fetchFile(env(), { source: { ...source, ...change } }, quick));
  expect(error.code).toBe('model_missing');
  expect(error.message).toContain(message);
});

test('offline mode asks nobody and says what to do', async () => {
  const error = await caught(fetchFile(env({ HF_HUB_OFFLINE: '1' }), { source }, quick));
  expect(error.code).toBe('hub_offline');
  expect(error.message).toContain('HF_HUB_OFFLINE is set');
  expect(hub.requests).toEqual([]);
});

test('a renamed repository is followed', async () => {
  hub.renamed.set('old/name', 'someone/models');
  const path = await fetchFile(env(), { source: { ...source, repo: 'old/name' } }, quick);
  expect(readFileSync(path)).toEqual(bytes);
});

test('a server that is no hub is told apart', async () => {
  const other = createServer((_, response) => response.end('hello'));
  await new Promise<void>((ready) => other.listen(0, '127.0.0.1', ready));
  const { port } = other.address() as { port: number };
  const error = await caught(fetchFile(env({ HF_ENDPOINT: `http://127.0.0.1:${port}` }), { source }, quick));
  expect(error.message).toContain('does not answer as the Hugging Face hub does');
  other.close();
});

test('a folder that cannot be written to is one sentence', async () => {
  writeFileSync(join(home, 'hub'), 'a file where the cache should be');
  const error = await caught(fetchFile(env(), { source }, quick));
  expect(error.message).toMatch(/cannot be stored in .* set DIARIST_MODELS_DIR/);
});

test('stopping leaves a part to go on from, and throws what the signal says', async () => {
  hub.trouble = { stall: true };
  const reason = new Error('the user had enough');
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 100);
  const options = { ...quick, signal: controller.signal };
  await expect(fetchFile(env(), { source }, options)).rejects.toBe(reason);
  expect(blobs()).toEqual([`${sha256}.incomplete`]);
});

test('concurrent pulls fetch a file once', async () => {
  const paths = await Promise.all(Array.from({ length: 6 }, () => fetchFile(env(), { source, sha256 }, quick)));
  expect(new Set(paths).size).toBe(1);
  expect(readFileSync(paths[0])).toEqual(bytes);
  expect(hub.requests.filter(({ where }) => where === 'cdn')).toHaveLength(1);
  expect(blobs()).toEqual([sha256]);
});

test('so do two processes', async () => {
  const script = `
    import { fetchFile } from ${JSON.stringify(fileURLToPath(new URL('../../src/node/models/download.ts', import.meta.url)))};
    import { modelEnvironment } from ${JSON.stringify(fileURLToPath(new URL('../../src/node/models/environment.ts', import.meta.url)))};
    console.log(await fetchFile(modelEnvironment(), { source: ${JSON.stringify(source)} }));`;
  const run = () =>
    new Promise<string>((done, fail) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, HF_ENDPOINT: hub.endpoint, HF_HOME: home },
      });
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk) => (out += chunk));
      child.stderr.on('data', (chunk) => (err += chunk));
      child.on('exit', (code) => (code === 0 ? done(out.trim()) : fail(new Error(err))));
    });
  const [a, b] = await Promise.all([run(), run()]);
  expect(a).toBe(b);
  expect(readFileSync(a)).toEqual(bytes);
  expect(hub.requests.filter(({ where }) => where === 'cdn')).toHaveLength(1);
}, 20_000);

test('a lock that nobody touches any more is taken over', async () => {
  const lock = join(home, 'x.lock');
  writeFileSync(lock, '1 another-machine');
  expect(await withLock(lock, async () => 'done', { pollMs: 5, staleMs: 50 })).toBe('done');
  expect(readdirSync(home)).not.toContain('x.lock');
});

test('a lock of a killed process does not keep the next one waiting', async () => {
  const child = spawn(process.execPath, ['--version']);
  await new Promise((done) => child.on('exit', done));
  const lock = join(home, 'x.lock');
  writeFileSync(lock, `${child.pid} ${hostname()}`);
  const started = Date.now();
  expect(await withLock(lock, async () => 'done', { pollMs: 5 })).toBe('done');
  expect(Date.now() - started).toBeLessThan(5000);
});

test('work under one lock never overlaps', async () => {
  let inside = 0;
  const work = async () => {
    expect(++inside).toBe(1);
    await new Promise((done) => setTimeout(done, 2));
    inside--;
  };
  await Promise.all(Array.from({ length: 20 }, () => withLock(join(home, 'y.lock'), work, { pollMs: 1 })));
});

test.each([
  [{ HF_HUB_CACHE: '/a' }, '/a'],
  [{ HF_HOME: '/b' }, join('/b', 'hub')],
  [{ XDG_CACHE_HOME: '/c' }, join('/c', 'huggingface', 'hub')],
  [{ DIARIST_MODELS_DIR: '/d', HF_HOME: '/b' }, '/d'],
])('the cache is where %j says', (variables, folder) => {
  expect(modelEnvironment(variables as Record<string, string>).cacheDir).toBe(folder);
});
