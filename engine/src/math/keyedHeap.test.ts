import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyedHeap } from './keyedHeap.ts';

test('the key of the least value comes first, also after changes', () => {
  const heap = new KeyedHeap(Float64Array.of(5, 3, 8));
  expect(heap.minKey).toBe(1);
  heap.change(2, 1);
  expect(heap.minKey).toBe(2);
  heap.change(2, 9);
  heap.removeMin();
  expect(heap.minKey).toBe(0);
});

test('after any changes the keys come out in order of their values', () => {
  const value = fc.integer({ min: 0, max: 20 });
  const changes = fc.array(fc.tuple(fc.nat(29), value), { maxLength: 60 });
  fc.assert(
    fc.property(fc.array(value, { minLength: 30, maxLength: 30 }), changes, (values, steps) => {
      const heap = new KeyedHeap(Float64Array.from(values));
      const current = [...values];
      for (const [key, changed] of steps) {
        heap.change(key, changed);
        current[key] = changed;
      }
      const out: number[] = [];
      for (let k = 0; k < values.length; k++) {
        out.push(current[heap.minKey]);
        heap.removeMin();
      }
      expect(out).toEqual([...current].sort((a, b) => a - b));
    }),
  );
});
