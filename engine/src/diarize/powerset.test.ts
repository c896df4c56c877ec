import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeHard, powerset } from './powerset.ts';

const rows = ({ mapping }: { mapping: Uint8Array }, width: number): string[] =>
  Array.from({ length: mapping.length / width }, (_, i) => mapping.subarray(i * width, (i + 1) * width).join(''));

test('three speakers, two at a time, are seven sets: nobody, each, each pair', () => {
  const sets = powerset(3, 2);
  expect(sets.numClasses).toBe(7);
  expect(rows(sets, 3)).toEqual(['000', '100', '010', '001', '110', '101', '011']);
});

test('more at a time than there are is refused', () => {
  expect(() => powerset(2, 3)).toThrow('Got 3 speakers at a time when there are 2 in a chunk.');
  expect(() => powerset(2, 0)).toThrow(RangeError);
});

test('a hard decision is the likeliest set, the first of equals', () => {
  const scores = Float32Array.of(-1, -2, -3, 0, /* next frame: {1} and {0,1} are equal */ -5, -4, -1, -1);
  expect([...decodeHard(powerset(2, 2), scores)]).toEqual([1, 1, 0, 1]);
});

const shapes = fc.integer({ min: 1, max: 6 }).chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 1, max: n })));

test('the sets are all that are small enough, each once, by size and then by members', () => {
  fc.assert(
    fc.property(shapes, ([n, most]) => {
      const all = Array.from({ length: 2 ** n }, (_, mask) => Array.from({ length: n }, (_, s) => (mask >> s) & 1));
      const size = (set: number[]): number => set.reduce((a, b) => a + b, 0);
      const expected = all
        .filter((set) => size(set) <= most)
        .map((set) => set.join(''))
        // of one size, the set with the earlier member comes first: '1' before '0'
        .sort((a, b) => size([...a].map(Number)) - size([...b].map(Number)) || (a < b ? 1 : -1));
      expect(rows(powerset(n, most), n)).toEqual(expected);
    }),
  );
});

test('a set that is certain is what is decided', () => {
  fc.assert(
    fc.property(shapes, fc.nat(), ([n, most], pick) => {
      const sets = powerset(n, most);
      const certain = new Float32Array(sets.numClasses).fill(-1e4);
      certain[pick % sets.numClasses] = 0;
      const members = sets.mapping.subarray((pick % sets.numClasses) * n, ((pick % sets.numClasses) + 1) * n);
      expect(decodeHard(sets, certain)).toEqual(members);
    }),
  );
});
