// node engine/bench/core.ts: milliseconds of each operation of the algebra on 10,000 and 100,000 turns (best of 5).

import { manyTurns, operations, type Shape } from './coreOperations.ts';

const best = (run: () => unknown): number =>
  Math.min(
    ...Array.from({ length: 5 }, () => {
      const start = performance.now();
      run();
      return performance.now() - start;
    }),
  );

for (const shape of ['dialogue', 'heap', 'spanned', 'names'] satisfies Shape[]) {
  const sizes = [10_000, 100_000].map((n) => operations(manyTurns(n, shape), shape));
  console.log(`\n${shape}`);
  for (const name of Object.keys(sizes[0])) {
    const [small, large] = sizes.map((ops) => best(ops[name]));
    console.log(`${name.padEnd(22)} ${small.toFixed(2).padStart(8)} ms ${large.toFixed(1).padStart(8)} ms`);
  }
}
