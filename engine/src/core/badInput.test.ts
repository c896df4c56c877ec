import { expect, test } from 'vitest';
import * as core from '../index.ts';

const turn = (start: number, end: number, speaker: string, track?: string): core.Turn => ({
  start,
  end,
  speaker,
  ...(track === undefined ? {} : { track }),
});

test('a time that is not a number is refused with its values', () => {
  expect(() => core.timeline([{ start: Number.NaN, end: 3 }])).toThrow(
    'Got a segment from NaN to 3; expected both times',
  );
  expect(() => core.annotation([turn(0, Number.NaN, 'A')])).toThrow(RangeError);
  expect(() => core.crop([], { start: 0, end: Number.NaN })).toThrow(RangeError);
  expect(() => core.gaps([], { start: Number.NaN, end: 1 })).toThrow(RangeError);
  expect(() => core.support([], { collar: Number.NaN })).toThrow('Got collar NaN');
  const text = { start: '0', end: '1', speaker: 'A' } as unknown as core.Turn;
  expect(() => core.annotation([text])).toThrow(RangeError);
});

test('a turn without a speaker is refused', () => {
  expect(() => core.annotation([{ start: 0, end: 1 } as core.Turn])).toThrow('Got speaker undefined from 0 to 1');
});

test('negative times are times; segments that end before they start, or last a microsecond, are dropped', () => {
  expect(
    core.timeline([
      { start: 3, end: 2 },
      { start: -2, end: -1 },
      { start: 0, end: 1e-6 },
    ]),
  ).toEqual([{ start: -2, end: -1 }]);
  expect(core.annotation([turn(5, 4, 'A'), turn(-1, 1, 'A')]).turns).toEqual([turn(-1, 1, 'A')]);
  expect(core.cropAnnotation(core.annotation([turn(-1, 1, 'A')]), { start: 3, end: -3 }).turns).toEqual([]);
});

test('an endless support is a support', () => {
  const whole = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };
  const list = core.timeline([{ start: 1, end: 2 }]);
  expect(core.crop(list, whole)).toEqual(list);
  expect(core.extrude(list, { start: 1.5, end: Number.POSITIVE_INFINITY })).toEqual([{ start: 1, end: 1.5 }]);
  expect(() => core.cropIndices({ start: 0, duration: 1, step: 1 }, whole)).toThrow('without end');
});

test('-0 is 0 in all that comes out', () => {
  const list = core.timeline([
    { start: -0, end: 1 },
    { start: 0, end: 1 },
    { start: -1, end: -0 },
  ]);
  expect(list).toEqual([
    { start: -1, end: 0 },
    { start: 0, end: 1 },
  ]);
  expect(core.annotation([turn(-0, 1, 'A')]).turns).toEqual([turn(0, 1, 'A')]);
  expect(core.gaps(list, { start: -2, end: -0 })).toEqual([{ start: -2, end: -1 }]);
  const grid = core.slidingWindow({ start: -0, duration: 1, step: 1 });
  expect(grid.start).toBe(0);
  expect(core.closestFrame(grid, 0.5)).toBe(0);
  expect(core.cropWindow(grid, { start: 0.5, end: 0.6 })).toEqual([[0, 1]]);
  expect(core.samples(grid, -0.5, 'loose')).toBe(0);
});

test('nothing in, nothing out', () => {
  const nobody = core.annotation();
  expect(core.extent([])).toEqual({ start: 0, end: 0 });
  expect([core.support([]), core.gaps([]), core.getOverlap([]), core.segmentation([]), core.extrude([], [])]).toEqual([
    [],
    [],
    [],
    [],
    [],
  ]);
  expect(core.timelineDuration([])).toBe(0);
  expect(core.covers([], [])).toBe(true);
  expect([core.labels(nobody), core.chart(nobody), core.chartShares(nobody)]).toEqual([[], [], []]);
  expect(core.argmax(nobody)).toBeUndefined();
  expect(core.coOccurrence(nobody, nobody).matrix.length).toBe(0);
  expect(core.discretize(nobody)).toMatchObject({ numFrames: 0, width: 0, labels: [] });
});

test('overlapping turns of one speaker count once as duration and twice as co-occurrence, and are no overlap', () => {
  const of = core.annotation([turn(0, 4, 'A'), turn(2, 6, 'A')]);
  expect(core.labelDuration(of, 'A')).toBe(6);
  expect(core.annotationOverlap(of)).toEqual([]);
  expect([...core.coOccurrence(of, core.annotation([turn(2, 4, 'B')])).matrix]).toEqual([4]);
  expect(core.supportAnnotation(of).turns).toEqual([turn(0, 6, 'A')]);
});

test('the same line twice is two turns, unless a track name says that it is one', () => {
  expect(core.annotation([turn(0, 1, 'A'), turn(0, 1, 'A')]).turns.length).toBe(2);
  expect(core.annotation([turn(0, 1, 'A', 'x'), turn(0, 1, 'B', 'x')]).turns).toEqual([turn(0, 1, 'B', 'x')]);
  expect(core.annotation([turn(0, 1, 'B', ''), turn(0, 1, 'C'), turn(0, 1, 'A', '')]).turns).toEqual([
    turn(0, 1, 'C'),
    turn(0, 1, 'A', ''),
  ]);
});

test('a speaker may be called anything', () => {
  const names = ['__proto__', 'constructor', 'toString', '', ' ', 'Anna  Maria', '李', 'e\u0301', 'é', '😀', 'A\nB'];
  const of = core.annotation(names.map((name, i) => turn(i, i + 1, name)));
  expect(new Set(core.labels(of))).toEqual(new Set(names));
  for (const name of names) expect(core.labelDuration(of, name)).toBe(1);
  expect(core.sameAnnotation(core.renameLabels(of, {}), of)).toBe(true);
  expect(core.labels(core.renameLabels(of, { ['__proto__']: 'x', toString: 'y' }))).toContain('constructor');
  expect([...core.coOccurrence(of, of).matrix].reduce((a, b) => a + b)).toBe(names.length);
});

test('10,000 speakers are kept apart, sorted and counted', () => {
  const names = Array.from({ length: 10_000 }, (_, i) => `Teilnehmer ${i}`);
  const of = core.annotation(names.map((name, i) => turn(i, i + 1.5, name)));
  expect(core.labels(of)).toEqual([...names].sort());
  expect(core.chart(of).length).toBe(10_000);
  expect(core.coOccurrences(of, of).length).toBe(3 * 10_000 - 2);
  expect(core.labels(core.renameLabelsInOrder(of)).includes('NTP')).toBe(true); // the 10,000th of A … ZZZ
});

test('names that run out, unknown modes and impossible windows are refused', () => {
  const of = core.annotation([turn(0, 1, 'A'), turn(1, 2, 'B')]);
  expect(() => core.renameLabelsInOrder(of, ['x'])).toThrow('Got 1 names; expected one for each.');
  expect(() => core.crop([], [], { mode: 'lose' as core.CropMode })).toThrow('Got mode "lose"');
  expect(() => core.slidingWindow({ duration: 0 })).toThrow('Got a window duration of 0');
  expect(() => core.slidingWindow({ step: Number.NaN })).toThrow('Got a window step of NaN');
  expect(() => core.cropWindow(core.slidingWindow(), [], { fixed: 1 })).toThrow('one segment only');
  expect(() => core.gap({ start: 0, end: 1 }, { start: 2, end: 2 })).toThrow('Got the empty segment from 2 to 2');
  expect(() => core.roundSegment({ start: 0, end: 1 }, 0.5)).toThrow('Got 0.5 digits');
});

test('what makes no number of frames is refused by discretize', () => {
  const talk = core.annotation([{ start: 0, end: 4, speaker: 'A' }]);
  for (const [options, what] of [
    [{ duration: -1 }, 'a duration of -1'],
    [{ duration: Number.NaN }, 'a duration of NaN'],
    [{ support: { start: 5, end: 3 }, resolution: 1 }, 'a support from 5 to 3'],
    [{ support: { start: 0, end: Number.POSITIVE_INFINITY } }, 'a support from 0 to Infinity'],
  ] as const)
    expect(() => core.discretize(talk, options)).toThrow(`Got ${what}; expected seconds that make a number of frames.`);
});
