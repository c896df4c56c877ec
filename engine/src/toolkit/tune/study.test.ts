import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RandomState } from '../../math/random.ts';
import { cardinality, fromUnit, type Space, toUnit } from './space.ts';
import { runStudy } from './study.ts';
import { suggest, type Trial } from './suggest.ts';

const SPACE: Space = [
  { kind: 'real', name: 'x', low: -5, high: 10 },
  { kind: 'real', name: 'y', low: 0, high: 15 },
];

/** Branin's function: three minima of 0.397887, known from the literature on global optimisation. */
function branin(x: number, y: number): number {
  const b = 5.1 / (4 * Math.PI ** 2);
  const square = (y - b * x * x + (5 / Math.PI) * x - 6) ** 2;
  return square + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
}
const START = { x: 10, y: 0 };
const loss = async ({ x, y }: Readonly<Record<string, unknown>>) => branin(Number(x), Number(y));

test('150 trials come near the minimum of a function with three of them, nearer than as many throws', async () => {
  const searched: number[] = [];
  const thrown: number[] = [];
  for (let seed = 1; seed <= 5; seed++) {
    searched.push((await runStudy(SPACE, START, loss, { trials: 150, seed })).best.loss);
    const random = new RandomState(seed);
    const values = Array.from({ length: 150 }, () => branin(-5 + 15 * random.random(), 15 * random.random()));
    thrown.push(Math.min(...values));
  }
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(searched)).toBeLessThan(0.397887 + 0.2);
  expect(mean(searched)).toBeLessThan(mean(thrown));
});

test('the same seed makes the same trials, another seed others', async () => {
  const run = (seed: number) => runStudy(SPACE, START, loss, { trials: 40, seed });
  expect((await run(1)).trials).toEqual((await run(1)).trials);
  expect((await run(1)).trials).not.toEqual((await run(2)).trials);
});

test('stopped at any trial and gone on, a search makes the trials that it would have made', async () => {
  const whole = await runStudy(SPACE, START, loss, { trials: 60, seed: 7 });
  for (const after of [0, 1, 15, 16, 17, 40, 59, 60]) {
    const made: number[] = [];
    const rest = await runStudy(SPACE, START, loss, {
      trials: 60,
      seed: 7,
      history: whole.trials.slice(0, after),
      onTrial: (_, index) => made.push(index),
    });
    expect(rest.trials).toEqual(whole.trials);
    expect(made).toEqual(Array.from({ length: 60 - after }, (_, i) => after + i));
  }
});

test('the first point is the start, and it stays the best unless something is better', async () => {
  const { trials, best } = await runStudy(SPACE, START, async () => 1, { trials: 30 });
  expect(trials[0].point).toEqual(START);
  expect(best).toBe(trials[0]);
});

test('a score that is not a number stops the search and says where', async () => {
  await expect(runStudy(SPACE, START, async () => Number.NaN)).rejects.toThrow(
    'Got a score of NaN for {"x":10,"y":0} when a number was expected.',
  );
  await expect(runStudy(SPACE, START, loss, { trials: 0 })).rejects.toThrow('Got 0 trials');
});

test('an aborted search throws the reason', async () => {
  const controller = new AbortController();
  const running = runStudy(SPACE, START, loss, {
    signal: controller.signal,
    onTrial: (_, index) => index === 5 && controller.abort(new Error('enough')),
  });
  await expect(running).rejects.toThrow('enough');
});

test('the first sixteen trials fall into sixteen different strips of each range', () => {
  const trials: Trial[] = [];
  for (let i = 0; i < 16; i++) trials.push({ point: suggest(SPACE, trials, { seed: 3 }), loss: i });
  for (const dimension of SPACE) {
    const strips = trials.map(({ point }) => Math.floor(16 * toUnit(dimension, point[dimension.name])));
    expect(new Set(strips).size).toBe(16);
  }
});

test('every value of a space comes back from its place; every place gives a value in bounds', () => {
  const space: Space = [
    { kind: 'real', name: 'log', low: 0.01, high: 15, log: true },
    { kind: 'integer', name: 'size', low: 1, high: 20 },
    { kind: 'choice', name: 'method', values: ['average', 'centroid', 'ward'] },
  ];
  for (let size = 1; size <= 20; size++) expect(fromUnit(space[1], toUnit(space[1], size))).toBe(size);
  for (const method of ['average', 'centroid', 'ward'])
    expect(fromUnit(space[2], toUnit(space[2], method))).toBe(method);
  expect(space.map(cardinality)).toEqual([Number.POSITIVE_INFINITY, 20, 3]);
  expect(fromUnit(space[0], 0.5)).toBeCloseTo(Math.sqrt(0.01 * 15), 4); // the geometric mean
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (unit) => {
      const value = Number(fromUnit(space[0], unit));
      expect(value).toBeGreaterThanOrEqual(0.01);
      expect(value).toBeLessThanOrEqual(15);
      expect(Math.abs(toUnit(space[0], value) - unit)).toBeLessThan(1e-4);
    }),
  );
  expect(() => toUnit(space[0], Number.NaN)).toThrow('Got log=NaN');
  expect(() => toUnit(space[2], 'median')).toThrow('one of average, centroid, ward');
});
