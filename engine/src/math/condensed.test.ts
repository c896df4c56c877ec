import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cosinePairs, euclideanPairs, numPairs, pairIndex } from './condensed.ts';
import { cosineDistance } from './cosine.ts';

test('pairs are laid out row by row', () => {
  // 01 02 03 12 13 23
  expect(numPairs(4)).toBe(6);
  expect([pairIndex(0, 1, 4), pairIndex(0, 3, 4), pairIndex(1, 2, 4), pairIndex(2, 3, 4)]).toEqual([0, 2, 3, 5]);
});

test('a right triangle of sides 3 and 4', () => {
  expect([...euclideanPairs(Float32Array.of(0, 0, 3, 0, 0, 4), 3, 2)]).toEqual([3, 4, 5]);
});

test('each distance is that of its two points alone, however many blocks of points there are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 1, max: 5 }), fc.integer(), (n, dim, seed) => {
      const x = Float64Array.from({ length: n * dim }, (_, i) => Math.sin(seed + i * i));
      const row = (i: number): Float64Array => x.subarray(i * dim, (i + 1) * dim);
      const euclidean = euclideanPairs(x, n, dim);
      const cosine = cosinePairs(x, n, dim);
      expect(euclidean.length).toBe(numPairs(n));
      for (let i = 0; i < n; i++) {
        for (let j = i + 1; j < n; j++) {
          const sum = row(i).reduce((total, value, d) => total + (value - row(j)[d]) ** 2, 0);
          expect(euclidean[pairIndex(i, j, n)]).toBe(Math.sqrt(sum));
          const alone = cosineDistance(row(i), row(j)); // NaN where a point is all zeros
          if (Number.isNaN(alone)) expect(cosine[pairIndex(i, j, n)]).toBeNaN();
          else expect(cosine[pairIndex(i, j, n)]).toBeCloseTo(alone, 14);
        }
      }
    }),
    { numRuns: 20 },
  );
});
