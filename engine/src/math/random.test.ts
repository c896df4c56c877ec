import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { RandomState } from './random.ts';

test('the 10,000th number of seed 5489 is the one that the C++ standard gives for mt19937', () => {
  const random = new RandomState(5489);
  for (let i = 1; i < 10_000; i++) random.uint32();
  expect(random.uint32()).toBe(4123659995);
});

test('numbers in [0, 1) equal numpy.random.RandomState, past several refills of the state', () => {
  const cases = readJsonFixture<{ seed: number; first: number[]; thousandth: number }[]>('ops/random.json.gz');
  for (const { seed, first, thousandth } of cases) {
    const random = new RandomState(seed);
    const numbers = Array.from({ length: 1000 }, () => random.random());
    expect(numbers.slice(0, first.length)).toEqual(first);
    expect(numbers[999]).toBe(thousandth);
  }
});

test('a seed that is no 32-bit number is refused', () => {
  expect(() => new RandomState(-1)).toThrow('Got seed -1');
  expect(() => new RandomState(2 ** 32)).toThrow('Got seed 4294967296');
});
