import { expect, test, vi } from 'vitest';
import type { EngineDiarizer, EngineModule } from './engine.ts';
import { hear } from './hear.ts';

/** A recording that does not say how long it is: blocks of a tenth of a second, so many of them. */
function recordingOf(numBlocks: number) {
  const close = vi.fn(async () => {});
  let read = 0;
  async function* blocks() {
    for (; read < numBlocks; read++) yield [new Float32Array(800)];
  }
  const opened = {
    numChannels: 1,
    sampleRate: 8000,
    source: { sampleRate: 8000, numChannels: 1 },
    blocks: blocks(),
    close,
  };
  return { engine: { openChannels: async () => opened } as unknown as EngineModule, close, read: () => read };
}

const heard = (engine: EngineModule, diarize: EngineDiarizer['diarize'], maxSeconds: number) =>
  hear(
    engine,
    { diarize } as unknown as EngineDiarizer,
    'x.flac',
    { frameConfidence: false, maxSeconds },
    {
      signal: new AbortController().signal,
      report: () => {},
      recogniser: undefined,
    },
  );

test('a recording that does not say that it is too long is given up before a network runs', async () => {
  const { engine, close, read } = recordingOf(1e9);
  const diarize = vi.fn();
  await expect(heard(engine, diarize, 30)).rejects.toMatchObject({
    code: 'too_long',
    message: 'The recording is longer than 30 s, the most that is taken',
  });
  expect(read()).toBeLessThanOrEqual(306); // 30.5 s and the block beyond
  expect(close).toHaveBeenCalledOnce();
  expect(diarize).not.toHaveBeenCalled();
});

test('one that is short enough is heard', async () => {
  const { engine, close } = recordingOf(300);
  const diarize = vi.fn(async () => Promise.reject(new Error('heard')));
  await expect(heard(engine, diarize, 30)).rejects.toThrow('heard');
  expect(close).toHaveBeenCalledOnce();
});
