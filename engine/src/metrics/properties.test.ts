import fc from 'fast-check';
import { expect, test } from 'vitest';
import { annotation, type Row } from '../../test/rows.ts';
import { cooccurrence } from './cooccurrence.ts';
import { diarizationErrorRate, greedyDiarizationErrorRate } from './der.ts';
import { detectionErrorRate } from './detection.ts';
import { evaluate, type ScoringOptions } from './evaluated.ts';
import { identificationErrorRate } from './identification.ts';
import { jaccardErrorRate } from './jer.ts';
import { optimalMapping } from './mapping.ts';
import { diarizationPurityCoverage } from './purity.ts';
import { segmentationCoverage, segmentationPurity } from './segmentation.ts';
import { assignSparse } from './sparseAssignment.ts';
import { tracksOf } from './tracks.ts';

// What must hold for any pair of reference and hypothesis, on 1,000 random ones each. Times are eighths of a second, so
// that sums are exact; turns touch, coincide, overlap and lie within each other.

const rows = (speakers: string): fc.Arbitrary<Row[]> =>
  fc.array(
    fc
      .tuple(fc.integer({ min: 0, max: 240 }), fc.integer({ min: 1, max: 60 }), fc.constantFrom(...speakers))
      .map(([start, length, speaker]): Row => [start / 8, (start + length) / 8, speaker]),
    { maxLength: 14 },
  );
const uem = fc.option(
  fc.array(
    fc
      .tuple(fc.integer({ min: 0, max: 240 }), fc.integer({ min: 1, max: 120 }))
      .map(([start, length]) => ({ start: start / 8, end: (start + length) / 8 })),
    { minLength: 1, maxLength: 3 },
  ),
  { nil: undefined },
);
const options: fc.Arbitrary<ScoringOptions> = fc.record({
  collar: fc.constantFrom(0, 0, 0.25, 1),
  skipOverlap: fc.boolean(),
  uem,
});
const RUNS = { numRuns: 1000 };

test('miss + false alarm + confusion = DER × total, and total = correct + confusion + miss', () => {
  fc.assert(
    fc.property(rows('ABCD'), rows('vwxyz'), options, (reference, hypothesis, how) => {
      for (const score of [diarizationErrorRate, greedyDiarizationErrorRate, identificationErrorRate]) {
        const found = score(annotation(reference), annotation(hypothesis), how);
        const { total, correct, confusion, falseAlarm, missedDetection } = found;
        const rate = 'der' in found ? found.der : found.ier;
        if (total > 0) expect(rate * total).toBeCloseTo(missedDetection + falseAlarm + confusion, 9);
        else expect(rate).toBe(falseAlarm > 0 ? 1 : 0);
        expect(correct + confusion + missedDetection).toBeCloseTo(total, 9);
        expect(Math.min(correct, confusion, falseAlarm, missedDetection)).toBeGreaterThanOrEqual(0);
      }
    }),
    RUNS,
  );
});

test('the seconds are those of counting every eighth of a second on its own', () => {
  fc.assert(
    fc.property(rows('ABC'), rows('ABCD'), uem, (reference, hypothesis, region) => {
      const [r, h] = [annotation(reference), annotation(hypothesis)];
      const { total, correct, confusion, falseAlarm, missedDetection } = identificationErrorRate(r, h, { uem: region });
      const all = [...reference, ...hypothesis];
      const scored = region ?? [{ start: Math.min(...all.map(([s]) => s)), end: Math.max(...all.map(([, e]) => e)) }];
      const sums = { total: 0, correct: 0, confusion: 0, falseAlarm: 0, missedDetection: 0 };
      for (let eighth = 0; eighth < 400; eighth++) {
        const t = (eighth + 0.5) / 8;
        if (!scored.some(({ start, end }) => start < t && t < end)) continue;
        const talking = reference.filter(([s, e]) => s < t && t < e).map(([, , speaker]) => speaker);
        const heard = hypothesis.filter(([s, e]) => s < t && t < e).map(([, , speaker]) => speaker);
        const paired = Math.min(talking.length, heard.length);
        let same = 0;
        for (const name of new Set(talking)) {
          same += Math.min(talking.filter((x) => x === name).length, heard.filter((x) => x === name).length);
        }
        sums.total += talking.length / 8;
        sums.correct += same / 8;
        sums.confusion += (paired - same) / 8;
        sums.missedDetection += (talking.length - paired) / 8;
        sums.falseAlarm += (heard.length - paired) / 8;
      }
      expect({ total, correct, confusion, falseAlarm, missedDetection }).toEqual(sums);
    }),
    RUNS,
  );
});

test('names and the order of turns change nothing', () => {
  fc.assert(
    fc.property(rows('ABCD'), rows('vwxyz'), options, (reference, hypothesis, how) => {
      const renamed = (list: Row[], names: string): Row[] =>
        list.map(([start, end, speaker]): Row => [start, end, `${names.indexOf(speaker)}`]).reverse();
      const before = diarizationErrorRate(annotation(reference), annotation(hypothesis), how);
      const after = diarizationErrorRate(
        annotation(renamed(reference, 'DBCA')),
        annotation(renamed(hypothesis, 'zxvyw')),
        how,
      );
      expect(after.total).toBeCloseTo(before.total, 9);
      expect(after.falseAlarm).toBeCloseTo(before.falseAlarm, 9);
      expect(after.missedDetection).toBeCloseTo(before.missedDetection, 9);
      // Of mappings of the same value another may be taken; they differ in confusion only if a speaker overlaps itself.
      if (!overlapsItself(reference) && !overlapsItself(hypothesis)) {
        expect(after.confusion).toBeCloseTo(before.confusion, 9);
      }
    }),
    RUNS,
  );
});

test('a reference scored against itself has no errors', () => {
  fc.assert(
    fc.property(rows('ABCD'), options, (reference, how) => {
      const one = annotation(reference);
      expect(identificationErrorRate(one, one, how).ier).toBe(0);
      expect(detectionErrorRate(one, one, how).detectionErrorRate).toBe(0);
      const { jer, speakerCount } = jaccardErrorRate(one, one, how);
      expect(jer).toBeCloseTo(speakerCount > 0 ? 0 : 1, 9);
    }),
    RUNS,
  );
});

test('purity one way is coverage the other way', () => {
  fc.assert(
    fc.property(rows('ABCD'), rows('vwxyz'), (reference, hypothesis) => {
      const [r, h] = [annotation(reference), annotation(hypothesis)];
      const there = diarizationPurityCoverage(r, h);
      const back = diarizationPurityCoverage(h, r);
      expect(there.purity).toBe(back.coverage);
      expect(there.coverage).toBe(back.purity);
      for (const rate of [there.purity, there.coverage, there.f]) {
        expect(rate).toBeGreaterThanOrEqual(0);
        expect(rate).toBeLessThanOrEqual(1 + 1e-12);
      }
      for (const metric of [segmentationPurity(), segmentationCoverage()]) {
        const rate = metric.rate(metric.measure(evaluate(r, h)));
        expect(rate).toBeGreaterThan(0);
        expect(rate).toBeLessThanOrEqual(1 + 1e-12);
      }
    }),
    RUNS,
  );
});

test('the optimal mapping is as good as the best of all mappings, up to 6 speakers a side', () => {
  fc.assert(
    fc.property(rows('ABCDEF'), rows('uvwxyz'), (reference, hypothesis) => {
      const [from, to] = [tracksOf(annotation(hypothesis)), tracksOf(annotation(reference))];
      const matrix = cooccurrence(from, to);
      const value = (mapping: Int32Array) =>
        matrix.reduce((sum, row, r) => sum + (mapping[r] >= 0 ? (row.get(mapping[r]) ?? 0) : 0), 0);
      const best = bestSum(matrix, 0, 0);
      expect(value(optimalMapping(from, to))).toBe(best);
      expect(value(assignSparse(matrix, to.labels.length, -1))).toBe(best);
      const mapped = [...optimalMapping(from, to)].filter((column) => column >= 0);
      expect(new Set(mapped).size).toBe(mapped.length);
    }),
    RUNS,
  );
});

/** Over all ways to give each row from `row` on a column that is not in the bit set `taken`, or none. */
function bestSum(matrix: readonly ReadonlyMap<number, number>[], row: number, taken: number): number {
  if (row === matrix.length) return 0;
  let best = bestSum(matrix, row + 1, taken);
  for (const [column, seconds] of matrix[row]) {
    if (taken & (1 << column)) continue;
    best = Math.max(best, seconds + bestSum(matrix, row + 1, taken | (1 << column)));
  }
  return best;
}

function overlapsItself(list: readonly Row[]): boolean {
  return list.some(([start, end, speaker], i) =>
    list.some(([s, e, other], j) => i !== j && other === speaker && s < end && start < e),
  );
}
