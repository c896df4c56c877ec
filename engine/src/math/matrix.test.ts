import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cholesky, invertLower, multiply, transpose } from './matrix.ts';

test('rows times columns', () => {
  expect([...multiply(Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(1, 0, 2), 2, 3, 1)]).toEqual([7, 16]);
  expect([...transpose(Float64Array.of(1, 2, 3, 4, 5, 6), 2, 3)]).toEqual([1, 4, 2, 5, 3, 6]);
});

test("Cholesky's example: [[4, 2], [2, 10]] is L Lᵀ of [[2, 0], [1, 3]]", () => {
  expect([...cholesky(Float64Array.of(4, 2, 2, 10), 2)]).toEqual([2, 0, 1, 3]);
  // 1/6 of [[3, 0], [-1, 2]]
  const inverse = invertLower(Float64Array.of(2, 0, 1, 3), 2);
  [3 / 6, 0, -1 / 6, 2 / 6].forEach((value, i) => void expect(inverse[i]).toBeCloseTo(value, 15));
});

test('what is not positive definite, or no square, is refused', () => {
  expect(() => cholesky(Float64Array.of(1, 2, 2, 1), 2)).toThrow('not positive definite: pivot 1 is -3');
  expect(() => cholesky(new Float64Array(3), 2)).toThrow('Got 3 numbers for a matrix of 2 × 2.');
});

test('the root of a matrix and the inverse of the root make the identity of it', () => {
  const sizes = fc.integer({ min: 1, max: 8 });
  const entry = fc.double({ min: -1, max: 1, noNaN: true });
  const roots = sizes.chain((n) => fc.array(entry, { minLength: n * n, maxLength: n * n }));
  fc.assert(
    fc.property(roots, (entries) => {
      const n = Math.sqrt(entries.length);
      const root = Float64Array.from(entries);
      const a = multiply(root, transpose(root, n, n), n, n, n);
      for (let i = 0; i < n; i++) a[i * n + i] += 0.1; // positive definite
      const inverse = invertLower(cholesky(a, n), n);
      const identity = multiply(multiply(inverse, a, n, n, n), transpose(inverse, n, n), n, n, n);
      identity.forEach((value, at) => void expect(value).toBeCloseTo(at % (n + 1) === 0 ? 1 : 0, 10));
    }),
  );
});
