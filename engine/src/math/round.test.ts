import { expect, test } from 'vitest';
import { rint } from './round.ts';

test('halves go to the even neighbour, as in NumPy', () => {
  // numpy.rint([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 2.4999, 2.5001])
  expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 2.4999, 2.5001].map(rint).map((x) => x + 0)).toEqual([
    -2, -2, 0, 0, 2, 2, 4, 2, 3,
  ]);
});
