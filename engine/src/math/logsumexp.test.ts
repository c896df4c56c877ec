import { expect, test } from 'vitest';
import { logSumExp } from './logsumexp.ts';

test('logarithms of 1, 2 and 3 add up to the logarithm of 6', () => {
  expect(logSumExp([0, Math.log(2), Math.log(3)])).toBeCloseTo(Math.log(6), 15);
});

test('numbers too large or too small for exp are no trouble', () => {
  // scipy.special.logsumexp([1000, 1000]), ([-1000, -1001]), ([-inf, 0]), ([-inf, -inf])
  expect(logSumExp([1000, 1000])).toBe(1000.6931471805599);
  expect(logSumExp([-1000, -1001])).toBeCloseTo(-999.6867383124818, 12);
  expect(logSumExp([Number.NEGATIVE_INFINITY, 0])).toBe(0);
  expect(logSumExp([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])).toBe(Number.NEGATIVE_INFINITY);
  expect(logSumExp([])).toBe(Number.NEGATIVE_INFINITY);
  expect(logSumExp([0, Number.NaN, 1])).toBeNaN();
});
