import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { lloyd } from './lloyd.ts';

test('seeds move to the middle of their points', () => {
  const { labels, centroids, inertia } = lloyd(Float64Array.of(0, 1, 10, 11), 1, Float64Array.of(0, 1), 300, 0);
  expect([...labels]).toEqual([0, 0, 1, 1]);
  expect([...centroids]).toEqual([0.5, 10.5]);
  expect(inertia).toBe(1);
});

test('seeds that no point is nearest to are moved as in scikit-learn', () => {
  interface Case {
    readonly X: number[][];
    readonly seeds: number[][];
    readonly minShift: number;
    readonly labels: number[];
    readonly centers: number[][];
  }
  const cases = readJsonFixture<Case[]>('ops/lloyd.json.gz');
  expect(cases.length).toBe(20);
  for (const { X, seeds, minShift, labels, centers } of cases) {
    const result = lloyd(Float64Array.from(X.flat()), X[0].length, Float64Array.from(seeds.flat()), 300, minShift);
    expect([...result.labels]).toEqual(labels);
    centers.flat().forEach((value, i) => void expect(result.centroids[i]).toBeCloseTo(value, 6));
  }
});
