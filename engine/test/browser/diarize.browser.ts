import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDiarizer, type Diarization, type Diarizer, openAudio } from '../../src/node/index.ts';
import { openChromium } from './chromium.ts';
import type { Calls, Outcome } from './page.ts';
import { openSite, type Site, workerInOneScript } from './site.ts';

/**
 * `diarist/browser` in headless Chromium: bundled by Vite, served from this machine, on the embedded models. What is
 * expected is what Node gives for the same file.
 */
const RECORDINGS = ['dev00.wav', 'trn05.wav', 'clip3s.wav', 'exact10s.wav', 'oddlen.wav', 'silence12s.wav'];
const FRAME = 0.016875; // seconds from one frame of the segmentation to the next

declare const calls: Calls;

let site: Site;
let browser: Browser;
let node: Diarizer;
let page: Page;
const elsewhere: string[] = [];

beforeAll(async () => {
  browser = await openChromium();
  site = await openSite();
  node = await createDiarizer({ model: 'embedded', device: 'cpu', threads: 1 });
  page = await openPage(site.plainUrl);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
  const { error, device } = await open('wasm');
  expect(error).toBeUndefined();
  expect(device).toBe('wasm');
});

afterAll(async () => {
  await node?.close();
  await browser?.close();
  await site?.close();
});

async function openPage(url: string): Promise<Page> {
  const context = await browser.newContext();
  const opened = await context.newPage();
  opened.on('pageerror', (error) => console.error(error));
  opened.on('console', (message) => message.type() === 'error' && console.error(message.text()));
  context.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== 'localhost') elsewhere.push(request.url());
  });
  await opened.goto(url);
  await opened.waitForFunction(() => 'calls' in globalThis);
  return opened;
}

function open(name: string, options: Parameters<Calls['open']>[1] = {}, on: Page = page): Promise<Outcome> {
  return on.evaluate(([name, options]) => calls.open(name, options), [name, options] as const);
}

function diarize(name: string, asked: Parameters<Calls['diarize']>[1], on: Page = page): Promise<Outcome> {
  return on.evaluate(([name, asked]) => calls.diarize(name, asked), [name, asked] as const);
}

const audio = (name: string): string => `/fixtures/parity/audio/${name}`;
const inNode = (path: string, options = {}): Promise<Diarization> =>
  node.diarize(fileURLToPath(new URL(`../../..${path}`, import.meta.url)), options);

/** The same speakers in the same order, at the same times but for one frame. */
function expectSameTurns(found: Outcome, expected: Diarization): void {
  expect(found.error).toBeUndefined();
  for (const kind of ['turns', 'exclusiveTurns'] as const) {
    expect(found[kind]!.map(({ speaker }) => speaker)).toEqual(expected[kind].map(({ speaker }) => speaker));
    found[kind]!.forEach(({ start, end }, i) => {
      expect(Math.abs(start - expected[kind][i].start)).toBeLessThanOrEqual(FRAME + 1e-9);
      expect(Math.abs(end - expected[kind][i].end)).toBeLessThanOrEqual(FRAME + 1e-9);
    });
  }
}

describe('WebAssembly with one thread', () => {
  test.each(RECORDINGS)('%s: the same turns as in Node', async (name) => {
    const expected = await inNode(audio(name));
    const found = await diarize('wasm', { url: audio(name) });
    expectSameTurns(found, expected);
    expect(found.turns).toEqual(expected.turns); // exactly, to the last bit
    expect(found.model).toEqual(expected.model);
    expect(found.duration).toBe(expected.duration);
    expect(found.warnings).toEqual(expected.warnings);
    found.speakers!.forEach(({ embedding }, i) => {
      const { embedding: own = new Float32Array(0) } = expected.speakers[i];
      expect(embedding.length).toBe(own.length);
      // Two builds of ONNX Runtime sum in different orders: float32 noise through a dozen layers.
      embedding.forEach((value, d) => void expect(Math.abs(value - own[d])).toBeLessThan(1e-3));
    });
  });

  test('the number of speakers is heeded as in Node', async () => {
    const options = { numSpeakers: 2 };
    const found = await diarize('wasm', { url: audio('trn05.wav'), ...options });
    expectSameTurns(found, await inNode(audio('trn05.wav'), options));
    expect(found.speakers).toHaveLength(2);
  });

  test('a File, bytes, a URL and samples give the same', async () => {
    const file = await diarize('wasm', { url: audio('clip3s.wav') });
    for (const as of ['bytes', 'url', 'samples'] as const)
      expect((await diarize('wasm', { url: audio('clip3s.wav'), as })).turns).toEqual(file.turns);
  });

  test('it observes every stage, and the page stays smooth meanwhile', async () => {
    const { events, numTicks, elapsedMs } = await diarize('wasm', { url: audio('dev00.wav') });
    expect(events).toEqual(
      expect.arrayContaining(['segmentation', 'scores', 'embedding', 'activity', 'clusters', 'discrete']),
    );
    // Run in the page, the work would let it act some ten times.
    expect(numTicks).toBeGreaterThan(elapsedMs / 50);
  });

  test('it is 20 times faster than real time', async () => {
    site.put('long.wav', await repeated(audio('dev00.wav'), 5));
    let best = 0;
    for (let attempt = 0; attempt < 4 && best < 20; attempt++) {
      const before = await rendererSeconds();
      const { duration = 0, elapsedMs } = await diarize('wasm', { url: '/made/long.wav' });
      // Processor time, because other programs may run on this machine; it counts the page's own work too.
      const factor = duration / ((await rendererSeconds()) - before);
      const wall = (duration / elapsedMs) * 1000;
      console.log(`WebAssembly, one thread: ${factor.toFixed(1)} × real time, ${wall.toFixed(1)} × by the clock`);
      best = Math.max(best, factor);
    }
    expect(best).toBeGreaterThanOrEqual(20);
  });

  test('aborting rejects at once, and the worker goes on with the next recording', async () => {
    const { error, elapsedMs } = await diarize('wasm', { url: '/made/long.wav', abortAtStage: 'scores' });
    expect(error).toMatchObject({ name: 'AbortError' });
    expect(elapsedMs).toBeLessThan(3000);
    const next = await diarize('wasm', { url: audio('clip3s.wav') });
    expect(next.turns).toEqual((await inNode(audio('clip3s.wav'))).turns);
    expect(next.elapsedMs).toBeLessThan(3000); // the aborted one no longer holds the thread
  });

  test('a broken file gives the error that Node gives, with its code', async () => {
    site.put('notes.wav', new TextEncoder().encode('Minutes of the meeting, not a recording of it.\n'.repeat(20)));
    site.put('empty.wav', new Uint8Array(0));
    site.put(
      'noise.mp3',
      Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251),
    );
    const header = (await readFile(here(audio('clip3s.wav')))).subarray(0, 44);
    site.put('cut.wav', header);
    for (const [name, bytes] of [
      ['notes.wav', new TextEncoder().encode('Minutes of the meeting, not a recording of it.\n'.repeat(20))],
      ['empty.wav', new Uint8Array(0)],
      ['cut.wav', new Uint8Array(header)],
    ] as const) {
      const { error } = await diarize('wasm', { url: `/made/${name}`, as: 'bytes' });
      const expected = await node.diarize(bytes).catch((thrown) => thrown);
      expect(error).toEqual({ name: 'AudioError', code: expected.code, message: expected.message, class: true });
    }
    for (const name of ['soundless.mp4', 'soundless.mkv']) {
      const path = `/fixtures/audio/encoded/${name}`;
      const { error } = await diarize('wasm', { url: path });
      const expected = await node.diarize(here(path), {}).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: expected.code, message: expected.message });
    }
  });

  test('misuse is a RangeError as in Node', async () => {
    const bounds = { minSpeakers: 5, maxSpeakers: 3 };
    const { error } = await diarize('wasm', { url: audio('clip3s.wav'), ...bounds });
    const expected = await inNode(audio('clip3s.wav'), bounds).catch((thrown) => thrown);
    expect(error).toEqual({ name: 'RangeError', message: expected.message, class: true });
    for (const options of [{ threads: 0 }, { threads: Number.NaN }, { threads: 1.5 }]) {
      const refused = await createDiarizer(options).catch((thrown) => thrown);
      expect((await open('refused', options)).error).toEqual({
        name: 'RangeError',
        message: refused.message,
        class: true,
      });
    }
    // Node's name of it; taken for webgpu, it would be looked for a GPU.
    const { error: unknown } = await open('refused', { device: 'cpu' as never });
    expect(unknown).toMatchObject({
      name: 'RangeError',
      message: "Got device 'cpu' when one of auto, wasm, webgpu was expected.",
    });
  });
});

describe('a cross-origin isolated page', () => {
  test('runs WebAssembly with threads, and the turns stay the same', async () => {
    const isolated = await openPage(site.isolatedUrl);
    expect(await isolated.evaluate(() => crossOriginIsolated)).toBe(true);
    expect((await open('threads', { device: 'wasm', threads: 2 }, isolated)).error).toBeUndefined();
    // onnxruntime-web starts a worker for each further thread; ours is the first.
    expect(isolated.workers().length).toBeGreaterThanOrEqual(1);
    const found = await diarize('threads', { url: audio('dev00.wav') }, isolated);
    expectSameTurns(found, await inNode(audio('dev00.wav')));
    console.log(`WebAssembly, two threads: ${(30_000 / found.elapsedMs).toFixed(1)} × by the clock`);
    await isolated.context().close();
  });
});

describe('a worker in one script', () => {
  test('has threads too: ONNX Runtime starts the whole script again for each', async () => {
    site.put('worker.js', await workerInOneScript());
    const wasm = 'ort-wasm-simd-threaded.wasm';
    site.put(wasm, await readFile(here(`/node_modules/onnxruntime-web/dist/${wasm}`)));
    const isolated = await openPage(site.isolatedUrl);
    const options = { device: 'wasm', threads: 2, wasmPaths: '/made/', workerUrl: '/made/worker.js' } as const;
    expect((await open('one', options, isolated)).error).toBeUndefined();
    expect(isolated.workers().map((worker) => new URL(worker.url()).pathname)).toContain('/made/worker.js');
    const found = await diarize('one', { url: audio('dev00.wav') }, isolated);
    expectSameTurns(found, await inNode(audio('dev00.wav')));
    await isolated.context().close();
  });
});

describe('recordings that the browser decodes', () => {
  // What Node's own packages decode; lossy codings differ by their decoders' rounding, and a little in where they end.
  const ENCODED = [
    'mono.flac',
    'mono24.flac',
    'flac.mkv',
    'video.mov',
    'mono.mp3',
    'stereo.mp3',
    'bare.mp3',
    'layer2.mp2',
    'stereo.m4a',
    'faststart.m4a',
    'fragmented.mp4',
    'video.mp4',
    'aac.mov',
    'video.mkv',
    'stereo.ts',
    'stereo.aac',
    'mono.aac',
    'opus.webm',
    'opus.ogg',
    'mono.opus',
    'opus.mp4',
    'vorbis.ogg',
    'vorbis.webm',
  ];

  test.each(ENCODED)('%s: the same sound at the same time as in Node', async (name) => {
    const path = `/fixtures/audio/encoded/${name}`;
    const found = await page.evaluate((path) => calls.samples(path), path);
    const expected: number[] = [];
    for await (const block of (await openAudio(here(path), { ffmpeg: false })).blocks) expected.push(...block);
    expect(Math.abs(found.length - expected.length)).toBeLessThan(0.015 * 16000);
    const common = Math.min(found.length, expected.length) - 160; // the filter's end sees what comes after
    let energy = 0;
    let error = 0;
    for (let i = 0; i < common; i++) {
      energy += expected[i] ** 2;
      error += (found[i] - expected[i]) ** 2;
    }
    expect(Math.sqrt(error / energy)).toBeLessThan(/flac|mov/.test(name) && name !== 'aac.mov' ? 1e-12 : 1e-4);
  });

  test.each(['flac.ogg', '192khz.flac', '4khz.flac'])(
    '%s: by decodeAudioData, where WebCodecs cannot',
    async (name) => {
      const path = `/fixtures/audio/encoded/${name}`;
      const found = await diarize('wasm', { url: path });
      expect(found.error).toBeUndefined();
      expect(Math.abs(found.duration! - (await inNode(path)).duration)).toBeLessThan(0.015);
      const byUrl = await diarize('wasm', { url: path, as: 'url' });
      expect(byUrl.error).toBeUndefined();
      expect(byUrl.duration).toBe(found.duration);
    },
  );

  test.each(['adpcm.wav', 'alac.m4a', 'windows.wma'])('%s: refused, because this browser cannot', async (name) => {
    const { error } = await diarize('wasm', { url: `/fixtures/audio/encoded/${name}` });
    expect(error).toMatchObject({ name: 'AudioError', code: 'audio_decoder_missing' });
    expect(error?.message).toMatch(
      / holds sound (coded as alac, which|in a coding that) this browser cannot decode\.$/,
    );
  });
});

describe('models', () => {
  test('are kept by the browser: a second diarizer fetches nothing but the manifest', async () => {
    const fetched: string[] = [];
    page.context().on('request', (request) => void (request.url().includes('/models/') && fetched.push(request.url())));
    expect((await open('again')).error).toBeUndefined();
    expect(fetched.map((url) => url.split('/').at(-1))).toEqual(['manifest.json']);
    await page.evaluate(() => calls.close('again'));
    const { error } = await diarize('again', { url: audio('clip3s.wav') });
    expect(error).toMatchObject({ name: 'InferenceError', message: 'The diarizer has been closed.' });
  });

  test('are said to have arrived whole, from the server as from the cache', async () => {
    const names = ['segmentation.fp16.onnx', 'embedding-trunk.fp16.onnx', 'embedding-head.fp16.onnx'];
    const sizes = await Promise.all(
      names.map(async (name) => (await stat(here(`/engine/models/embedded-v1/${name}`))).size),
    );
    const total = sizes.reduce((sum, size) => sum + size);
    const fresh = await openPage(site.plainUrl);
    for (const name of ['first', 'second'])
      expect((await open(name, {}, fresh)).download).toEqual({ received: total, total });
    await fresh.context().close();
  });

  test('that are not served, damaged or not a model say so', async () => {
    const missing = await open('missing', { modelUrl: '/models/no-such-model' });
    expect(missing.error).toMatchObject({ name: 'ModelError', code: 'model_missing' });
    expect(missing.error?.message).toMatch(/models\/no-such-model\/manifest\.json answered 404/);

    const manifest = await readFile(here('/engine/models/embedded-v1/manifest.json'));
    site.put('model/manifest.json', manifest);
    for (const { path } of Object.values<{ path: string }>(JSON.parse(manifest.toString()).files))
      site.put(`model/${path}`, await readFile(here(`/engine/models/embedded-v1/${path}`)));
    const damaged = await readFile(here('/engine/models/embedded-v1/segmentation.fp16.onnx'));
    damaged[1000] ^= 1;
    site.put('model/segmentation.fp16.onnx', damaged);
    const broken = await open('broken', { modelUrl: '/made/model/' });
    expect(broken.error).toMatchObject({ name: 'ModelError', code: 'model_hash_mismatch' });
    expect(broken.error?.message).toMatch(/segmentation\.fp16\.onnx is not the file it should be: got sha256/);
  });

  test('run by .wasm files that are not there say where to look', async () => {
    const { error } = await open('astray', { wasmPaths: '/nowhere/' });
    expect(error).toMatchObject({ name: 'InferenceError', code: 'device_unavailable' });
    expect(error?.message).toMatch(/are onnxruntime-web's \.wasm files where wasmPaths says\?$/);
  });
});

test('nothing was asked of any other machine', () => {
  expect(elsewhere).toEqual([]);
});

/** Processor time of all pages and their workers so far. */
async function rendererSeconds(): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

function here(path: string): string {
  return fileURLToPath(new URL(`../../..${path}`, import.meta.url));
}

/** A plain WAV with its samples several times over. */
async function repeated(path: string, times: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(await readFile(here(path)));
  const samples = bytes.subarray(44);
  const out = new Uint8Array(44 + samples.length * times);
  out.set(bytes.subarray(0, 44));
  for (let i = 0; i < times; i++) out.set(samples, 44 + i * samples.length);
  const view = new DataView(out.buffer);
  view.setUint32(4, out.length - 8, true);
  view.setUint32(40, samples.length * times, true);
  return out;
}
