import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChunkedActivity } from '../core/frames.ts';
import { resolveBounds, trainingRows } from './clustering.ts';

test('no bounds are from one speaker to any number', () => {
  expect(resolveBounds({})).toEqual({ num: undefined, min: 1, max: Number.POSITIVE_INFINITY });
});

test('a number of speakers is both bounds, and equal bounds are a number', () => {
  expect(resolveBounds({ numSpeakers: 3, minSpeakers: 1, maxSpeakers: 9 })).toEqual({ num: 3, min: 3, max: 3 });
  expect(resolveBounds({ minSpeakers: 2, maxSpeakers: 2 })).toEqual({ num: 2, min: 2, max: 2 });
  expect(resolveBounds({ minSpeakers: 2 })).toEqual({ num: undefined, min: 2, max: Number.POSITIVE_INFINITY });
});

test('zero is not given, as in pyannote', () => {
  expect(resolveBounds({ numSpeakers: 0, minSpeakers: 0, maxSpeakers: 4 })).toEqual({ num: undefined, min: 1, max: 4 });
});

test('bounds that contradict each other, or are no numbers, are refused with their values', () => {
  expect(() => resolveBounds({ minSpeakers: 5, maxSpeakers: 3 })).toThrow('Got minSpeakers 5 when maxSpeakers is 3.');
  expect(() => resolveBounds({ numSpeakers: 1.5 })).toThrow('Got numSpeakers 1.5 when a whole number');
  expect(() => resolveBounds({ maxSpeakers: -1 })).toThrow(RangeError);
  expect(() => resolveBounds({ minSpeakers: Number.NaN })).toThrow(RangeError);
});

test('whatever is asked for, at least one and at most as many as said', () => {
  const bound = fc.option(fc.nat(5), { nil: undefined });
  fc.assert(
    fc.property(bound, bound, bound, (numSpeakers, minSpeakers, maxSpeakers) => {
      const contradictory = !numSpeakers && (minSpeakers || 1) > (maxSpeakers || Number.POSITIVE_INFINITY);
      if (contradictory) {
        expect(() => resolveBounds({ numSpeakers, minSpeakers, maxSpeakers })).toThrow(RangeError);
        return;
      }
      const { num, min, max } = resolveBounds({ numSpeakers, minSpeakers, maxSpeakers });
      for (let n = 0; n <= 7; n++) {
        const wanted = numSpeakers ? n === numSpeakers : n >= (minSpeakers || 1) && n <= (maxSpeakers || 7);
        expect(n >= min && n <= max).toBe(wanted && n >= 1);
      }
      expect(num !== undefined).toBe(min === max);
    }),
  );
});

test('speakers are learnt from who talks alone for a fifth of the chunk and has a vector of numbers', () => {
  const activity: ChunkedActivity = {
    chunks: { start: 0, duration: 10, step: 1 },
    numChunks: 1,
    grid: { start: 0, duration: 1, step: 1 },
    numFrames: 10,
    width: 4,
    talking: new Uint8Array(10),
  };
  const embeddings = {
    dimension: 2,
    numRows: 4,
    chunk: new Int32Array(4),
    speaker: Int32Array.of(0, 1, 2, 3),
    numSolo: Int32Array.of(2, 1, 5, 10),
    vectors: Float32Array.of(1, 0, 1, 0, 1, Number.NaN, 0, 0),
  };
  expect([...trainingRows({ embeddings, activity })]).toEqual([0, 3]);
  expect([...trainingRows({ embeddings, activity }, { minActiveRatio: 0.1 })]).toEqual([0, 1, 3]);
});
