import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { cosineDistance, cosineDistances } from './cosine.ts';

test('same direction is 0, a right angle 1, opposite 2; length does not matter', () => {
  const east = Float64Array.of(1, 0);
  expect(cosineDistance(east, Float64Array.of(5, 0))).toBe(0);
  expect(cosineDistance(east, Float64Array.of(0, -2))).toBe(1);
  expect(cosineDistance(east, Float32Array.of(-0.5, 0))).toBe(2);
});

test('zeros have no direction', () => {
  expect(cosineDistance(Float64Array.of(0, 0), Float64Array.of(1, 2))).toBeNaN();
});

test('the reference distances equal SciPy to a few units in the last place', () => {
  type Case = Record<'A' | 'B' | 'D', number[][]>;
  const { A, B, D } = readJsonFixture<{ cdist_cosine: Case }>('ops/ops.json.gz').cdist_cosine;
  const distances = cosineDistances(Float64Array.from(A.flat()), Float64Array.from(B.flat()), A[0].length);
  expect(distances.length).toBe(15);
  D.flat().forEach((value, i) => void expect(distances[i]).toBeCloseTo(value, 15));
});

test('vectors that do not fit are refused', () => {
  expect(() => cosineDistance(new Float64Array(2), new Float64Array(3))).toThrow('Got vectors of 2 and 3 numbers.');
  expect(() => cosineDistances(new Float64Array(5), new Float64Array(4), 2)).toThrow('no whole rows of 2');
});
