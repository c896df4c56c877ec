import fc from 'fast-check';
import { expect, test } from 'vitest';
import { windowScores } from './windowScores.ts';

test('two of five windows are kept where there is room for three, with their own scores', () => {
  const log = windowScores({ maxWindows: 2 });
  log.add(0, 2, Float32Array.of(0, 0.5, 1, 1.5));
  log.add(2, 3, Float32Array.of(2, 2.5, 3, 3.5, 4, 4.5)); // 0, 1, 2 → 0, 2; then 4 → 0, 4
  expect(log.every()).toBe(4);
  expect(log.kept()).toEqual([
    [0, Float32Array.of(0, 0.5)],
    [4, Float32Array.of(4, 4.5)],
  ]);
});

test('whatever the order of batches, all multiples of one number are kept and no more than there is room for', () => {
  const batches = fc.integer({ min: 1, max: 60 }).chain((n) =>
    fc.shuffledSubarray(
      Array.from({ length: n }, (_, i) => i),
      { minLength: n, maxLength: n },
    ),
  );
  fc.assert(
    fc.property(batches, fc.integer({ min: 2, max: 9 }), (order, maxWindows) => {
      const log = windowScores({ maxWindows });
      for (const chunk of order) log.add(chunk, 1, Float32Array.of(chunk));
      const every = log.every();
      expect(log.kept()).toEqual(
        order
          .filter((chunk) => chunk % every === 0)
          .sort((a, b) => a - b)
          .map((chunk) => [chunk, Float32Array.of(chunk)]),
      );
      expect(log.kept().length).toBeLessThanOrEqual(maxWindows);
    }),
  );
});
