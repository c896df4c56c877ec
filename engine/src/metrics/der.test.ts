import { expect, test } from 'vitest';
import { annotation, type Row } from '../../test/rows.ts';
import { diarizationErrorRate, greedyDiarizationErrorRate } from './der.ts';
import { jaccardErrorRate } from './jer.ts';

test('missed, falsely heard and confused seconds are counted, each track on its own', () => {
  //          0         10        20
  // reference A A A A A B B B B B .     20 s, B overlaps A from 8 to 10
  // hypothesis x x x x x x . y y y y
  const reference = annotation([
    [0, 10, 'A'],
    [8, 18, 'B'],
  ]);
  const hypothesis = annotation([
    [0, 12, 'x'],
    [14, 20, 'y'],
  ]);
  const errors = diarizationErrorRate(reference, hypothesis);
  // x is A, y is B: 10 s of A and 4 s of B are right; B is missed at 8–10 and 12–14, confused at 10–12; y is false at 18–20.
  expect(errors).toEqual({
    der: 8 / 20,
    total: 20,
    correct: 14,
    confusion: 2,
    missedDetection: 4,
    falseAlarm: 2,
    mapping: new Map([
      ['x', 'A'],
      ['y', 'B'],
    ]),
  });
});

test('a collar is the whole width around each reference boundary', () => {
  const reference = annotation([[0, 10, 'A']]);
  const late = annotation([[0.125, 9.75, 'x']]);
  expect(diarizationErrorRate(reference, late, { collar: 0.25 }).missedDetection).toBe(0.125);
  expect(diarizationErrorRate(reference, late, { collar: 0.25 }).total).toBe(9.75);
  expect(diarizationErrorRate(reference, late, { collar: 0.5 }).der).toBe(0);
});

test('skipOverlap leaves out where reference turns overlap, and only there', () => {
  const reference = annotation([
    [0, 6, 'A'],
    [4, 10, 'B'],
  ]);
  const hypothesis = annotation([
    [0, 10, 'x'],
    [0, 1, 'y'],
  ]);
  // Left are A from 0 to 4 and B from 6 to 10. x is B (4 s), y is A (1 s).
  const { total, falseAlarm, confusion } = diarizationErrorRate(reference, hypothesis, { skipOverlap: true });
  expect({ total, falseAlarm, confusion }).toEqual({ total: 8, falseAlarm: 1, confusion: 3 });
});

test('only what the UEM holds is counted', () => {
  const reference = annotation([[0, 10, 'A']]);
  const uem = [
    { start: 20, end: 30 },
    { start: 8, end: 12 },
    { start: 11, end: 13 },
  ];
  const { total, falseAlarm, der } = diarizationErrorRate(reference, annotation([[5, 25, 'x']]), { uem });
  expect({ total, falseAlarm, der }).toEqual({ total: 2, falseAlarm: 8, der: 4 });
});

test('nothing against nothing is no error, something against nothing is 1', () => {
  const nothing = annotation([]);
  const something = annotation([[0, 1, 'A']]);
  expect(diarizationErrorRate(nothing, nothing).der).toBe(0);
  expect(diarizationErrorRate(nothing, something).der).toBe(1);
  expect(diarizationErrorRate(something, nothing).der).toBe(1);
});

test('two turns of one speaker at once count twice', () => {
  const reference = annotation([
    [0, 10, 'A'],
    [4, 8, 'A'],
  ]);
  const { total, missedDetection } = diarizationErrorRate(reference, annotation([[0, 10, 'x']]));
  expect({ total, missedDetection }).toEqual({ total: 14, missedDetection: 4 });
});

test('the greedy mapping takes the longest pair first, the optimal one the largest sum', () => {
  const reference = annotation([
    [0, 8, 'A'],
    [8, 10, 'B'],
  ]);
  const hypothesis = annotation([
    [0, 4, 'y'],
    [4, 10, 'x'],
  ]);
  // x talks 4 s with A and 2 s with B, y 4 s with A: optimal is y–A, x–B (6 s); greedy takes x–A and leaves y (4 s).
  expect(diarizationErrorRate(reference, hypothesis).correct).toBe(6);
  expect(greedyDiarizationErrorRate(reference, hypothesis).correct).toBe(4);
});

test('of mappings of the same value the one by code points is taken, as in pyannote.metrics', () => {
  const reference = annotation([
    [0, 4, '\uff21'], // a full-width A: as UTF-16 behind the emoji, as a code point before it
    [4, 8, '\u{1F600}'],
    [20, 30, '\u{1F600}'],
  ]);
  const hypothesis = annotation([[2, 6, 'X']]);
  expect(diarizationErrorRate(reference, hypothesis).mapping).toEqual(new Map([['X', '\uff21']]));
  expect(jaccardErrorRate(reference, hypothesis).jer).toBeCloseTo(5 / 6, 12);
});

test('a time that is not a number is refused', () => {
  const broken = { uri: 'meeting', turns: [{ start: 0, end: Number.NaN, speaker: 'A' }] };
  expect(() => diarizationErrorRate(broken, annotation([]))).toThrow('Got a turn of meeting from 0 to NaN');
  expect(() => diarizationErrorRate(annotation([]), annotation([]), { collar: -1 })).toThrow('Got a collar of -1');
});

test('100,000 turns a side, some as long as the file, take seconds: a pass over all pairs would take minutes', () => {
  const rows = (shift: number): Row[] => [
    [0, 200_000, 'all the time'],
    ...Array.from({ length: 100_000 }, (_, i): Row => [i + shift, i + shift + 1.2, `s${i % 40}`]),
  ];
  const start = performance.now();
  const { total, correct } = diarizationErrorRate(annotation(rows(0)), annotation(rows(0.1)), { collar: 0.01 });
  expect(performance.now() - start).toBeLessThan(30_000);
  expect(correct / total).toBeGreaterThan(0.8);
});

test('10,000 names a side are mapped', () => {
  const rows = (shift: number, prefix: string): Row[] =>
    Array.from({ length: 10_000 }, (_, i): Row => [i + shift, i + 1 + shift, `${prefix}${i}`]);
  const start = performance.now();
  const { correct, confusion, mapping } = diarizationErrorRate(annotation(rows(0, 'r')), annotation(rows(0.25, 'h')));
  expect(performance.now() - start).toBeLessThan(30_000);
  expect(mapping.get('h77')).toBe('r77');
  expect(correct).toBeCloseTo(7500, 6);
  expect(confusion).toBeCloseTo(0.25 * 9999, 6);
});
