import fc from 'fast-check';
import { expect, test } from 'vitest';
import { annotation, type Row } from '../../test/rows.ts';
import { diarizationErrorRate } from './der.ts';
import { errorSpans } from './errorSpans.ts';
import { evaluate } from './evaluated.ts';

test('each error has its stretch, its kind and its speakers', () => {
  const reference = annotation([
    [0, 10, 'Anna'],
    [8, 18, 'Bob'],
  ]);
  const hypothesis = annotation([
    [0, 12, 'x'],
    [14, 20, 'y'],
  ]);
  const { spans, mapping } = errorSpans(evaluate(reference, hypothesis));
  expect(Object.fromEntries(mapping)).toEqual({ x: 'Anna', y: 'Bob' });
  expect(spans).toEqual([
    { kind: 'miss', start: 8, end: 10, reference: 'Bob' },
    { kind: 'confusion', start: 10, end: 12, reference: 'Bob', hypothesis: 'x' },
    { kind: 'miss', start: 12, end: 14, reference: 'Bob' },
    { kind: 'false alarm', start: 18, end: 20, hypothesis: 'y' },
  ]);
});

test('their lengths are the components of DER', () => {
  const rows = (speakers: string): fc.Arbitrary<Row[]> =>
    fc.array(
      fc
        .tuple(fc.integer({ min: 0, max: 240 }), fc.integer({ min: 1, max: 60 }), fc.constantFrom(...speakers))
        .map(([start, length, speaker]): Row => [start / 8, (start + length) / 8, speaker]),
      { maxLength: 14 },
    );
  fc.assert(
    fc.property(rows('ABCD'), rows('vwxyz'), fc.boolean(), (r, h, skipOverlap) => {
      const [reference, hypothesis] = [annotation(r), annotation(h)];
      const { spans } = errorSpans(evaluate(reference, hypothesis, { skipOverlap, collar: 0.25 }));
      const errors = diarizationErrorRate(reference, hypothesis, { skipOverlap, collar: 0.25 });
      const length = (kind: string) =>
        spans.reduce((sum, span) => sum + (span.kind === kind ? span.end - span.start : 0), 0);
      expect(length('miss')).toBe(errors.missedDetection);
      expect(length('false alarm')).toBe(errors.falseAlarm);
      expect(length('confusion')).toBe(errors.confusion);
    }),
    { numRuns: 500 },
  );
});
