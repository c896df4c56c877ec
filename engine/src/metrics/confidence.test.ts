import { expect, test } from 'vitest';
import { bayesianInterval, bootstrapInterval } from './confidence.ts';
import type { Metric } from './metric.ts';
import { studentTBound } from './studentT.ts';

const share: Pick<Metric<'part' | 'whole'>, 'components' | 'rate'> = {
  components: ['part', 'whole'],
  rate: ({ part, whole }) => part / whole,
};

test('the bounds of Student’s t are those of scipy.stats.t.interval 1.17', () => {
  // [t.interval(p, df)[1] for p, df in …]
  expect(studentTBound(0.9, 1)).toBeCloseTo(6.313751514675037, 11);
  expect(studentTBound(0.9, 46)).toBeCloseTo(1.678660413556865, 12);
  expect(studentTBound(0.95, 4)).toBeCloseTo(2.7764451051977934, 12);
  expect(studentTBound(0.5, 1000)).toBeCloseTo(0.6747351646070093, 10);
  expect(() => studentTBound(1, 3)).toThrow('Got a probability of 1');
});

test('the interval of the mean is that of scipy.stats.bayes_mvs', () => {
  // bayes_mvs([0.1, 0.2, 0.4, 0.15], alpha=0.9)[0]
  const { center, low, high } = bayesianInterval([0.1, 0.2, 0.4, 0.15]);
  expect([center, low, high]).toEqual([
    expect.closeTo(0.21250000000000002, 12),
    expect.closeTo(0.057768964060857186, 12),
    expect.closeTo(0.36723103593914275, 12),
  ]);
});

test('one file has no width, no file no interval', () => {
  expect(bayesianInterval([0.3])).toEqual({ center: 0.3, low: 0.3, high: 0.3 });
  expect(bootstrapInterval(share, [{ part: 1, whole: 4 }])).toEqual({ center: 0.25, low: 0.25, high: 0.25 });
  expect(() => bayesianInterval([])).toThrow('Got no files');
});

test('an interval that would be NaN is refused', () => {
  const files = [
    { part: 1, whole: 10 },
    { part: 0, whole: 90 },
  ];
  expect(() => bootstrapInterval(share, files, { confidence: 95 })).toThrow('a confidence of 95');
  expect(() => bootstrapInterval(share, files, { draws: 0 })).toThrow('Got 0 draws');
});

test('the bootstrap draws files, not rates: its centre is the total, and the same seed repeats it', () => {
  const files = [
    { part: 1, whole: 10 },
    { part: 0, whole: 90 },
    { part: 30, whole: 100 },
  ];
  const interval = bootstrapInterval(share, files, { seed: 3 });
  expect(interval.center).toBe(31 / 200);
  expect(interval.low).toBeLessThan(0.01);
  expect(interval.high).toBeGreaterThan(0.25);
  expect(interval.high).toBeLessThanOrEqual(0.3);
  expect(bootstrapInterval(share, files, { seed: 3 })).toEqual(interval);
  expect(bootstrapInterval(share, files, { seed: 3, confidence: 0.5 }).high).toBeLessThanOrEqual(interval.high);
});

test('for many files alike in length both intervals agree', () => {
  // Rates spread evenly over [0, 1): deviation 1/√12, so ±1.645/√12/√400 for 400 files.
  const files = Array.from({ length: 400 }, (_, i) => ({ part: (i * 0.6180339887) % 1, whole: 1 }));
  const expected = 1.645 / Math.sqrt(12 * 400);
  const bootstrap = bootstrapInterval(share, files, { draws: 4000 });
  const bayesian = bayesianInterval(files.map(share.rate));
  expect((bootstrap.high - bootstrap.low) / 2).toBeCloseTo(expected, 2);
  expect((bayesian.high - bayesian.low) / 2).toBeCloseTo(expected, 3);
});
