// Every operation of the algebra on an annotation of n turns, for the benchmark and for the test of how work grows.

import * as core from '../src/index.ts';

export type Shape = 'dialogue' | 'heap' | 'spanned' | 'names';

/**
 * n turns in order. 'dialogue': four people taking turns over each other a little. 'heap': two people, every turn over
 * all others. 'spanned': a dialogue under one turn that lasts throughout. 'names': a dialogue of n/10 speakers.
 */
export function manyTurns(n: number, shape: Shape): core.Turn[] {
  const turns: core.Turn[] = [];
  for (let i = 0; i < n; i++) {
    // a fixed pattern without a common period: no random numbers, no two segments alike
    const start = shape === 'heap' ? i * 1e-3 : i * 2 + (i % 7) * 0.1;
    const length = shape === 'heap' ? 2e-3 * n - (i % 13) * 1e-3 : 1.5 + (i % 11) * 0.12;
    const speakers = shape === 'names' ? Math.ceil(n / 10) : shape === 'heap' ? 2 : 4;
    turns.push({ start, end: start + length, speaker: `SPEAKER_${(i * 7) % speakers}` });
  }
  if (shape === 'spanned') turns[0] = { start: -1, end: 2 * n + 10, speaker: 'music' };
  return turns;
}

/** All operations whose output is linear in their input, by name. `segments` and `of` hold the same turns in order. */
export function operations(turns: readonly core.Turn[], shape: Shape): Record<string, () => unknown> {
  const n = turns.length;
  const of: core.Annotation = { uri: 'many', turns };
  const segments: core.Timeline = turns;
  // a support of n/10 pieces, and a second annotation to compare with
  const pieces = Array.from({ length: n / 10 }, (_, i) => ({ start: i * 20, end: i * 20 + 15 }));
  const other = core.annotation(manyTurns(n, shape));
  const last = { start: turns[n - 1].start, end: turns[n - 1].end };
  const middle = last.start / 2;
  const windowed = { start: 0, duration: 1, step: 1 };
  return {
    timeline: () => core.timeline(segments),
    annotation: () => core.annotation(turns),
    union: () => core.union(segments, pieces),
    addSegment: () => core.addSegment(segments, { start: middle, end: middle + 1 }),
    removeSegment: () => core.removeSegment(segments, last),
    hasSegments: () => core.hasSegments(segments, segments),
    extent: () => core.extent(segments),
    support: () => core.support(segments, { collar: 0.5 }),
    timelineDuration: () => core.timelineDuration(segments),
    gaps: () => core.gaps(segments),
    gapsWithin: () => core.gaps(segments, pieces),
    covers: () => core.covers(segments, pieces),
    crop: () => core.crop(segments, pieces),
    cropLoose: () => core.crop(segments, pieces, { mode: 'loose' }),
    cropStrict: () => core.crop(segments, pieces, { mode: 'strict' }),
    extrude: () => core.extrude(segments, pieces),
    overlapping: () => core.overlapping(segments, middle),
    getOverlap: () => core.getOverlap(segments),
    segmentation: () => core.segmentation(segments),
    toAnnotation: () => core.toAnnotation(segments),
    firstPairs: () => take(core.coIter(segments, segments), n),
    getTimeline: () => core.getTimeline(of),
    labels: () => core.labels(of),
    labelTimelines: () => core.labelTimelines(of),
    labelDurations: () => core.labelDurations(of),
    labelTimeline: () => core.labelTimeline(of, 'SPEAKER_1'),
    chart: () => core.chart(of),
    argmax: () => core.argmax(of),
    argmaxWithin: () => core.argmax(of, { start: middle, end: 2 * middle }),
    getLabels: () => core.getLabels(of, last),
    subset: () => core.subset(of, ['SPEAKER_1']),
    update: () => core.update(of, other),
    addTurn: () => core.addTurn(of, { start: middle, end: middle + 1, speaker: 'x' }),
    removeTurns: () => core.removeTurns(of, last),
    sameAnnotation: () => core.sameAnnotation(of, of),
    renameLabels: () => core.renameLabels(of, { SPEAKER_1: 'Ann' }),
    renameLabelsInOrder: () => core.renameLabelsInOrder(of),
    relabelTracks: () => core.relabelTracks(of),
    renameTracks: () => core.renameTracks(of),
    dropTracks: () => core.dropTracks(of),
    supportAnnotation: () => core.supportAnnotation(of, { collar: 0.5 }),
    cropAnnotation: () => core.cropAnnotation(of, { start: middle, end: 2 * middle }),
    extrudeAnnotation: () => core.extrudeAnnotation(of, { start: middle, end: 2 * middle }),
    cropTracks: () => core.cropAnnotation(namedAlike(turns), { start: middle, end: middle + 0.001 }),
    annotationOverlap: () => core.annotationOverlap(of),
    coOccurrences: () => core.coOccurrences(of, other),
    discretize: () =>
      core.discretize({ turns: turns.slice(0, n / 10) }, { resolution: 1, labels: ['SPEAKER_1', 'music'] }),
    cropWindow: () => core.cropWindow(windowed, segments),
    slide: () => take(core.slide(windowed, segments, { alignLast: true }), n),
  };
}

/** Every turn under one track name: cropped to one moment, each needs a new name. */
function namedAlike(turns: readonly core.Turn[]): core.Annotation {
  return { turns: turns.map(({ start, end, speaker }) => ({ start, end, speaker, track: '_' })) };
}

function take<T>(items: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  for (const item of items) {
    if (taken.length >= count) break;
    taken.push(item);
  }
  return taken;
}
