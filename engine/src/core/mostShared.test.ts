import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mostShared } from './mostShared.ts';

test('the segment that shares most, the first of equals, or none', () => {
  const find = mostShared([
    { start: 0, end: 10 },
    { start: 2, end: 3 },
    { start: 9, end: 14 },
    { start: 9, end: 14 },
  ]);
  expect(find({ start: 8, end: 10 })).toBe(0);
  expect(find({ start: 9.5, end: 12 })).toBe(2);
  expect(find({ start: 14, end: 15 })).toBe(-1);
});

test('as by looking at every one', () => {
  const segment = fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 15 }))
    .map(([start, length]) => ({ start, end: start + length }));
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 12 }), segment, (some, one) => {
      const sorted = [...some].sort((a, b) => a.start - b.start);
      const shared = sorted.map(({ start, end }) => Math.min(end, one.end) - Math.max(start, one.start));
      const most = Math.max(0, ...shared);
      expect(mostShared(sorted)(one)).toBe(most > 0 ? shared.indexOf(most) : -1);
    }),
  );
});
