import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { type LinkageMethod, linkage } from './linkage.ts';

interface LinkageCase {
  readonly kind: string;
  readonly method: LinkageMethod;
  /** Given with the first case of each group of methods. */
  readonly X: number[][] | null;
  readonly Z: number[][];
}

const { cases } = readJsonFixture<{ linkage: { cases: LinkageCase[] } }>('ops/ops.json.gz').linkage;
const random = readJsonFixture<RandomLinkage[]>('ops/linkage.json.gz');

interface RandomLinkage {
  readonly points: number[][];
  readonly metric: 'euclidean' | 'cosine';
  readonly Z: Partial<Record<LinkageMethod, number[][]>>;
}

test('three points on a line merge nearest first', () => {
  // 0 and 1 are 1 apart; their centroid 0.5 is 4.5 from 5.
  const { rows } = linkage(Float64Array.of(0, 1, 5), 3, 1, 'centroid');
  expect([...rows]).toEqual([0, 1, 1, 2, 2, 3, 4.5, 3]);
});

test('a centroid may be nearer than the members were: an inversion', () => {
  // An equilateral triangle of side 1: the third corner is sqrt(3)/2 from the middle of the first two.
  const { rows } = linkage(Float64Array.of(0, 0, 1, 0, 0.5, Math.sqrt(3) / 2), 3, 2, 'centroid');
  expect(rows[2]).toBeCloseTo(1, 15);
  expect(rows[6]).toBeCloseTo(Math.sqrt(3) / 2, 15);
});

test('no point and one point make a tree without merges', () => {
  expect(linkage(new Float64Array(0), 0, 3, 'centroid')).toEqual({ numPoints: 0, rows: new Float64Array(0) });
  expect(linkage(Float64Array.of(1, 2, 3), 1, 3, 'single')).toEqual({ numPoints: 1, rows: new Float64Array(0) });
});

test('every merge of the reference cases equals SciPy to the last bit, ties and inversions included', () => {
  let points = new Float64Array(0);
  let dim = 0;
  expect(cases.length).toBe(49);
  for (const { kind, method, X, Z } of cases) {
    if (X) {
      dim = X[0].length;
      points = Float64Array.from(X.flat());
    }
    const { rows } = linkage(points, points.length / dim, dim, method);
    expect([...rows], `${kind}, ${method}, ${Z.length + 1} points`).toEqual(Z.flat());
  }
});

test('trees of points on grids, with duplicates, and of cosine distances equal SciPy', () => {
  let numTrees = 0;
  for (const { points, metric, Z } of random) {
    for (const [method, rows] of Object.entries(Z)) {
      const tree = linkage(Float64Array.from(points.flat()), points.length, points[0].length, method as LinkageMethod, {
        metric,
      });
      const name = `${method}, ${metric}, ${points.length} points of ${points[0].length}`;
      if (metric === 'euclidean') expect([...tree.rows], name).toEqual(rows.flat());
      // SciPy's cosine sums are ordered otherwise: the merges are the same, the distances to a few units in the last place.
      else rows.flat().forEach((value, i) => void expect(tree.rows[i], name).toBeCloseTo(value, i % 4 === 2 ? 13 : 15));
      numTrees++;
    }
  }
  expect(numTrees).toBe(89);
});

test('what is no clustering problem is refused with what was got', () => {
  expect(() => linkage(new Float64Array(5), 2, 3, 'single')).toThrow('Got 5 numbers when 2 points of 3 make 6.');
  expect(() => linkage(Float64Array.of(0, Number.NaN), 2, 1, 'centroid')).toThrow('Got distance NaN for pair 0');
  expect(() => linkage(new Float64Array(4), 2, 2, 'ward', { metric: 'cosine' })).toThrow('normalise first');
});

/** Merges the globally nearest pair each time, from the definition of each distance over members. */
function naive(points: number[][], between: (a: number[][], b: number[][]) => number): number[] {
  let clusters = points.map((point) => [point]);
  const heights: number[] = [];
  while (clusters.length > 1) {
    let best: [number, number, number] = [0, 1, Number.POSITIVE_INFINITY];
    for (let i = 0; i < clusters.length; i++) {
      for (let j = i + 1; j < clusters.length; j++) {
        const distance = between(clusters[i], clusters[j]);
        if (distance < best[2]) best = [i, j, distance];
      }
    }
    const [i, j, height] = best;
    heights.push(height);
    clusters = [...clusters.filter((_, k) => k !== i && k !== j), [...clusters[i], ...clusters[j]]];
  }
  return heights;
}

const euclidean = (a: number[], b: number[]): number => Math.hypot(...a.map((value, d) => value - b[d]));
const mean = (cluster: number[][]): number[] =>
  cluster[0].map((_, d) => cluster.reduce((sum, point) => sum + point[d], 0) / cluster.length);
const eachPair = (a: number[][], b: number[][]): number[] => a.flatMap((p) => b.map((q) => euclidean(p, q)));
const definitions: Partial<Record<LinkageMethod, (a: number[][], b: number[][]) => number>> = {
  single: (a, b) => Math.min(...eachPair(a, b)),
  complete: (a, b) => Math.max(...eachPair(a, b)),
  average: (a, b) => eachPair(a, b).reduce((sum, d) => sum + d, 0) / (a.length * b.length),
  centroid: (a, b) => euclidean(mean(a), mean(b)),
  ward: (a, b) => Math.sqrt((2 * a.length * b.length) / (a.length + b.length)) * euclidean(mean(a), mean(b)),
};

test('merge distances are those of a search over all pairs with each method taken by its definition', () => {
  const coordinate = fc.double({ min: -1, max: 1, noNaN: true });
  const points = fc.array(fc.tuple(coordinate, coordinate, coordinate), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(points, (xs) => {
      // Ties have no single right answer by definition: nudge equal distances apart.
      const spread = xs.map((x, i) => x.map((value, d) => value + 1e-3 * Math.sin(1 + 7 * i * i + 3.3 * d * (i + 1))));
      for (const [method, between] of Object.entries(definitions)) {
        const { rows } = linkage(Float64Array.from(spread.flat()), spread.length, 3, method as LinkageMethod);
        naive(spread, between).forEach((height, k) => void expect(rows[4 * k + 2]).toBeCloseTo(height, 6));
      }
    }),
    { numRuns: 60 },
  );
});
