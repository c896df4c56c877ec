import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openAudio } from '../../src/node/decode/openAudio.ts';
import { openRecording } from '../../src/node/recording.ts';
import { collect, fixture, fixtureBytes } from './signal.ts';

// Where recordings come from: paths, URLs, bytes, streams. A local server stands for the web.

const recording = fixtureBytes('stereo.mp3');
let server: Server;
let base: string;

beforeAll(async () => {
  const answers: Record<string, (response: ServerResponse) => void> = {
    '/talk.mp3': (response) => response.end(recording),
    '/moved': (response) => response.writeHead(302, { location: '/talk.mp3' }).end(),
    '/cut': (response) => {
      response.writeHead(200, { 'content-length': recording.length });
      response.write(recording.subarray(0, 5000), () => response.destroy());
    },
    '/circle': (response) => response.writeHead(302, { location: '/circle' }).end(),
    '/inside': (response) => response.writeHead(302, { location: 'file:///etc/hostname' }).end(),
    '/slow': (response) => void response.writeHead(200).write(recording.subarray(0, 5000)),
    '/empty': (response) => response.end(),
    '/page': (response) => response.end('<!doctype html><title>Sign in</title>'),
  };
  server = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    if (answer) answer(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

// A temporary folder of our own, so that nobody else's files are in it: every test must leave it empty.
const temp = mkdtempSync(join(tmpdir(), 'diarist-test-'));
const { TMPDIR } = process.env;
process.env.TMPDIR = temp;
afterEach(() => expect(readdirSync(temp)).toEqual([]));
afterAll(() => {
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  rmSync(temp, { recursive: true });
});

const numSamples = async (...given: Parameters<typeof openAudio>): Promise<number> =>
  (await collect((await openAudio(given[0], { ffmpeg: false, ...given[1] })).blocks)).length;

test('a path, a file URL, that as text, bytes, a Blob, a web stream and a Node stream of one recording give the same samples', async () => {
  const path = fixture('stereo.mp3');
  expect(await numSamples(path)).toBe(12800);
  expect(await numSamples(pathToFileURL(path))).toBe(12800);
  expect(await numSamples(pathToFileURL(path).href)).toBe(12800);
  expect(await numSamples(recording)).toBe(12800);
  expect(await numSamples(new Uint8Array(recording).buffer)).toBe(12800);
  expect(await numSamples(new Blob([new Uint8Array(recording)]))).toBe(12800);
  expect(await numSamples(new Blob([new Uint8Array(recording)]).stream())).toBe(12800);
  expect(await numSamples(Readable.from([recording.subarray(0, 100), recording.subarray(100)]))).toBe(12800);
});

describe('a URL', () => {
  test('is downloaded, redirects included', async () => {
    expect(await numSamples(`${base}/talk.mp3`)).toBe(12800);
    expect(await numSamples(new URL(`${base}/moved`))).toBe(12800);
  });

  test('of a server that ends the connection at once is downloaded whole', async () => {
    // As many bytes as a socket hands over at once: with fetch they wait to be read when the end comes.
    const body = Buffer.alloc(65536);
    fixtureBytes('pcm_s16le.wav').copy(body, 0, 0, 36);
    body.write('data', 36);
    body.writeUInt32LE(65536 - 44, 40);
    const closing = createTcpServer((socket) => {
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`);
        socket.end(body);
      });
    });
    await new Promise<void>((done) => closing.listen(0, '127.0.0.1', done));
    const { port } = closing.address() as AddressInfo;
    expect(await numSamples(`http://127.0.0.1:${port}/a.wav`, { sampleRate: 8000 })).toBe((65536 - 44) / 4);
    closing.close();
  });

  const failures = [
    ['/nothing', 'audio_not_found', /nothing answered 404 Not Found when 200 was expected\.$/],
    ['/cut', 'audio_unreadable', /cut broke off after \d+ bytes/],
    ['/circle', 'audio_unreadable', /circle could not be reached \(it redirects in circles\)\.$/],
    [
      '/inside',
      'audio_unreadable',
      /inside could not be reached \(it leads to file:\/\/\/etc\/hostname, which is not on the web\)\.$/,
    ],
    ['/empty', 'audio_empty', /empty is empty \(0 bytes\)\.$/],
    ['/page', 'audio_not_audio', /page is text, not a recording/],
  ] as const;
  for (const [path, code, message] of failures) {
    test(`${path} is refused with ${code}`, async () => {
      await expect(openAudio(base + path, { ffmpeg: false })).rejects.toMatchObject({
        name: 'AudioError',
        code,
        message: expect.stringMatching(message),
      });
    });
  }

  test('that no host answers is refused', async () => {
    await expect(openAudio('http://127.0.0.1:9/x.mp3')).rejects.toMatchObject({ code: 'audio_unreadable' });
  });

  test('larger than allowed is refused on the way', async () => {
    await expect(openAudio(`${base}/talk.mp3`, { maxBytes: 1000 })).rejects.toThrow(
      /is larger than the 1000 bytes allowed: store it as a file and name that, or raise maxBytes\.$/,
    );
  });

  test('can be given up while it is downloaded', async () => {
    const controller = new AbortController();
    const opening = openAudio(`${base}/slow`, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(opening).rejects.toThrow('enough');
  });
});

test('a kind of URL that cannot be read is a mistake of the caller', async () => {
  await expect(openAudio(new URL('ftp://example.org/a.wav'))).rejects.toThrow(TypeError);
});

test.each([
  ['Float32Array', new Float32Array(8)],
  ['Undefined', undefined],
  ['Null', null],
  ['Number', 7],
  ['Object', {}],
])('a %s is no recording, and what is one is told', async (kind, given) => {
  await expect(openAudio(given as never)).rejects.toThrow(
    new TypeError(
      `Got ${kind} when a recording was expected: a path, a URL, a file's bytes (Uint8Array, ArrayBuffer, Blob or a ` +
        'stream of Uint8Array), or { samples, sampleRate }.',
    ),
  );
});

test.each([
  { samples: new Float32Array(8), sampleRate: 16000 },
  { blocks: Readable.from([new Float32Array(8)]), sampleRate: 16000 },
])('who gives samples where there is something to decode is not told to give samples', async (given) => {
  await expect(openAudio(given as never)).rejects.toThrow(
    new TypeError(
      "Got samples when a recording to be decoded was expected: a path, a URL or a file's bytes (Uint8Array, ArrayBuffer, " +
        'Blob or a stream of Uint8Array).',
    ),
  );
});

test('a stream that cannot be kept anywhere says where that was tried, and what to set', async () => {
  process.env.TMPDIR = fixture('stereo.mp3'); // no folder
  try {
    await expect(openAudio(Readable.from([recording]))).rejects.toMatchObject({
      name: 'AudioError',
      code: 'audio_unreadable',
      message: expect.stringMatching(
        /^Nothing can be written to the temporary folder .*stereo\.mp3 \(ENOTDIR\), .* TMPDIR\.$/,
      ),
    });
  } finally {
    process.env.TMPDIR = temp;
  }
});

test('null is no recording for a diarizer either', async () => {
  await expect(async () => openRecording(null as never, {})).rejects.toThrow('Got Null when a recording was expected');
});

test.skipIf(process.platform === 'win32')('a device gives no more than is allowed either', async () => {
  await expect(openAudio('/dev/zero', { maxBytes: 1000 })).rejects.toThrow(
    'zero is larger than the 1000 bytes allowed: store it as a file and name that, or raise maxBytes.',
  );
});

describe('giving up', () => {
  test('before it began throws the reason', async () => {
    await expect(openAudio(recording, { signal: AbortSignal.abort(new Error('never mind')) })).rejects.toThrow(
      'never mind',
    );
  });

  test('while blocks are read throws the reason and ends the thread', async () => {
    const controller = new AbortController();
    const audio = await openAudio(recording, { ffmpeg: false, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(collect(audio.blocks)).rejects.toThrow('enough');
  });

  const waiting = new Promise<never>(() => {});
  const stalled: Readonly<Record<string, () => AsyncIterable<Uint8Array>>> = {
    'Node stream': () => {
      const stream = new PassThrough();
      stream.write(recording.subarray(0, 100));
      return stream;
    },
    'web stream': () => new ReadableStream({ start: (controller) => controller.enqueue(recording.subarray(0, 100)) }),
    generator: async function* () {
      yield recording.subarray(0, 100);
      await waiting;
    },
  };
  test.each(Object.entries(stalled))('while a %s gives nothing more throws the reason', async (_, open) => {
    const controller = new AbortController();
    const opening = openAudio(open(), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(opening).rejects.toThrow('enough');
  });

  test('while a stream of samples gives nothing more throws the reason', async () => {
    async function* blocks() {
      yield new Float32Array(1600);
      await waiting;
    }
    const controller = new AbortController();
    const audio = await openRecording({ sampleRate: 16000, blocks: blocks() }, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(collect(audio.blocks)).rejects.toThrow('enough');
  });

  test('a stream of samples that nobody gives up is read to its end, and let go of early', async () => {
    let left = 0;
    async function* blocks() {
      try {
        for (const sample of [1, 2, 3]) yield Float32Array.of(sample);
      } finally {
        left++;
      }
    }
    const { signal } = new AbortController();
    const open = () => openRecording({ sampleRate: 16000, blocks: blocks() }, { signal });
    expect([...(await collect((await open()).blocks))]).toEqual([1, 2, 3]);
    for await (const _ of (await open()).blocks) break;
    expect(left).toBe(2);
  });

  test('by closing without reading leaves nothing behind', async () => {
    const audio = await openAudio(Readable.from([recording]), { ffmpeg: false });
    await audio.close();
    await audio.close();
  });

  test('by leaving the loop over the blocks closes too', async () => {
    const audio = await openAudio(Readable.from([recording]), { ffmpeg: false });
    for await (const block of audio.blocks) {
      expect(block.length).toBeGreaterThan(0);
      break;
    }
  });
});
