import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { kmeans } from './kmeans.ts';

interface KMeansCase {
  readonly X: number[][];
  readonly k: number;
  readonly labels: number[];
  readonly inertia: number;
}

interface GeneratedKMeans extends KMeansCase {
  readonly dtype: 'float32' | 'float64';
  readonly centers: number[][];
}

test('two pairs far apart are two clusters around their middles', () => {
  const { labels, centroids, inertia } = kmeans(Float64Array.of(0, 1, 10, 11), 4, 1, 2);
  expect(labels[0]).toBe(labels[1]);
  expect(labels[2]).toBe(labels[3]);
  expect([...centroids].sort((a, b) => a - b)).toEqual([0.5, 10.5]);
  expect(inertia).toBe(1); // 4 times 0.5 squared
});

test('the reference labels of scikit-learn come out, numbers included', () => {
  const cases = readJsonFixture<{ kmeans_random_state42_ninit3: KMeansCase[] }>('ops/ops.json.gz');
  for (const { X, k, labels, inertia } of cases.kmeans_random_state42_ninit3) {
    const result = kmeans(Float64Array.from(X.flat()), X.length, X[0].length, k);
    expect([...result.labels]).toEqual(labels);
    expect(result.inertia).toBeCloseTo(inertia, 5);
  }
});

test('so they do for float32 and float64 points, few and many clusters, and duplicates', () => {
  const cases = readJsonFixture<GeneratedKMeans[]>('ops/kmeans.json.gz');
  expect(cases.length).toBe(32);
  for (const { X, dtype, k, labels, inertia, centers } of cases) {
    const points = dtype === 'float32' ? Float32Array.from(X.flat()) : Float64Array.from(X.flat());
    const result = kmeans(points, X.length, X[0].length, k);
    const name = `${dtype}, ${X.length} points of ${X[0].length}, ${k} clusters`;
    expect([...result.labels], name).toEqual(labels);
    // scikit-learn sums float32 points in float32, so 1e-5 of the value there.
    expect(Math.abs(result.inertia - inertia), name).toBeLessThanOrEqual(1e-5 * inertia + 1e-12);
    const present = new Set(labels);
    centers.forEach((centre, j) => {
      if (present.has(j))
        centre.forEach((v, d) => void expect(result.centroids[j * centre.length + d]).toBeCloseTo(v, 5));
    });
  }
});

test('more clusters than points, and points that are no numbers, are refused', () => {
  expect(() => kmeans(new Float64Array(30), 30, 1, 60)).toThrow(
    'Got 60 clusters for 30 points: there must be 1 to 30.',
  );
  expect(() => kmeans(new Float64Array(30), 30, 1, 0)).toThrow('Got 0 clusters');
  expect(() => kmeans(new Float64Array(5), 2, 3, 1)).toThrow('Got 5 numbers when 2 points of 3 make 6.');
  expect(() => kmeans(Float64Array.of(0, Number.NaN), 2, 1, 1)).toThrow('not made of finite numbers');
});

test('each point has the label of its nearest centroid, and each centroid is the mean of its points', () => {
  // Points are the same or well apart: which of two centroids is nearer by less than rounding says nothing.
  const coordinate = fc.integer({ min: -1000, max: 1000 }).map((thousandths) => thousandths / 1000);
  const points = fc.array(fc.tuple(coordinate, coordinate), { minLength: 4, maxLength: 30 });
  fc.assert(
    fc.property(points, fc.integer({ min: 1, max: 4 }), (xs, k) => {
      const { labels, centroids, inertia } = kmeans(Float64Array.from(xs.flat()), xs.length, 2, k, { tolerance: 0 });
      const squared = ([x, y]: readonly number[], j: number): number =>
        (x - centroids[2 * j]) ** 2 + (y - centroids[2 * j + 1]) ** 2;
      let total = 0;
      xs.forEach((point, i) => {
        const own = squared(point, labels[i]);
        total += own;
        for (let j = 0; j < k; j++) if (labels.includes(j)) expect(own).toBeLessThanOrEqual(squared(point, j) + 1e-12);
      });
      expect(inertia).toBeCloseTo(total, 10);
      for (const label of new Set(labels)) {
        const members = xs.filter((_, i) => labels[i] === label);
        const mean = members.reduce((sum, [x]) => sum + x, 0) / members.length;
        expect(centroids[2 * label]).toBeCloseTo(mean, 10);
      }
    }),
    { numRuns: 100 },
  );
});
