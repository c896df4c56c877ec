import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packSpeakers } from '../core/frames.ts';
import { minSoloFrames, soloMasks } from './masks.ts';

test('a mask looks away from overlap, unless too little is left', () => {
  // speaker 0: frames 0 1 2 3, speaker 1: frames 3 4; together in frame 3
  const active = Uint8Array.of(1, 1, 1, 3, 2, 0);
  const { masks, numActive, numSolo } = soloMasks(active, 6, 2, 1);
  expect([...numActive]).toEqual([4, 2]);
  expect([...numSolo]).toEqual([3, 1]);
  expect([...masks.subarray(0, 6)]).toEqual([1, 1, 1, 0, 0, 0]);
  expect([...masks.subarray(6)]).toEqual([0, 0, 0, 1, 1, 0]); // one frame alone is not more than one: all frames
});

test('who is never silent together with others keeps everything; who never talks has nothing', () => {
  const { masks, numActive } = soloMasks(Uint8Array.of(1, 1), 2, 2, 0);
  expect([...masks]).toEqual([1, 1, 0, 0]);
  expect([...numActive]).toEqual([2, 0]);
});

test('no overlap is left out when infinitely many frames are asked for', () => {
  const active = Uint8Array.of(3, 1, 1);
  expect([...soloMasks(active, 3, 2, Number.POSITIVE_INFINITY).masks]).toEqual([1, 1, 1, 1, 0, 0]);
});

test('the least number of frames is the shortest sound on the frames’ grid, rounded up', () => {
  expect(minSoloFrames(589, 400, 160_000)).toBe(2); // 1.4725
  expect(minSoloFrames(10, 100, 1000)).toBe(1);
});

test('every mask is a speaker’s own frames, without those of others if that leaves enough', () => {
  const frames = fc.array(fc.tuple(fc.nat(1), fc.nat(1), fc.nat(1)), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(frames, fc.nat(6), (rows, least) => {
      const { masks } = soloMasks(packSpeakers(Uint8Array.from(rows.flat()), 3), rows.length, 3, least);
      for (let s = 0; s < 3; s++) {
        const all = rows.map((row) => row[s]);
        const alone = rows.map((row) => (row[s] === 1 && row[0] + row[1] + row[2] === 1 ? 1 : 0));
        const enough = alone.filter((on) => on === 1).length > least;
        expect([...masks.subarray(s * rows.length, (s + 1) * rows.length)]).toEqual(enough ? alone : all);
      }
    }),
  );
});
