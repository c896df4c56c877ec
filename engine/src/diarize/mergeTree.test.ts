import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unitRows } from './centroids.ts';
import { cut, mergeTree } from './mergeTree.ts';

/**
 * Voices on the unit sphere, seeded: `numVoices` random directions, the nearest two `gap` apart, and points that are one of
 * them plus noise of about that length.
 */
function voices(
  numPoints: number,
  numVoices: number,
  dim: number,
  noise: number,
  seed: number,
): { points: Float32Array; voice: Int32Array; gap: number } {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centres = unitRows(Float32Array.from({ length: numVoices * dim }, normal), dim);
  const voice = Int32Array.from({ length: numPoints }, (_, i) =>
    Math.floor(random() * numVoices * Math.min(1, i / 100 + 0.5)),
  );
  const raw = new Float32Array(numPoints * dim);
  for (let i = 0; i < numPoints; i++)
    for (let d = 0; d < dim; d++) raw[i * dim + d] = centres[voice[i] * dim + d] + (noise * normal()) / Math.sqrt(dim);
  return { points: unitRows(raw, dim), voice, gap: leastDistance(centres, dim) };
}

function leastDistance(rows: Float32Array, dim: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rows.length; i += dim)
    for (let j = 0; j < i; j += dim)
      least = Math.min(least, Math.hypot(...Array.from({ length: dim }, (_, d) => rows[i + d] - rows[j + d])));
  return least;
}

/** Whether two labellings are the same up to names. */
function samePartition(a: Int32Array, b: Int32Array): boolean {
  const pairs = new Set(Array.from(a, (label, i) => `${label} ${b[i]}`));
  return pairs.size === new Set(a).size && pairs.size === new Set(b).size;
}

test('few points: the tree is the exact one', () => {
  const { points } = voices(40, 3, 8, 0.3, 1);
  const { tree, leafOf } = mergeTree(points, 40, 8, 'centroid', { threshold: 0.75 });
  expect(leafOf).toBeUndefined();
  expect(tree.numPoints).toBe(40);
});

test('many points: voices that lie apart are found as the exact tree finds them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 2, max: 9 }), (seed, numVoices) => {
      const { points, voice, gap } = voices(1600, numVoices, 24, 0.35, seed);
      fc.pre(gap > 1); // one pair of random directions in a thousand is nearer than the threshold
      const early = mergeTree(points, 1600, 24, 'centroid', { threshold: 0.75, maxExact: 300 });
      expect(early.tree.numPoints).toBeLessThanOrEqual(300);
      const exact = mergeTree(points, 1600, 24, 'centroid', { threshold: 0.75 });
      expect(samePartition(cut(exact, 0.75), voice)).toBe(true);
      expect(samePartition(cut(early, 0.75), voice)).toBe(true);
    }),
    { numRuns: 8 },
  );
});

test('average linkage by cosine: means made early keep the distances of the points they stand for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), (seed) => {
      // Two voices in few dimensions, so noisy that their points are far from the mean: made unit vectors again, the
      // means would lie up to a third nearer to each other.
      const { points } = voices(1200, 2, 24, 0.7, seed);
      const exact = mergeTree(points, 1200, 24, 'average', { metric: 'cosine', threshold: 0.9 });
      const early = mergeTree(points, 1200, 24, 'average', { metric: 'cosine', threshold: 0.9, maxExact: 300 });
      expect(early.tree.numPoints).toBeLessThanOrEqual(300);
      const heights = [exact, early].map(({ tree }) => tree.rows.at(-2)!);
      expect(Math.abs(heights[0] - heights[1])).toBeLessThan(0.02);
    }),
    { numRuns: 8 },
  );
});

test('points that lie apart from each other are still brought down to the limit', () => {
  const { points } = voices(1300, 1300, 32, 0.5, 7);
  const { tree, leafOf } = mergeTree(points, 1300, 32, 'centroid', { threshold: 0.2, maxExact: 200 });
  expect(tree.numPoints).toBeLessThanOrEqual(200);
  expect(leafOf).toHaveLength(1300);
  const sizes = tree.rows.filter((_, i) => i % 4 === 3);
  expect(Math.max(...sizes)).toBe(1300); // the root stands for every point
});
