import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDiarizer, type Diarizer, type DiarizerOptions } from './client.ts';
import type { Request, Response } from './messages.ts';
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
