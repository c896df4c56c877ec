import { expect, test } from 'vitest';
import { manyTurns, operations, type Shape } from '../../bench/coreOperations.ts';
import type { Turn } from './turn.ts';

const SHAPES: Shape[] = ['dialogue', 'heap', 'spanned', 'names'];

/** How often each operation reads a time or a speaker of n turns. */
function readsOf(n: number, shape: Shape): Map<string, number> {
  let reads = 0;
  const watched = manyTurns(n, shape).map((turn) => {
    const copy = {};
    for (const [key, value] of Object.entries(turn)) {
      Object.defineProperty(copy, key, {
        enumerable: true,
        get() {
          reads++;
          return value;
        },
      });
    }
    return copy as Turn;
  });
  const found = new Map<string, number>();
  for (const [name, run] of Object.entries(operations(watched, shape))) {
    reads = 0;
    run();
    found.set(name, reads);
  }
  return found;
}

test.each(SHAPES)('%s: twice the turns are read at most 2.5 times as often, by every operation', (shape) => {
  const once = readsOf(2000, shape);
  const twice = readsOf(4000, shape);
  for (const [name, reads] of once) {
    // n·log n grows 2.2-fold here, n² fourfold; a constant for searches that read a handful
    expect(twice.get(name)!, name).toBeLessThanOrEqual(2.5 * reads + 50);
  }
  expect(Math.max(...twice.values())).toBeGreaterThan(4000);
});

test.each(['heap', 'names'] satisfies Shape[])(
  '%s: every operation gets through 100,000 turns',
  (shape) => {
    for (const run of Object.values(operations(manyTurns(100_000, shape), shape))) expect(run()).toBeDefined();
  },
  180_000,
);
