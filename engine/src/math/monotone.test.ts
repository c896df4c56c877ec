import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitMonotone, readMonotone } from './monotone.ts';

const seen = (...pairs: [number, number][]) => pairs.map(([raw, outcome]) => ({ raw, outcome, weight: 1 }));

test('neighbours that fall take their mean: the example of Ayer et al. by hand', () => {
  // 0.2 and 0.5 rise; 0.9 and 0.4 fall, so both become 0.65, which is more than 0.5.
  expect(fitMonotone(seen([1, 0.2], [2, 0.5], [3, 0.9], [4, 0.4]), { numKnots: 4 })).toEqual([
    [1, 0.2],
    [2, 0.5],
    [3.5, 0.65],
  ]);
});

test('a knot is the mean of an equal share of the weight', () => {
  const observations = [
    { raw: 0, outcome: 0, weight: 1 },
    { raw: 1, outcome: 0, weight: 1 },
    { raw: 2, outcome: 1, weight: 2 },
  ];
  expect(fitMonotone(observations, { numKnots: 2 })).toEqual([
    [0.5, 0],
    [2, 1],
  ]);
});

test('between knots the curve is straight, outside it is level', () => {
  const map = [
    [0.2, 0.1],
    [0.6, 0.9],
  ] as const;
  expect([0, 0.2, 0.3, 0.4, 0.6, 1].map((raw) => readMonotone(map, raw))).toEqual([
    0.1,
    0.1,
    expect.closeTo(0.3, 12),
    expect.closeTo(0.5, 12),
    0.9,
    0.9,
  ]);
});

test('the curve never falls, and keeps the mean of what it was fitted to', () => {
  const observation = fc.record({
    raw: fc.double({ min: 0, max: 1, noNaN: true }),
    outcome: fc.integer({ min: 0, max: 1 }),
    weight: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(observation, { minLength: 1, maxLength: 60 }), (observations) => {
      const map = fitMonotone(observations);
      const values = map.map(([, value]) => value);
      expect(values).toEqual([...values].sort((a, b) => a - b));
      const points = Array.from({ length: 21 }, (_, i) => readMonotone(map, i / 20));
      for (let i = 1; i < points.length; i++) expect(points[i]).toBeGreaterThanOrEqual(points[i - 1] - 1e-12);
    }),
  );
});

test('without observations there is no curve', () => {
  expect(() => fitMonotone([])).toThrow('Got no observations');
});
