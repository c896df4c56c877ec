import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evenly, project } from './project.ts';

test('directions in a plane keep their distances; lengths do not count', () => {
  // unit vectors (1,0,0), (0,1,0), (-1,0,0), (0,-1,0), given at different lengths: mean 0, variance 1/2 on two axes
  const { points, explained } = project(Float32Array.of(2, 0, 0, 0, 3, 0, -1, 0, 0, 0, -0.5, 0), 3);
  expect(explained[0]).toBeCloseTo(0.5, 12);
  expect(explained[1]).toBeCloseTo(0.5, 12);
  for (let row = 0; row < 4; row++) expect(Math.hypot(points[2 * row], points[2 * row + 1])).toBeCloseTo(1, 12);
  expect(Math.hypot(points[0] - points[2], points[1] - points[3])).toBeCloseTo(Math.SQRT2, 12);
});

test('a vector that is no number, or nothing, has no place; the others do not notice', () => {
  const { points } = project(Float32Array.of(1, 0, Number.NaN, 0, 0, 0, 0, 1), 2);
  expect([...points].map(Number.isNaN)).toEqual([false, false, true, true, true, true, false, false]);
  expect(Math.abs(points[0] - points[6])).toBeCloseTo(Math.SQRT2, 12);
  expect([...project(new Float32Array(0), 256).points]).toEqual([]);
  expect(project(Float32Array.of(Number.NaN, 1), 2).explained).toEqual([0, 0]);
});

test('no pair of axes at 15° steps has more variance than the first axis', () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true, min: -4, max: 4 }), { minLength: 24, maxLength: 24 }), (values) => {
      const { points } = project(Float32Array.from(values), 3);
      const rows = Array.from({ length: 8 }, (_, row) => [points[2 * row], points[2 * row + 1]]).filter(
        ([a]) => !Number.isNaN(a),
      );
      const spread = (angle: number): number =>
        rows.reduce((sum, [a, b]) => sum + (a * Math.cos(angle) + b * Math.sin(angle)) ** 2, 0);
      for (let k = 1; k < 12; k++) expect(spread((k * Math.PI) / 12)).toBeLessThanOrEqual(spread(0) + 1e-9);
    }),
    { numRuns: 50 },
  );
});

test('items are taken evenly', () => {
  expect(evenly([0, 1, 2, 3, 4, 5, 6], 3)).toEqual([0, 2, 4]);
  expect(evenly([0, 1], 3)).toEqual([0, 1]);
});
