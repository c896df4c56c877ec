import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignConstrained, assignNearest } from './assign.ts';
import { NOBODY } from './clustering.ts';

test('the most similar cluster, the first of equals, the first where there is no number', () => {
  const similarity = Float64Array.of(1, 2, 3, /* */ 2, 2, 1, /* */ Number.NaN, Number.NaN, Number.NaN);
  expect([...assignNearest(similarity, 3)]).toEqual([2, 0, 0]);
  expect([...assignNearest(new Float64Array(0), 0)]).toEqual([]);
});

/** Rows of (chunk, local speaker). */
const rowsOf = (...pairs: [chunk: number, speaker: number][]) => ({
  chunk: Int32Array.from(pairs, ([chunk]) => chunk),
  speaker: Int32Array.from(pairs, ([, speaker]) => speaker),
  numRows: pairs.length,
});

test('two speakers of a window never share a cluster; the greater loss keeps its favourite', () => {
  // both prefer cluster 0; giving it to the first (1.9 + 1.0) is worth more than to the second (1.8 + 0.2)
  const similarity = Float64Array.of(1.9, 0.2, /* */ 1.8, 1.0);
  expect([...assignConstrained(rowsOf([0, 0], [0, 1]), 2, similarity, 2)]).toEqual([0, 1]);
  // in two windows they may
  expect([...assignConstrained(rowsOf([0, 0], [1, 1]), 2, similarity, 2)]).toEqual([0, 0]);
});

test('who is left over is nobody', () => {
  const similarity = Float64Array.of(1.2, 1.9, 1.5);
  expect([...assignConstrained(rowsOf([4, 0], [4, 1], [4, 2]), 3, similarity, 1)]).toEqual([NOBODY, 0, NOBODY]);
});

test('who never talks takes no cluster from one who does', () => {
  // local speakers 0 and 2 of three are silent and have no row
  expect([...assignConstrained(rowsOf([0, 1]), 3, Float64Array.of(0.4, 0.9), 2)]).toEqual([1]);
  expect([...assignConstrained(rowsOf([0, 1]), 3, Float64Array.of(0.4), 1)]).toEqual([0]);
});

test('what is no number counts as the least there is', () => {
  const similarity = Float64Array.of(Number.NaN, Number.NaN, /* */ 1.5, 1.4);
  expect([...assignConstrained(rowsOf([0, 0], [0, 1]), 2, similarity, 2)]).toEqual([1, 0]);
});

/** All ways to give each of `rows` a different cluster, or none when the clusters have run out. */
function* matchings(rows: number, clusters: number, taken: readonly number[] = []): Generator<readonly number[]> {
  if (taken.length === rows) {
    const used = taken.filter((k) => k !== NOBODY).length;
    if (used === Math.min(rows, clusters)) yield taken;
    return;
  }
  for (let k = 0; k < clusters; k++) if (!taken.includes(k)) yield* matchings(rows, clusters, [...taken, k]);
  if (clusters < rows) yield* matchings(rows, clusters, [...taken, NOBODY]);
}

test('no other assignment of a window is more similar in total', () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }));
  const tables = sizes.chain(([rows, clusters]) =>
    fc.tuple(
      fc.constant(clusters),
      fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: clusters, maxLength: clusters }), {
        minLength: rows,
        maxLength: rows,
      }),
    ),
  );
  fc.assert(
    fc.property(tables, ([clusters, table]) => {
      const similarity = Float64Array.from(table.flat(), (value) => value / 10);
      const rows = rowsOf(...table.map((_, speaker): [number, number] => [0, speaker]));
      const labels = [...assignConstrained(rows, table.length, similarity, clusters)];
      const total = (chosen: readonly number[]): number =>
        chosen.reduce((sum, k, row) => sum + (k === NOBODY ? 0 : table[row][k]), 0);
      const best = Math.max(...[...matchings(table.length, clusters)].map(total));
      expect(total(labels)).toBe(best);
      const real = labels.filter((k) => k !== NOBODY);
      expect(new Set(real).size).toBe(real.length);
    }),
  );
});
