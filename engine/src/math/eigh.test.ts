import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { eigh, eighGeneral } from './eigh.ts';
import { multiply, transpose } from './matrix.ts';

interface EighCase {
  readonly size: number;
  readonly a: number[];
  /** Positive definite, or null for the plain problem. */
  readonly b: number[] | null;
  readonly values: number[];
  /** Rows. */
  readonly vectors: number[];
}

test('[[2, 1], [1, 2]] stretches the diagonals by 1 and 3', () => {
  const { values, vectors } = eigh(Float64Array.of(2, 1, 1, 2), 2);
  expect(values[0]).toBeCloseTo(1, 15);
  expect(values[1]).toBeCloseTo(3, 15);
  expect(vectors[0]).toBeCloseTo(-vectors[1], 15);
  expect(vectors[2]).toBeCloseTo(vectors[3], 15);
  expect(Math.abs(vectors[2])).toBeCloseTo(Math.SQRT1_2, 15);
});

test('the plain and the generalised problem equal scipy.linalg.eigh up to the sign of each vector', () => {
  const cases = readJsonFixture<EighCase[]>('ops/eigh.json.gz');
  expect(cases.map(({ size }) => size)).toEqual([1, 2, 5, 5, 24, 24, 48]);
  for (const { size, a, b, values, vectors } of cases) {
    const matrix = Float64Array.from(a);
    const result = b ? eighGeneral(matrix, Float64Array.from(b), size) : eigh(matrix, size);
    const scale = Math.max(...values.map(Math.abs));
    values.forEach((value, k) => {
      expect(Math.abs(result.values[k] - value)).toBeLessThan(1e-13 * size * scale);
      const expected = vectors.slice(k * size, (k + 1) * size);
      const got = result.vectors.subarray(k * size, (k + 1) * size);
      const sign = Math.sign(expected.reduce((sum, entry, i) => sum + entry * got[i], 0));
      expected.forEach((entry, i) => void expect(got[i] * sign).toBeCloseTo(entry, 9));
    });
  }
});

test('vectors are of length 1, at right angles, and put together with the values make the matrix again', () => {
  const entry = fc.double({ min: -1, max: 1, noNaN: true });
  const squares = fc.integer({ min: 1, max: 9 }).chain((n) => fc.array(entry, { minLength: n * n, maxLength: n * n }));
  fc.assert(
    fc.property(squares, (entries) => {
      const n = Math.sqrt(entries.length);
      const a = Float64Array.from(entries, (value, at) => value + entries[(at % n) * n + Math.floor(at / n)]);
      const { values, vectors } = eigh(a, n);
      const turned = transpose(vectors, n, n);
      multiply(vectors, turned, n, n, n).forEach((v, at) => void expect(v).toBeCloseTo(at % (n + 1) ? 0 : 1, 12));
      const scaled = vectors.map((value, at) => value * values[Math.floor(at / n)]);
      multiply(turned, scaled, n, n, n).forEach((v, at) => void expect(v).toBeCloseTo(a[at], 12));
      expect([...values]).toEqual([...values].sort((x, y) => x - y));
    }),
  );
});

test('a matrix of another size, or with what is no number, is refused', () => {
  expect(() => eigh(new Float64Array(3), 2)).toThrow('Got 3 numbers for a matrix of 2 × 2.');
  expect(() => eigh(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2)).toThrow('is every entry a number?');
});
