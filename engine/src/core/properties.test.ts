// What must hold for any input, by brute force. Times are quarters of a second, so that sums are exact; `covered` says
// which quarters from -10 to 37 s a timeline covers.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as core from '../index.ts';
import { countedCells, countPairs } from './countedCoOccurrence.ts';
import { supportOf } from './timeline.ts';

const quarter = fc.integer({ min: -40, max: 120 }).map((n) => n / 4);
const segment = fc
  .tuple(quarter, fc.integer({ min: -2, max: 24 }))
  .map(([start, n]) => ({ start, end: start + n / 4 }));
const segments = fc.array(segment, { maxLength: 25 });
const timeline = segments.map((list) => core.timeline(list));
const focus = fc.oneof(segment, timeline);
const turns = fc
  .array(
    fc.tuple(
      segment,
      fc.constantFrom('A', 'B', 'C', 'Å'),
      fc.constantFrom(undefined, undefined, 'x', '0'),
      fc.boolean(),
    ),
    { maxLength: 25 },
  )
  .map((list) => list.map(([part, speaker, track]) => ({ ...part, speaker, track })));
const annotation = turns.map((list) => core.annotation(list));

const QUARTERS = Array.from({ length: 190 }, (_, i) => -10 + i / 4 + 0.125);
const covers = (list: Iterable<core.Segment>, t: number) => [...list].some(({ start, end }) => start < t && t < end);
const covered = (of: core.Segment | core.Timeline) => QUARTERS.map((t) => covers(supportOf(of), t));
const both = (a: boolean[], b: boolean[]) => a.map((x, i) => x && b[i]);
const without = (a: boolean[], b: boolean[]) => a.map((x, i) => x && !b[i]);

function holds<T>(of: fc.Arbitrary<T>, check: (value: T) => void): void {
  fc.assert(fc.property(of, check), { numRuns: 300, seed: 7 });
}

test('a timeline is sorted, without empty or equal segments, whatever the order it was given in', () => {
  holds(segments, (list) => {
    const made = core.timeline(list);
    for (let i = 1; i < made.length; i++) expect(core.compareSegments(made[i - 1], made[i])).toBeLessThan(0);
    expect(made.every((part) => !core.isEmpty(part))).toBe(true);
    expect(core.timeline([...list].reverse())).toEqual(made);
    expect(core.timeline(made)).toEqual(made);
    expect(core.hasSegments(made, made)).toBe(true);
  });
});

test('the support covers the same time, without overlaps, and is its own support', () => {
  holds(fc.tuple(timeline, fc.integer({ min: 0, max: 8 })), ([list, n]) => {
    const support = core.support(list);
    expect(QUARTERS.map((t) => covers(list, t))).toEqual(QUARTERS.map((t) => covers(support, t)));
    for (let i = 1; i < support.length; i++) expect(support[i].start).toBeGreaterThan(support[i - 1].end);
    expect(core.support(support)).toEqual(support);
    const wide = core.support(list, { collar: n / 4 });
    for (let i = 1; i < wide.length; i++) expect(wide[i].start - wide[i - 1].end).toBeGreaterThanOrEqual(n / 4);
    expect(core.support(wide, { collar: n / 4 })).toEqual(wide);
    expect(core.timelineDuration(list)).toBe(covered(list).filter(Boolean).length / 4);
  });
});

test('gaps are what the support leaves of the extent, or of any other support', () => {
  holds(fc.tuple(timeline, focus), ([list, within]) => {
    expect(covered(core.gaps(list))).toEqual(without(covered(core.extent(list)), covered(list)));
    expect(covered(core.gaps(list, within))).toEqual(without(covered(within), covered(list)));
    expect(core.support(core.union(core.gaps(list), core.support(list)))).toEqual(supportOf(core.extent(list)));
  });
});

test('a crop lies within bounds and covers what both cover; extrude covers the rest', () => {
  holds(fc.tuple(timeline, focus), ([list, on]) => {
    const pieces = supportOf(on);
    const cropped = core.crop(list, on);
    expect(cropped.every((part) => pieces.some((piece) => core.contains(piece, part)))).toBe(true);
    expect(covered(cropped)).toEqual(both(covered(list), covered(on)));
    expect(covered(core.extrude(list, on))).toEqual(without(covered(list), covered(on)));
    expect(core.timelineDuration(cropped) + core.timelineDuration(core.extrude(list, on))).toBe(
      core.timelineDuration(list),
    );
    expect(core.crop(cropped, on)).toEqual(cropped);
    expect(core.cropMapping(list, on).map((piece) => piece.segment)).toEqual(cropped);
  });
});

test('loose keeps what meets the support and strict what lies in it; extrude takes the same out', () => {
  holds(fc.tuple(timeline, focus), ([list, on]) => {
    const pieces = supportOf(on);
    const loose = list.filter((part) => pieces.some((piece) => core.intersects(part, piece)));
    const strict = list.filter((part) => pieces.some((piece) => core.contains(piece, part)));
    expect(core.crop(list, on, { mode: 'loose' })).toEqual(loose);
    expect(core.crop(list, on, { mode: 'strict' })).toEqual(strict);
    expect(core.union(core.extrude(list, on, { mode: 'loose' }), loose)).toEqual(list);
    expect(core.union(core.extrude(list, on, { mode: 'strict' }), strict)).toEqual(list);
  });
});

test('union is commutative, associative and idempotent; a timeline covers its crops', () => {
  holds(fc.tuple(timeline, timeline, timeline), ([a, b, c]) => {
    expect(core.union(a, b)).toEqual(core.union(b, a));
    expect(core.union(core.union(a, b), c)).toEqual(core.union(a, core.union(b, c)));
    expect(core.union(a, a)).toEqual(a);
    expect(core.covers(core.union(a, b), a)).toBe(true);
    const inside = QUARTERS.every((t) => !covers(b, t) || covers(a, t));
    expect(core.covers(a, b)).toBe(inside);
  });
});

test('coIter finds every pair that intersects and no other, in order, also around the precision of a segment', () => {
  const tiny = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 12 })), { maxLength: 20 })
    .map((list) => core.timeline(list.map(([a, n]) => ({ start: a * 4e-7, end: (a + n) * 4e-7 }))));
  holds(fc.oneof(fc.tuple(timeline, timeline), fc.tuple(tiny, tiny)), ([a, b]) => {
    const pairs = a.flatMap((x) => b.filter((y) => core.intersects(x, y)).map((y) => [x, y]));
    expect([...core.coIter(a, b)]).toEqual(pairs);
  });
});

test('overlaps and segmentation are what counting the segments at each moment gives', () => {
  holds(timeline, (list) => {
    const count = QUARTERS.map((t) => list.filter(({ start, end }) => start < t && t < end).length);
    expect(covered(core.getOverlap(list))).toEqual(count.map((n) => n > 1));
    const parts = core.segmentation(list);
    expect(covered(parts)).toEqual(count.map((n) => n > 0));
    expect(core.getOverlap(parts)).toEqual([]);
    const bounds = (of: core.Timeline) =>
      [...new Set(of.flatMap(({ start, end }) => [start, end]))].sort((x, y) => x - y);
    expect(bounds(parts)).toEqual(bounds(list));
    for (const t of QUARTERS) expect(core.overlapping(list, t)).toEqual(list.filter((part) => core.overlaps(part, t)));
  });
});

test('speakers overlap where two or more are on, however often one speaker is', () => {
  holds(annotation, (of) => {
    const speakers = QUARTERS.map(
      (t) => new Set(of.turns.filter((turn) => turn.start < t && t < turn.end).map((turn) => turn.speaker)),
    );
    expect(covered(core.annotationOverlap(of))).toEqual(speakers.map((on) => on.size > 1));
    expect(covered(core.annotationOverlap(of, { labels: ['A', 'Å'] }))).toEqual(
      speakers.map((on) => on.has('A') && on.has('Å')),
    );
  });
});

test('an annotation keeps its order and its turns through crops: nothing is lost, tracks stay apart', () => {
  holds(fc.tuple(annotation, focus), ([of, on]) => {
    for (const made of [of, core.cropAnnotation(of, on), core.extrudeAnnotation(of, on)]) {
      for (let i = 1; i < made.turns.length; i++)
        expect(core.compareTurns(made.turns[i - 1], made.turns[i])).toBeLessThanOrEqual(0);
      const named = made.turns.filter(({ track }) => track !== undefined);
      expect(new Set(named.map(({ start, end, track }) => `${start} ${end} ${track}`)).size).toBe(named.length);
    }
    const expected = of.turns.flatMap((turn) => core.crop([{ start: turn.start, end: turn.end }], on));
    expect(core.cropAnnotation(of, on).turns.length).toBe(expected.length);
    expect(core.getTimeline(core.cropAnnotation(of, on))).toEqual(core.crop(core.getTimeline(of), on));
    for (const label of core.labels(of)) {
      const parts =
        core.labelDuration(core.cropAnnotation(of, on), label) +
        core.labelDuration(core.extrudeAnnotation(of, on), label);
      expect(parts).toBe(core.labelDuration(of, label));
    }
  });
});

test('turns without track names make the same annotation in any order', () => {
  holds(
    turns.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
    ([list, shuffled]) => {
      const plain = (all: core.Turn[]) =>
        core.dropTracks(core.annotation(all.map((turn, i) => ({ ...turn, track: String(i) }))));
      expect(core.sameAnnotation(plain(list), plain(shuffled))).toBe(true);
    },
  );
});

test('co-occurrence adds up each pair; counting gives the same as adding', () => {
  holds(fc.tuple(annotation, annotation), ([a, b]) => {
    const { labels, otherLabels, matrix } = core.coOccurrence(a, b);
    const numbered = ({ turns: list }: core.Annotation, names: readonly string[]) => ({
      turns: list,
      labels: Int32Array.from(list, ({ speaker }) => names.indexOf(speaker)),
    });
    const counted = new Float64Array(matrix.length);
    for (const { row, column, seconds } of countedCells(numbered(a, labels), numbered(b, otherLabels))) {
      counted[row * otherLabels.length + column] = seconds;
    }
    const brute = labels.flatMap((label) =>
      otherLabels.map((other) => {
        let total = 0;
        for (const x of a.turns) {
          for (const y of b.turns)
            if (x.speaker === label && y.speaker === other) total += core.duration(core.intersect(x, y));
        }
        return total;
      }),
    );
    expect([...matrix]).toEqual(brute);
    expect([...counted]).toEqual(brute);
    expect(countPairs(a.turns, b.turns)).toBe([...core.coIterTurns(a, b)].length);
    expect(core.coOccurrences(a, b).length).toBe(brute.filter((seconds) => seconds > 0).length);
  });
});

test('renaming there and back changes nothing, a swap swaps, and support keeps each label where it was', () => {
  holds(annotation, (of) => {
    const swapped = core.renameLabels(of, { A: 'B', B: 'A' });
    expect(core.labelTimeline(swapped, 'A')).toEqual(core.labelTimeline(of, 'B'));
    expect(
      core.sameAnnotation(
        core.renameLabels(
          swapped,
          new Map([
            ['A', 'B'],
            ['B', 'A'],
          ]),
        ),
        of,
      ),
    ).toBe(true);
    const merged = core.supportAnnotation(of);
    for (const label of core.labels(of))
      expect(core.labelTimeline(merged, label)).toEqual(core.labelSupport(of, label));
    expect(core.sameAnnotation(core.supportAnnotation(merged), merged)).toBe(true);
    expect(core.labels(core.relabelTracks(of)).length).toBe(of.turns.length);
  });
});

test('windows of a strict crop lie within, of a loose one meet, and indices are those of the ranges', () => {
  const window = fc
    .tuple(quarter, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 8 }))
    .map(([start, d, s]) => ({ start, duration: d / 4, step: s / 4 }));
  holds(fc.tuple(window, segment), ([grid, on]) => {
    const all = Array.from({ length: 500 }, (_, i) => i - 250);
    const touches = (i: number) => core.windowAt(grid, i).end >= on.start && core.windowAt(grid, i).start <= on.end;
    if (!core.isEmpty(on)) {
      expect(core.cropIndices(grid, on, { mode: 'strict' })).toEqual(
        all.filter((i) => core.contains(on, core.windowAt(grid, i))),
      );
      expect(core.cropIndices(grid, on)).toEqual(all.filter(touches));
    }
    for (const chunk of core.slide(grid, on, { alignLast: true })) expect(core.contains(on, chunk)).toBe(true);
  });
});

test('names sort by code point, as in Python', () => {
  const text = fc
    .array(fc.constantFrom('a', 'B', 'é', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'), { maxLength: 4 })
    .map((list) => list.join(''));
  holds(fc.tuple(text, text), ([a, b]) => {
    const points = (s: string) => Array.from(s, (c) => c.codePointAt(0)!);
    const [x, y] = [points(a), points(b)];
    const i = x.findIndex((point, k) => point !== y[k]);
    const expected = i === -1 ? x.length - y.length : i >= y.length ? 1 : x[i] - y[i];
    expect(Math.sign(core.compareText(a, b))).toBe(Math.sign(expected));
  });
});
