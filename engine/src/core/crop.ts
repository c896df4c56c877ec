// What of a timeline lies on a support, and what remains when a support is cut out. Equals pyannote.core 6.1
// `Timeline.crop` and `Timeline.extrude`:
//
//   timeline      |------|    |------|     |----|
//   support            |-----------------|
//   intersection       |-|    |------|
//   loose         |------|    |------|             any segment that meets the support
//   strict                    |------|             only segments that lie within it
//
// O((n + m)·log m) for n segments on a support of m, plus the output.

import { gaps } from './gaps.ts';
import { compareSegments, contains, intersects, isEmpty, SEGMENT_PRECISION, type Segment } from './segment.ts';
import { extent, isTimeline, sortedUnique, supportOf, type Timeline, timeline } from './timeline.ts';

/** What becomes of a segment that lies only partly on the support. */
export type CropMode = 'intersection' | 'loose' | 'strict';

/** The part of a timeline that lies on a segment or on a timeline's support (pyannote: `crop`). */
export function crop(
  segments: Timeline,
  focus: Segment | Timeline,
  { mode = 'intersection' }: { mode?: CropMode } = {},
): Timeline {
  const pieces = supportOf(focus);
  checkMode(mode);
  if (mode !== 'intersection') return segments.filter((segment) => meets(segment, pieces, mode));
  const cropped: Segment[] = [];
  // a segment over many pieces holds all but its first and last piece whole: these are only counted, then added once
  const whole = new Int32Array(pieces.length + 1);
  for (const segment of segments) {
    const [first, last] = piecesOf(segment, pieces);
    for (let i = first; i < last; i += Math.max(1, last - 1 - first)) {
      const piece = cut(segment, pieces[i]);
      if (!isEmpty(piece)) cropped.push(piece);
    }
    if (last - first > 2) {
      whole[first + 1]++;
      whole[last - 1]--;
    }
  }
  let covering = 0;
  for (let i = 0; i < pieces.length; i++) {
    covering += whole[i];
    if (covering > 0) cropped.push(pieces[i]);
  }
  return sortedUnique(cropped);
}

/** Each segment of `crop(segments, focus)` with the segments it was cut from (pyannote: `returns_mapping=True`). */
export function cropMapping(
  segments: Timeline,
  focus: Segment | Timeline,
): readonly { readonly segment: Segment; readonly sources: Timeline }[] {
  const pieces = supportOf(focus);
  const cuts: { segment: Segment; source: Segment }[] = [];
  for (const source of segments) {
    const [first, last] = piecesOf(source, pieces);
    for (let i = first; i < last; i++) {
      const segment = cut(source, pieces[i]);
      if (!isEmpty(segment)) cuts.push({ segment, source });
    }
  }
  cuts.sort((a, b) => compareSegments(a.segment, b.segment));
  const mapping: { segment: Segment; sources: Segment[] }[] = [];
  for (const { segment, source } of cuts) {
    const last = mapping.at(-1);
    if (last && compareSegments(last.segment, segment) === 0) last.sources.push(source);
    else mapping.push({ segment, sources: [source] });
  }
  return mapping;
}

/**
 * The timeline without a support (pyannote: `extrude`): 'intersection' cuts the shared part out of each segment,
 * 'loose' drops every segment that meets the support, 'strict' only those that lie within it.
 */
export function extrude(
  segments: Timeline,
  removed: Segment | Timeline,
  { mode = 'intersection' }: { mode?: CropMode } = {},
): Timeline {
  return crop(segments, remainder(extent(segments), removed), { mode: opposite(mode) });
}

/** What of a segment is left without a support: where `extrude` crops to. */
export function remainder(whole: Segment, removed: Segment | Timeline): Timeline {
  return gaps(isTimeline(removed) ? removed : timeline([removed]), timeline([whole]));
}

/** To remove all that meets A is to keep what lies strictly outside A, and the reverse. */
export function opposite(mode: CropMode): CropMode {
  if (mode === 'loose') return 'strict';
  return mode === 'strict' ? 'loose' : mode;
}

/** Throws on a mode that isn't one; callers without types need it. */
export function checkMode(mode: CropMode): void {
  if (mode !== 'intersection' && mode !== 'loose' && mode !== 'strict') {
    throw new RangeError(`Got mode "${mode}"; expected "intersection", "loose" or "strict".`);
  }
}

/** Whether a segment stays in loose or strict mode. At most two pieces of a support can decide it. */
export function meets(segment: Segment, pieces: Timeline, mode: 'loose' | 'strict'): boolean {
  const [first, last] = piecesOf(segment, pieces);
  return mode === 'loose' ? first < last : first < last && contains(pieces[first], segment);
}

/** The pieces [first, last) of a support that intersect a segment: a run, since pieces are apart. O(log m). */
export function piecesOf(segment: Segment, pieces: Timeline): [first: number, last: number] {
  const { start, end } = segment;
  const after = firstStarting(pieces, (t) => t > start);
  const first = after > 0 && intersects(segment, pieces[after - 1]) ? after - 1 : after;
  return [
    first,
    Math.max(
      after,
      firstStarting(pieces, (t) => !(t < end - SEGMENT_PRECISION)),
    ),
  ];
}

/** Index of the first piece whose start passes a test that all later ones pass too. */
function firstStarting(pieces: Timeline, test: (start: number) => boolean): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (test(pieces[mid].start)) high = mid;
    else low = mid + 1;
  }
  return low;
}

function cut(segment: Segment, piece: Segment): Segment {
  return { start: Math.max(segment.start, piece.start), end: Math.min(segment.end, piece.end) };
}
