import { expect, test } from 'vitest';
import { soundWindows } from './soundWindows.ts';

async function* blocksOf(samples: Float32Array, size: number): AsyncGenerator<Float32Array> {
  for (let from = 0; from < samples.length; from += size) yield samples.subarray(from, from + size);
}

const ramp = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i + 1);
const windows = (samples: Float32Array, size: number, most: number): Promise<Float32Array[]> =>
  soundWindows({ sampleRate: 16000, blocks: blocksOf(samples, size) }, { numSamples: 4, most });

test('windows follow each other, whatever the blocks, and the last one is filled with zeros', async () => {
  for (const size of [1, 3, 4, 7, 100])
    expect((await windows(ramp(10), size, 10)).map((window) => [...window])).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 0, 0],
    ]);
});

test('of a long recording, windows from all over are kept', async () => {
  const starts = (await windows(ramp(4000), 64, 5)).map(([first]) => first);
  expect(starts).toHaveLength(5);
  expect(starts[0]).toBe(1);
  expect(starts[4]).toBeGreaterThan(2000); // sample 4000 is the last
  expect(new Set(starts).size).toBe(5);
});

test('silence is left out', async () => {
  const samples = ramp(12);
  samples.fill(0, 4, 8);
  expect((await windows(samples, 5, 10)).map(([first]) => first)).toEqual([1, 9]);
});
