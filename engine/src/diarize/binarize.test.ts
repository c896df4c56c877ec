import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { binarize, fillGaps, hysteresis } from './binarize.ts';

interface BinarizeCase {
  readonly onset: number;
  readonly offset: number | null;
  readonly min_duration_on: number;
  readonly min_duration_off: number;
  readonly pad_onset: number;
  readonly pad_offset: number;
  readonly scores: number[][];
  readonly segments: [start: number, end: number, track: string, column: number][];
  readonly hysteresis_initial_false: number[][];
}

const { binarize: cases } = readJsonFixture<{ binarize: BinarizeCase[] }>('ops/ops.json.gz');
const numbered = cases.map((one, i) => [i, one] as const);
const PYANNOTE = { duration: 991 / 16000, step: 270 / 16000, start: 0 };
const SECONDS = { start: 0, duration: 1, step: 1 }; // the middle of frame i is i + 0.5

test('on above the onset, off below the offset, at the middles of the frames that cross', () => {
  const scores = [0.1, 0.6, 0.8, 0.6, 0.4, 0.2, 0.9, 0.9];
  expect(binarize(scores, SECONDS, { onset: 0.7, offset: 0.3 })).toEqual([
    { start: 2.5, end: 5.5 },
    { start: 6.5, end: 7.5 },
  ]);
});

test('a score at the onset is not above it; one at the offset is not below', () => {
  expect(binarize([0.5, 0.5, 0.6, 0.5, 0.4], SECONDS)).toEqual([{ start: 2.5, end: 4.5 }]);
});

test('gaps are filled before what is short is dropped', () => {
  const scores = [1, 0, 1, 0, 0, 0, 1, 0]; // on from 0.5 to 1.5, 2.5 to 3.5, 6.5 to 7.5
  const filled = { start: 0.5, end: 3.5 };
  expect(binarize(scores, SECONDS, { minDurationOff: 1.5 })).toEqual([filled, { start: 6.5, end: 7.5 }]);
  expect(binarize(scores, SECONDS, { minDurationOff: 1.5, minDurationOn: 2 })).toEqual([filled]);
  expect(binarize(scores, SECONDS, { minDurationOff: 1 })).toHaveLength(3); // as long as the gap is not shorter
});

test('nothing in, nothing out; a single frame has no length', () => {
  expect(binarize([], SECONDS)).toEqual([]);
  expect(binarize([1], SECONDS)).toEqual([]);
  expect(binarize([1, 0, 1, 0], SECONDS, { stride: 2, column: 1 })).toEqual([]);
});

test.each(numbered)('pyannote’s Binarize, case %i', (_, one) => {
  const options = {
    onset: one.onset,
    offset: one.offset ?? undefined,
    minDurationOn: one.min_duration_on,
    minDurationOff: one.min_duration_off,
    padOnset: one.pad_onset,
    padOffset: one.pad_offset,
  };
  const width = one.scores[0].length;
  for (let column = 0; column < width; column++) {
    const got = binarize(one.scores.flat(), PYANNOTE, { ...options, stride: width, column });
    const expected = one.segments.filter(([, , , of]) => of === column);
    expect(got.map(({ start, end }) => [start, end])).toEqual(expected.map(([start, end]) => [start, end]));
  }
});

test.each(numbered)('pyannote’s bare hysteresis, case %i', (_, one) => {
  const width = one.scores[0].length;
  const scores = Float32Array.from(one.scores.flat());
  const { onset, offset } = one;
  const got = hysteresis(scores, one.scores.length, width, {
    onset: Math.fround(onset),
    offset: Math.fround(offset ?? onset),
  });
  one.hysteresis_initial_false.forEach((expected, column) => {
    expect(expected.map((_, frame) => got[frame * width + column])).toEqual(expected);
  });
});

test('hysteresis takes what is no number for silence', () => {
  expect([...hysteresis(Float32Array.of(0.9, Number.NaN, 0.9), 3, 1)]).toEqual([1, 0, 1]);
});

test('with one threshold a moment is on exactly where its frame is', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 30 }), (scores) => {
      const segments = binarize(scores, SECONDS);
      // between the middles of frames i and i + 1 the state is that of frame i
      for (let i = 0; i + 1 < scores.length; i++) {
        const isOn = segments.some(({ start, end }) => start < i + 1 && i + 1 < end);
        expect(isOn).toBe(scores[i] === 1);
      }
    }),
  );
});

test('filled segments are farther apart than the collar and cover the same', () => {
  const starts = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 9 })), { maxLength: 12 });
  fc.assert(
    fc.property(starts, fc.integer({ min: 0, max: 5 }), (pairs, collar) => {
      const segments = pairs.map(([start, length]) => ({ start, end: start + length }));
      segments.sort((a, b) => a.start - b.start || a.end - b.end);
      const filled = fillGaps(segments, collar);
      for (let i = 1; i < filled.length; i++)
        expect(filled[i].start - filled[i - 1].end).toBeGreaterThanOrEqual(Math.max(collar, 1));
      for (const { start, end } of segments)
        expect(filled.filter((one) => one.start <= start && end <= one.end)).toHaveLength(1);
    }),
  );
});
