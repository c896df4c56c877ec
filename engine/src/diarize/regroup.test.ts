import { expect, test } from 'vitest';
import { type LocalTurn, localTurns, regroup, regrouped } from './regroup.ts';

const STEP = 0.1;
const likeness = { slope: 10, middle: 0.5, half: 1, same: 1, other: 1 };
const at = (speaker: number, first: number, end: number, numSolo = end - first): LocalTurn => ({
  speaker,
  first,
  end,
  numSolo,
});
const groupsOf = (turns: LocalTurn[], vectors: number[][]): number[] => [
  ...regroup(turns, Float32Array.from(vectors.flat()), { dimension: 2, frameStep: STEP, likeness }),
];
const [ANN, BEN, NONE] = [
  [1, 0],
  [0, 1],
  [0, 0],
];

test('a run of frames is a turn, and a pause of more than 0.15 s divides two', () => {
  const talking = Uint8Array.of(1, 1, 0, 3, 2, 2, 1); // by frames of 0.1 s: 1 is Ann, 2 Ben, 3 both
  expect(localTurns(talking, 2, STEP)).toEqual([
    { speaker: 0, first: 0, end: 4, numSolo: 2 }, // the pause of one frame is inside
    { speaker: 0, first: 6, end: 7, numSolo: 1 },
    { speaker: 1, first: 3, end: 6, numSolo: 2 },
  ]);
});

test('a chunk is written anew with each turn under its group', () => {
  const talking = Uint8Array.of(1, 1, 0, 0, 3, 2);
  const turns = localTurns(talking, 2, STEP);
  expect([...regrouped(talking, turns, Int32Array.of(0, 2, 1))]).toEqual([1, 1, 0, 0, 6, 2]);
});

test('two voices that were heard as one local speaker become two', () => {
  // Of 2 s each the cosine 0 says 10 · 2/3 · (0 - 0.5) = -3.3, which one local speaker's +1 does not make up for.
  expect(groupsOf([at(0, 0, 20), at(0, 22, 42), at(0, 44, 64)], [ANN, BEN, ANN])).toEqual([0, 1, 0]);
});

test('one voice that was heard as two becomes one', () => {
  expect(groupsOf([at(0, 0, 20), at(1, 22, 42)], [ANN, ANN])).toEqual([0, 0]); // 3.3 - 1 > 0
});

test('short turns stay as they were heard', () => {
  // Of 0.2 s the cosine weighs a sixth of the slope: -0.83 and +0.83 against 1.
  expect(groupsOf([at(0, 0, 2), at(0, 4, 6)], [ANN, BEN])).toEqual([0, 0]);
  expect(groupsOf([at(0, 0, 2), at(1, 4, 6)], [ANN, ANN])).toEqual([0, 1]);
});

test('turns without a vector stay with their local speaker', () => {
  expect(groupsOf([at(0, 0, 3), at(0, 5, 25), at(1, 30, 50)], [NONE, ANN, BEN])).toEqual([0, 0, 1]);
});

test('turns that overlap are never one person, however alike they sound', () => {
  expect(groupsOf([at(0, 0, 20, 15), at(1, 15, 40, 20)], [ANN, ANN])).toEqual([0, 1]);
});

test('a chunk has eight speakers at most', () => {
  const angle = (i: number): number[] => [Math.cos(i), Math.sin(i)];
  const turns = Array.from({ length: 12 }, (_, i) => at(0, i * 30, i * 30 + 20));
  const strict = { ...likeness, middle: 2 }; // nobody is like anybody
  const vectors = Float32Array.from(turns.flatMap((_, i) => angle(i)));
  const found = regroup(turns, vectors, { dimension: 2, frameStep: STEP, likeness: strict });
  expect(new Set(found).size).toBe(8);
});
