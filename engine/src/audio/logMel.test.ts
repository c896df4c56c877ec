import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FBANK } from './fbank.ts';
import { framesBetween, slidingCentre } from './logMel.ts';
import type { LogMelFrames } from './stretches.ts';

const { numBins } = FBANK;

/** Every bin of frame i of the recording holds `values[i]`. */
function frames(values: readonly number[], { firstFrame = 0, numRealFrames = values.length } = {}): LogMelFrames {
  const kept = values.slice(firstFrame);
  const data = Float32Array.from({ length: kept.length * numBins }, (_, i) => kept[Math.floor(i / numBins)]);
  return { firstFrame, numFrames: kept.length, numRealFrames, data };
}

const firstBins = (data: Float32Array): number[] =>
  Array.from({ length: data.length / numBins }, (_, i) => data[i * numBins]);

test('each frame loses the mean of its neighbourhood, which is moved inwards at the ends', () => {
  // of 1 2 3 4 10 with three frames around each: means 2 2 3 17/3 17/3
  const centred = firstBins(slidingCentre(frames([1, 2, 3, 4, 10]), 0, 5, 3));
  [-1, 0, 0, 4 - 17 / 3, 10 - 17 / 3].forEach((value, i) => {
    expect(centred[i]).toBeCloseTo(value, 5);
  });
});

test('a recording shorter than the neighbourhood has one mean', () => {
  expect(firstBins(slidingCentre(frames([1, 2, 6]), 0, 3, 100))).toEqual([-2, -1, 3]);
});

test('padding after the recording is centred but counts for nothing', () => {
  expect(firstBins(slidingCentre(frames([1, 3, -15], { numRealFrames: 2 }), 0, 3, 100))).toEqual([-1, 1, -17]);
});

test('frames are found by their number in the recording', () => {
  expect(firstBins(framesBetween(frames([0, 10, 20, 30], { firstFrame: 1 }), 2, 4))).toEqual([20, 30]);
});

test('each frame minus a mean counted by hand', () => {
  const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 25 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 12 }), fc.nat(24), (numbers, width, from) => {
      const first = from % numbers.length;
      const centred = firstBins(slidingCentre(frames(numbers), first, numbers.length, width));
      for (let i = first; i < numbers.length; i++) {
        const low = Math.max(0, Math.min(i - Math.floor(width / 2), numbers.length - width));
        const around = numbers.slice(low, low + width);
        expect(centred[i - first]).toBeCloseTo(numbers[i] - around.reduce((a, b) => a + b, 0) / around.length, 4);
      }
    }),
  );
});
