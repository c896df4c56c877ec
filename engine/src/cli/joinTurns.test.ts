import { expect, test } from 'vitest';
import type { Turn } from '../core/turn.ts';
import { joinTurns } from './joinTurns.ts';

const turn = (speaker: string, start: number, end: number, more: object = {}): Turn => ({
  speaker,
  start,
  end,
  ...more,
});

test('overlapping turns of a speaker become one, as sure as they are on average', () => {
  const turns = [
    turn('Ada', 0, 10, { confidence: 0.9 }),
    turn('Ben', 1, 3, { confidence: 0.1 }),
    turn('Ada', 2, 4, { confidence: 0.5 }),
    turn('Ada', 8, 13, { confidence: 0.6 }),
    turn('Ada', 13, 15, { confidence: 0.3 }),
  ];
  // 10 s of 0.9, 2 of 0.5 and 5 of 0.6 are 13 of 17
  expect(joinTurns(turns, new Set(['Ada']))).toEqual([
    turn('Ada', 0, 13, { confidence: expect.closeTo(13 / 17, 12) }),
    turn('Ben', 1, 3, { confidence: 0.1 }),
    turn('Ada', 13, 15, { confidence: 0.3 }),
  ]);
});

test('turns of others stay apart, however they lie', () => {
  const turns = [turn('Ada', 0, 10), turn('Ben', 0, 12), turn('Ben', 5, 8)];
  expect(joinTurns(turns, new Set(['Ada']))).toEqual(turns);
});

test('a channel on which the turns agree is kept, one on which they differ is not', () => {
  const left = turn('Ada', 0, 3, { channel: 0 });
  expect(joinTurns([left, turn('Ada', 2, 4, { channel: 0 })], new Set(['Ada']))).toEqual([{ ...left, end: 4 }]);
  expect(joinTurns([left, turn('Ada', 2, 4, { channel: 1 })], new Set(['Ada']))).toEqual([turn('Ada', 0, 4)]);
});

test('the result is in order: a turn that grew comes after one that began with it', () => {
  const turns = [turn('Ada', 0, 1), turn('Ben', 0, 2), turn('Ada', 0.5, 3)];
  expect(joinTurns(turns, new Set(['Ada']))).toEqual([turn('Ben', 0, 2), turn('Ada', 0, 3)]);
});
