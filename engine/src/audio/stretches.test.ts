import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AudioStream } from '../core/audio.ts';
import { FBANK, fbank, numFbankFrames } from './fbank.ts';
import { eachStretch, numChunksOf, type Stretch, stretches } from './stretches.ts';

function streamOf(samples: Float32Array, blockSizes: readonly number[]): AudioStream {
  async function* blocks(): AsyncGenerator<Float32Array> {
    for (let from = 0, i = 0; from < samples.length; i++) {
      const size = blockSizes[i % blockSizes.length];
      yield samples.slice(from, from + size);
      from += size;
    }
  }
  return { sampleRate: 16000, blocks: blocks() };
}

async function all(reader: AsyncGenerator<Stretch, number>): Promise<{ parts: Stretch[]; numSamples: number }> {
  const parts: Stretch[] = [];
  for (;;) {
    const { done, value } = await reader.next();
    if (done) return { parts, numSamples: value };
    parts.push(value);
  }
}

const ramp = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(i * i * 1e-4));
const CHUNKS = { chunkNumSamples: 1600, stepNumSamples: 320 };

test('whole chunks, then one for what is left, and one at least', () => {
  const count = (numSamples: number): number => numChunksOf(numSamples, 10, 2);
  expect([1, 9, 10, 11, 12, 13, 14].map(count)).toEqual([1, 1, 1, 2, 2, 3, 3]);
});

test('the last chunk is filled up with zeros, and the recording is as long as it was', async () => {
  const sound = ramp(2000); // chunks at 0 and 320, and the rest of 400 − 320 samples at 640
  const { parts, numSamples } = await all(
    stretches(streamOf(sound, [700]), { ...CHUNKS, chunksPerStretch: 2, contextFrames: -1 }),
  );
  expect(numSamples).toBe(2000);
  expect(
    parts.map(({ firstChunk, numChunks, startSample, isLast }) => [firstChunk, numChunks, startSample, isLast]),
  ).toEqual([
    [0, 2, 0, false],
    [2, 1, 640, true],
  ]);
  expect(parts[1].samples).toEqual(Float32Array.from({ length: 1600 }, (_, i) => sound[640 + i] ?? 0));
  expect(parts[0].frames.numFrames).toBe(0);
});

test('nothing gives nothing', async () => {
  const { parts, numSamples } = await all(
    stretches(streamOf(new Float32Array(0), [1]), { ...CHUNKS, chunksPerStretch: 2, contextFrames: 0 }),
  );
  expect([parts.length, numSamples]).toEqual([0, 0]);
});

test('a step that is not on the grid of frames is refused', async () => {
  const reader = stretches(streamOf(ramp(10), [10]), {
    chunkNumSamples: 1600,
    stepNumSamples: 100,
    chunksPerStretch: 1,
    contextFrames: 0,
  });
  await expect(reader.next()).rejects.toThrow('Got a step of 100 samples when a multiple of 160 was expected.');
});

test('however a recording is cut into blocks and stretches, chunks and frames are those of the whole', async () => {
  const cases = fc.record({
    numSamples: fc.integer({ min: 1, max: 9000 }),
    blockSizes: fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 5 }),
    chunksPerStretch: fc.integer({ min: 1, max: 7 }),
    contextFrames: fc.integer({ min: -1, max: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ numSamples, blockSizes, chunksPerStretch, contextFrames }) => {
      const sound = ramp(numSamples);
      const numChunks = numChunksOf(numSamples, 1600, 320);
      const padded = new Float32Array((numChunks - 1) * 320 + 1600);
      padded.set(sound.subarray(0, padded.length));
      const mel = fbank(padded.length > numSamples ? padded : sound);
      const { parts } = await all(
        stretches(streamOf(sound, blockSizes), { ...CHUNKS, chunksPerStretch, contextFrames }),
      );
      expect(parts.reduce((sum, part) => sum + part.numChunks, 0)).toBe(numChunks);
      expect(parts.map(({ isLast }) => isLast).lastIndexOf(true)).toBe(parts.length - 1);
      for (const { firstChunk, numChunks: size, startSample, samples, frames } of parts) {
        expect(startSample).toBe(firstChunk * 320);
        expect(samples).toEqual(padded.subarray(startSample, startSample + (size - 1) * 320 + 1600));
        if (contextFrames < 0) continue;
        const { firstFrame, numFrames, data } = frames;
        expect(firstFrame).toBe(Math.max(0, startSample / FBANK.frameShift - contextFrames));
        // up to the context, as far as the recording goes; frames of padding where the last chunk has them
        const reach = (startSample + samples.length) / FBANK.frameShift + contextFrames;
        const own = startSample / FBANK.frameShift + numFbankFrames(samples.length);
        expect(firstFrame + numFrames).toBeGreaterThanOrEqual(
          Math.min(reach, Math.max(own, numFbankFrames(numSamples))),
        );
        expect(firstFrame + numFrames).toBeLessThanOrEqual(reach);
        expect(data).toEqual(mel.subarray(firstFrame * FBANK.numBins, (firstFrame + numFrames) * FBANK.numBins));
      }
    }),
    { numRuns: 40 },
  );
});

test('the stream is let go when all was taken, when taking fails and when it is aborted', async () => {
  const run = async (take: (taken: number, controller: AbortController) => void): Promise<string> => {
    let [taken, closed] = [0, false];
    async function* blocks(): AsyncGenerator<Float32Array> {
      try {
        for (let i = 0; i < 10; i++) yield ramp(320);
      } finally {
        closed = true;
      }
    }
    const controller = new AbortController();
    const cut = { ...CHUNKS, chunksPerStretch: 1, contextFrames: -1, signal: controller.signal };
    const told = await eachStretch({ sampleRate: 16000, blocks: blocks() }, cut, async () => {
      take(++taken, controller);
    }).catch((error: Error) => error.message);
    return `${told}, ${taken}, ${closed}`;
  };
  const fail = (): void => {
    throw new Error('failed');
  };
  // 10 blocks are 3,200 samples, in which (3200 − 1600) / 320 + 1 = 6 chunks fit.
  expect(await run(() => {})).toBe('3200, 6, true');
  expect(await run((taken) => taken === 2 && fail())).toBe('failed, 2, true');
  expect(await run((_, controller) => controller.abort(new Error('stopped')))).toBe('stopped, 1, true');
});
