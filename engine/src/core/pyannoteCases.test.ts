// Replays fixtures/core/cases.json.gz, values of pyannote.core 6.1.0 made by fixtures/core/generate.py. Everything is
// compared exactly, times to the last bit: the operations and their order are the same in both.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import * as core from '../index.ts';
import { pairwiseSum } from '../math/pairwiseSum.ts';

type Pair = [start: number, end: number];
type Record4 = [start: number, end: number, track: string | null, label: string];
// biome-ignore lint/suspicious/noExplicitAny: each op has inputs of its own; expect() checks what comes out
type Case = { op: string; expected?: any; error?: true; [input: string]: any };

const cases: Case[] = JSON.parse(
  gunzipSync(readFileSync(new URL('../../../fixtures/core/cases.json.gz', import.meta.url))).toString(),
);

const segment = ([start, end]: Pair): core.Segment => ({ start, end });
const timeline = (pairs: Pair[]): core.Timeline => core.timeline(pairs.map(segment));
const support = (value: Pair | Pair[]) =>
  typeof value[0] === 'number' ? segment(value as Pair) : timeline(value as Pair[]);
const annotation = (records: Record4[]): core.Annotation =>
  core.annotation(records.map(([start, end, track, speaker]) => ({ start, end, speaker, track: track ?? undefined })));
const grid = ([start, duration, step]: [number, number, number]): core.SlidingWindow => ({ start, duration, step });
const frames = ({ window, data }: Case): core.Frames => ({
  grid: grid(window),
  numFrames: data.length,
  width: data[0].length,
  data: Float32Array.from(data.flat()),
});

const pair = ({ start, end }: core.Segment): Pair => [start, end];
const pairs = (segments: Iterable<core.Segment>): Pair[] => [...segments].map(pair);
const records = ({ turns }: core.Annotation) =>
  turns.map(({ start, end, track, speaker }) => [start, end, track, speaker]);
const rows = ({ data, numFrames, width }: core.Rows) =>
  Array.from({ length: numFrames }, (_, i) => [...data.slice(i * width, (i + 1) * width)]);

const ops: Record<string, (input: Case) => unknown> = {
  segment({ a: x, b: y, t }) {
    const [a, b] = [segment(x), segment(y)];
    return {
      empty: core.isEmpty(a),
      duration: core.duration(a),
      middle: core.middle(a),
      contains: core.contains(a, b),
      intersects: core.intersects(a, b),
      overlaps: core.overlaps(a, t),
      intersect: pair(core.intersect(a, b)),
      merge: pair(core.merge(a, b)),
      text: core.formatSegment(a),
      order: Math.sign(core.compareSegments(a, b)),
      same: core.sameSegment(a, b),
    };
  },
  gap: ({ a, b }) => pair(core.gap(segment(a), segment(b))),
  text: ({ a }) => core.formatSegment(segment(a)),
  roundSegment: ({ a, digits }) => pair(core.roundSegment(segment(a), digits)),

  timeline({ timeline: input, collar, t }) {
    const own = timeline(input);
    return {
      segments: pairs(own),
      extent: pair(core.extent(own)),
      support: pairs(core.support(own)),
      collar: pairs(core.support(own, { collar })),
      duration: core.timelineDuration(own),
      gaps: pairs(core.gaps(own)),
      overlap: pairs(core.getOverlap(own)),
      segmentation: pairs(core.segmentation(own)),
      overlapping: pairs(core.overlapping(own, t)),
      toAnnotation: core.toAnnotation(own).turns.map(({ speaker }) => speaker),
    };
  },
  gapsWithin: (c) => pairs(core.gaps(timeline(c.timeline), support(c.support))),
  crop: (c) => pairs(core.crop(timeline(c.timeline), support(c.support), { mode: c.mode })),
  extrude: (c) => pairs(core.extrude(timeline(c.timeline), support(c.support), { mode: c.mode })),
  cropMapping: (c) =>
    core
      .cropMapping(timeline(c.timeline), support(c.support))
      .map((piece) => [pair(piece.segment), pairs(piece.sources)]),
  coIter: (c) => [...core.coIter(timeline(c.timeline), timeline(c.other))].map(pairs),
  union: (c) => pairs(core.union(timeline(c.timeline), timeline(c.other))),
  covers: (c) => core.covers(timeline(c.timeline), timeline(c.other)),
  hasSegments: (c) => core.hasSegments(timeline(c.timeline), timeline(c.other)),
  addSegment: (c) => pairs(core.addSegment(timeline(c.timeline), segment(c.segment))),
  removeSegment: (c) => pairs(core.removeSegment(timeline(c.timeline), segment(c.segment))),

  annotation({ annotation: input, few }) {
    const own = annotation(input);
    const names = core.labels(own);
    expect([...core.labelTimelines(own)].map(([name, segments]) => [name, pairs(segments)])).toEqual(
      names.map((name) => [name, pairs(core.labelTimeline(own, name))]),
    );
    return {
      turns: records(own),
      labels: names,
      timeline: pairs(core.getTimeline(own)),
      chart: core.chart(own),
      shares: core.chartShares(own),
      argmax: core.argmax(own) ?? null,
      timelines: names.map((name) => pairs(core.labelTimeline(own, name))),
      supports: names.map((name) => pairs(core.labelSupport(own, name))),
      durations: names.map((name) => core.labelDuration(own, name)),
      overlap: pairs(core.annotationOverlap(own)),
      overlapOfFew: pairs(core.annotationOverlap(own, { labels: few })),
      subset: records(core.subset(own, few)),
      inverted: records(core.subset(own, few, { invert: true })),
    };
  },
  argmax: (c) => core.argmax(annotation(c.annotation), support(c.support)) ?? null,
  cropAnnotation: (c) => records(core.cropAnnotation(annotation(c.annotation), support(c.support), { mode: c.mode })),
  extrudeAnnotation: (c) =>
    records(core.extrudeAnnotation(annotation(c.annotation), support(c.support), { mode: c.mode })),
  supportAnnotation: (c) =>
    core
      .supportAnnotation(annotation(c.annotation), { collar: c.collar })
      .turns.map(({ start, end, speaker }) => [start, end, speaker]),
  renameLabels: (c) => records(core.renameLabels(annotation(c.annotation), new Map(c.mapping))),
  renameLabelsInOrder: (c) => records(core.renameLabelsInOrder(annotation(c.annotation), c.generator)),
  relabelTracks: (c) => records(core.relabelTracks(annotation(c.annotation), c.generator)),
  renameTracks: (c) => records(core.renameTracks(annotation(c.annotation), c.generator)),
  coOccurrence(c) {
    const { labels, otherLabels, matrix } = core.coOccurrence(annotation(c.annotation), annotation(c.other));
    return labels.map((_, i) => [...matrix.slice(i * otherLabels.length, (i + 1) * otherLabels.length)]);
  },
  coIterTurns: (c) =>
    [...core.coIterTurns(annotation(c.annotation), annotation(c.other))].map(([a, b]) => [
      pair(a),
      a.track,
      pair(b),
      b.track,
    ]),
  update: (c) => records(core.update(annotation(c.annotation), annotation(c.other))),
  getLabels: (c) => core.getLabels(annotation(c.annotation), segment(c.segment)),
  removeTurns: (c) => records(core.removeTurns(annotation(c.annotation), { ...segment(c.segment), track: c.track })),
  discretize({ annotation: input, options }) {
    const { resolution } = options;
    const made = core.discretize(annotation(input), {
      ...options,
      support: options.support && segment(options.support),
      resolution: Array.isArray(resolution) ? { duration: resolution[0], step: resolution[1] } : resolution,
    });
    const values = rows(made);
    return {
      window: [made.grid.start, made.grid.duration, made.grid.step],
      labels: made.labels,
      columns: made.labels.map((_, column) => values.map((row) => row[column]).join('')),
      numFrames: made.numFrames,
    };
  },

  window({ window, focus, mode, k, n }) {
    const own = grid(window);
    const { startFrame, numFrames } = core.segmentToRange(own, segment(focus));
    return {
      closest: focus.map((t: number) => core.closestFrame(own, t)),
      at: pair(core.windowAt(own, k)),
      samples: core.samples(own, focus[1], mode),
      toRange: [startFrame, numFrames],
      toSegment: pair(core.rangeToSegment(own, k, n)),
      samplesToDuration: core.samplesToDuration(own, n),
      durationToSamples: core.durationToSamples(own, focus[1]),
    };
  },
  cropWindow: (c) => core.cropWindow(grid(c.window), support(c.support), { mode: c.mode, fixed: c.fixed }),
  cropIndices: (c) => core.cropIndices(grid(c.window), support(c.support), { mode: c.mode }),
  slide: (c) => pairs(core.slide(grid(c.window), timeline(c.support), { alignLast: c.alignLast })),
  windows: (c) => pairs(core.windows(grid(c.window), c.end)),
  framesExtent: (c) => pair(core.framesExtent(frames(c))),
  cropRows: (c) => rows(core.cropRows(frames(c), support(c.support), { mode: c.mode, fixed: c.fixed })),
  cropFrames(c) {
    const cropped = core.cropFrames(frames(c), segment(c.support), { mode: c.mode });
    return { start: cropped.grid.start, data: rows(cropped) };
  },
  alignFrames: (c) => rows(core.alignFrames(frames(c), { grid: grid(c.to), numFrames: c.numFrames })),
  sum: (c) => pairwiseSum(Float64Array.from(c.values)),
};

/** What pyannote keeps in float64 and Frames in float32. */
function expectedOf({ op, expected }: Case): unknown {
  return op === 'alignFrames' ? expected.map((row: number[]) => row.map(Math.fround)) : expected;
}

/** pyannote gives -0 here and there; ours is 0. `toEqual` tells them apart. */
function positiveZero(value: unknown): unknown {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(positiveZero);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, positiveZero(inner)]));
}

test('there are at least 2,000 cases and every operation has some', () => {
  expect(cases.length).toBeGreaterThanOrEqual(2000);
  expect([...new Set(cases.map(({ op }) => op))].sort()).toEqual(Object.keys(ops).sort());
});

test.each(Object.keys(ops))('%s is what pyannote.core 6.1.0 gives', (op) => {
  cases.forEach((input, index) => {
    if (input.op !== op) return;
    const name = `case ${index}: ${JSON.stringify(input).slice(0, 2000)}`;
    if (input.error) expect(() => ops[op](input), name).toThrow(RangeError);
    else expect(ops[op](input), name).toEqual(positiveZero(expectedOf(input)));
  });
});
