import { expect, test } from 'vitest';
import { RandomState } from '../../math/random.ts';
import { parzen, phi, shares } from './parzen.ts';

test('the normal distribution is that of the tables', () => {
  // Abramowitz and Stegun, table 26.1
  expect(phi(0)).toBeCloseTo(0.5, 6);
  expect(phi(1)).toBeCloseTo(0.841344746, 6);
  expect(phi(-1.96)).toBeCloseTo(0.0249978951, 6);
});

test('a density over [0, 1] integrates to 1, whatever points it is made of', () => {
  for (const points of [[], [0], [0.5], [0, 0.01, 0.02, 1], [0.3, 0.3, 0.3]]) {
    const density = parzen(points);
    const steps = 20_000;
    let sum = 0;
    for (let i = 0; i < steps; i++) sum += Math.exp(density.logDensity((i + 0.5) / steps)) / steps;
    expect(sum).toBeCloseTo(1, 4);
  }
});

test('draws fall as the density says', () => {
  const density = parzen([0.2, 0.22, 0.24, 0.8]);
  const random = new RandomState(1);
  const draws = Array.from({ length: 20_000 }, () => density.draw(random));
  for (let tenth = 0; tenth < 10; tenth++) {
    let expected = 0;
    for (let i = 0; i < 100; i++) expected += Math.exp(density.logDensity((tenth + (i + 0.5) / 100) / 10)) / 1000;
    const found = draws.filter((unit) => Math.floor(unit * 10) === tenth).length / draws.length;
    expect(Math.abs(found - expected)).toBeLessThan(0.02); // five standard deviations of 20,000 draws
  }
});

test('of choices, each has its share plus one', () => {
  const density = shares([0.1, 0.1, 0.9], 3); // counts 3, 1, 2 of 6
  expect([1 / 6, 0.5, 5 / 6].map((unit) => Math.exp(density.logDensity(unit)) / 3)).toEqual([
    expect.closeTo(3 / 6),
    expect.closeTo(1 / 6),
    expect.closeTo(2 / 6),
  ]);
  const random = new RandomState(2);
  const draws = Array.from({ length: 6000 }, () => Math.floor(density.draw(random) * 3));
  expect(draws.filter((choice) => choice === 0).length / 6000).toBeCloseTo(0.5, 1);
});
