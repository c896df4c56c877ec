import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Audio } from '../core/audio.ts';
import { createDiarizer, type Diarizer, type DiarizerOptions } from './client.ts';
import type { Request, Response, SentRecording } from './messages.ts';
import { embeddedModel } from './model.ts';

// The page's side of the conversation, with a worker that says what a test wants it to say.

type Answer = (request: Request) => readonly Response[];

beforeEach(() => {
  vi.stubGlobal('location', { href: 'https://example.org/app/page.html' });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function opened(answer: Answer, options: Partial<DiarizerOptions> = {}): Promise<[Diarizer, Request[]]> {
  const asked: Request[] = [];
  const worker = {
    onmessage: undefined as ((event: { data: Response }) => void) | undefined,
    postMessage(request: Request) {
      asked.push(request);
      const { job } = request;
      const made = { type: 'created', job, model: {}, device: 'wasm' } as unknown as Response;
      const answers = request.type === 'create' ? [made] : answer(request);
      queueMicrotask(() => {
        for (const data of answers) worker.onmessage?.({ data });
      });
    },
    terminate() {},
  };
  const createWorker = () => worker as unknown as Worker;
  const diarizer = await createDiarizer({ model: embeddedModel('/models/one'), createWorker, ...options });
  return [diarizer, asked];
}

test('folders are whole URLs that end in a slash, however they were written', async () => {
  const [, [created]] = await opened(() => [], { wasmPaths: '/ort' });
  expect(created).toMatchObject({
    settings: { wasmPaths: 'https://example.org/ort/', model: { baseUrl: 'https://example.org/models/one/' } },
  });
});

test('addresses are those that the page itself would fetch: its <base href> counts', async () => {
  vi.stubGlobal('document', { baseURI: 'https://example.org/app/' });
  vi.stubGlobal('location', { href: 'https://example.org/app/some/route' });
  const model = embeddedModel('models/one');
  const [diarizer, asked] = await opened(() => [], { model });
  void diarizer.diarize('talk.wav');
  expect(asked).toMatchObject([
    { settings: { model: { baseUrl: 'https://example.org/app/models/one/' } } },
    { recording: { url: 'https://example.org/app/talk.wav' } },
  ]);
});

test('a recording from another window is one too, and nothing but its samples is sent of what holds them', async () => {
  const [diarizer, asked] = await opened(() => []);
  const foreign = runInNewContext('({ buffer: new ArrayBuffer(8), samples: new Float32Array(16) })');
  void diarizer.diarize(foreign.buffer);
  void diarizer.diarize({ samples: foreign.samples, sampleRate: 8000, track: () => {} } as never);
  const long = new Float32Array(1000).fill(0.5);
  void diarizer.diarize({ samples: long.subarray(10, 13), sampleRate: 16000 });
  const [, bytes, whole, part] = asked as { recording: SentRecording }[];
  expect(bytes).toMatchObject({ recording: { kind: 'blob', blob: { size: 8 }, name: 'the input' } });
  expect(whole.recording).toEqual({ kind: 'audio', audio: { samples: foreign.samples, sampleRate: 8000 } });
  expect(part.recording).toEqual({
    kind: 'audio',
    audio: { samples: Float32Array.of(0.5, 0.5, 0.5), sampleRate: 16000 },
  });
  expect((part.recording as { audio: Audio }).audio.samples.buffer.byteLength).toBe(12); // cloning takes all of it along
});

test('what is no model is refused before a worker is started for it', async () => {
  const createWorker = vi.fn();
  await expect(createDiarizer({ model: 'embedded' as never, createWorker })).rejects.toThrow(/^Got no model: embedded/);
  expect(createWorker).not.toHaveBeenCalled();
});

test('what is told of the download may end it by throwing', async () => {
  const worker = {
    onmessage: undefined as ((event: { data: Response }) => void) | undefined,
    postMessage: ({ job }: Request) =>
      queueMicrotask(() => worker.onmessage?.({ data: { type: 'download', job, progress: { received: 1 } } })),
    terminate: vi.fn(),
  };
  const loading = createDiarizer({
    model: embeddedModel('/models/one'),
    createWorker: () => worker as unknown as Worker,
    onDownload() {
      throw new Error('of the page');
    },
  });
  await expect(loading).rejects.toThrow('of the page');
  expect(worker.terminate).toHaveBeenCalled();
});

test('an abort is heard at once, also while the page decodes what the worker could not', async () => {
  vi.stubGlobal(
    'OfflineAudioContext',
    class {
      decodeAudioData = () => new Promise(() => {}); // a long recording
    },
  );
  const error = { name: 'AudioError', code: 'audio_decoder_missing', message: 'no decoder' };
  const [diarizer] = await opened(({ job }) => [{ type: 'failed', job, error }]);
  const controller = new AbortController();
  const run = diarizer.diarize(new Blob(['sound']), { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 20);
  await expect(run).rejects.toThrow('enough');
});

test('what an observer throws ends its run, in the worker too', async () => {
  const event = { type: 'progress', stage: 'segmentation', done: 0 } as const;
  const [diarizer, asked] = await opened(({ job, type }) =>
    type === 'diarize' ? [{ type: 'event', job, event }] : [],
  );
  const observe = () => {
    throw new Error('of the page');
  };
  await expect(diarizer.diarize(new Blob(['sound']), { observe })).rejects.toThrow('of the page');
  expect(asked.map(({ type }) => type)).toEqual(['create', 'diarize', 'abort']);
});
