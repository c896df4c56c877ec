import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { fcluster, maxDistances } from './fcluster.ts';
import type { Linkage } from './linkage.ts';

interface FclusterCase {
  readonly kind: string;
  readonly method: string;
  readonly Z: number[][];
  /** [threshold, clusters] */
  readonly fcluster: [number, number[]][];
}

const tree = (rows: number[][]): Linkage => ({ numPoints: rows.length + 1, rows: Float64Array.from(rows.flat()) });

test('a lone point is numbered after the subtree beside it', () => {
  // Points 1 and 2 merge at 1, then 0 joins them at 5: the pair is cluster 1 though point 0 comes first.
  const rows = tree([
    [1, 2, 1, 2],
    [0, 3, 5, 3],
  ]);
  expect([...fcluster(rows, 2)]).toEqual([2, 1, 1]);
  expect([...fcluster(rows, 5)]).toEqual([1, 1, 1]);
  expect([...fcluster(rows, 0.5)]).toEqual([3, 1, 2]);
});

test('an inversion above a far merge does not join what the far merge keeps apart', () => {
  const rows = tree([
    [0, 1, 1, 2],
    [2, 3, 0.9, 3],
  ]);
  expect([...maxDistances(rows)]).toEqual([1, 1]);
  expect(new Set(fcluster(rows, 0.95)).size).toBe(3);
});

test('one point is one cluster, and no point is none', () => {
  expect([...fcluster({ numPoints: 1, rows: new Float64Array(0) }, 0)]).toEqual([1]);
  expect([...fcluster({ numPoints: 0, rows: new Float64Array(0) }, 0)]).toEqual([]);
});

test('all 392 flat clusterings of the reference trees equal SciPy, numbers included', () => {
  const { cases } = readJsonFixture<{ linkage: { cases: FclusterCase[] } }>('ops/ops.json.gz').linkage;
  let numCuts = 0;
  for (const { kind, method, Z, fcluster: cuts } of cases) {
    for (const [threshold, clusters] of cuts) {
      expect([...fcluster(tree(Z), threshold)], `${kind}, ${method} at ${threshold}`).toEqual(clusters);
      numCuts++;
    }
  }
  expect(numCuts).toBe(392);
});
