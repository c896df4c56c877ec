// How long each speaker of one annotation speaks together with each of another, and where two speakers of one overlap.
// Equals pyannote.core 6.1 `annotation * other`, `Annotation.co_iter` and `Annotation.get_overlap`.

import { type Annotation, getTimeline, subset } from './annotation.ts';
import { labels } from './labels.ts';
import { intersectingPairs } from './pairs.ts';
import { compareSegments, duration, isEmpty, SEGMENT_PRECISION, type Seconds, type Segment } from './segment.ts';
import { sortedUnique, support, type Timeline } from './timeline.ts';
import type { Turn } from './turn.ts';

/** Durations shared by speakers: `matrix[row * otherLabels.length + column]`, rows by `labels`, columns by `otherLabels`. */
export interface CoOccurrence {
  readonly labels: readonly string[];
  readonly otherLabels: readonly string[];
  readonly matrix: Float64Array;
}

/**
 * Seconds each speaker of `a` shares with each of `b` (pyannote: `a * b`). Two overlapping turns of one speaker count
 * twice, as there. The matrix is dense: with thousands of speakers on both sides take `coOccurrences`.
 */
export function coOccurrence(a: Annotation, b: Annotation): CoOccurrence {
  const own = labels(a);
  const otherLabels = labels(b);
  const matrix = new Float64Array(own.length * otherLabels.length);
  for (const { row, column, seconds } of sparse(a, b, own, otherLabels))
    matrix[row * otherLabels.length + column] = seconds;
  return { labels: own, otherLabels, matrix };
}

/** The cells of `coOccurrence` where speakers meet, by speaker of `a`, then of `b`. */
export function coOccurrences(a: Annotation, b: Annotation): { label: string; otherLabel: string; seconds: Seconds }[] {
  const own = labels(a);
  const other = labels(b);
  return sparse(a, b, own, other)
    .sort((x, y) => x.row - y.row || x.column - y.column)
    .map(({ row, column, seconds }) => ({ label: own[row], otherLabel: other[column], seconds }));
}

function sparse(
  a: Annotation,
  b: Annotation,
  own: readonly string[],
  other: readonly string[],
): { row: number; column: number; seconds: Seconds }[] {
  const rows = indices(a, own);
  const columns = indices(b, other);
  const cells = new Map<number, { row: number; column: number; seconds: Seconds }>();
  for (const [i, j] of intersectingTurns(a, b)) {
    const [x, y] = [a.turns[i], b.turns[j]];
    const seconds = duration({ start: Math.max(x.start, y.start), end: Math.min(x.end, y.end) });
    const [row, column] = [rows[i], columns[j]];
    const cell = cells.get(row * other.length + column);
    if (cell) cell.seconds += seconds;
    else cells.set(row * other.length + column, { row, column, seconds });
  }
  return [...cells.values()];
}

/** Each turn's speaker as a place in `own`. */
function indices({ turns }: Annotation, own: readonly string[]): Int32Array {
  const places = new Map(own.map((label, i) => [label, i]));
  return Int32Array.from(turns, ({ speaker }) => places.get(speaker)!);
}

/** Pairs of turns that intersect, by segments, then by the order of turns (pyannote: `co_iter`). */
export function* coIterTurns(a: Annotation, b: Annotation): Generator<[Turn, Turn]> {
  for (const [i, j] of intersectingTurns(a, b)) yield [a.turns[i], b.turns[j]];
}

/** The same as indices. The turns of one segment meet the same segments: pairs are found once for all of them. */
function* intersectingTurns(a: Annotation, b: Annotation): Generator<[number, number]> {
  const from = groups(a);
  const otherFrom = groups(b);
  for (const [i, j] of intersectingPairs(getTimeline(a), getTimeline(b))) {
    for (let k = from[i]; k < from[i + 1]; k++) {
      for (let l = otherFrom[j]; l < otherFrom[j + 1]; l++) yield [k, l];
    }
  }
}

/** Where the turns of each segment of `getTimeline` begin, and the number of turns as a last entry. */
function groups({ turns }: Annotation): number[] {
  const from: number[] = [];
  for (let i = 0; i < turns.length; i++) if (i === 0 || compareSegments(turns[i - 1], turns[i]) !== 0) from.push(i);
  from.push(turns.length);
  return from;
}

/**
 * Where two or more speakers (of `labels`, by default of all) are on at once (pyannote: `get_overlap`). Overlapping
 * turns of one speaker don't count. As there, an empty list of labels means all. One walk, not all pairs.
 */
export function annotationOverlap(of: Annotation, { labels: among }: { labels?: readonly string[] } = {}): Timeline {
  const { turns } = among && among.length > 0 ? subset(of, among) : of;
  const shared: Segment[] = [];
  // The latest end before this turn and whose it is, and the latest of anyone else's: of all earlier turns by another
  // speaker, the one that ends last shares most with this one.
  let latest = { end: Number.NEGATIVE_INFINITY, start: Number.NaN, speaker: '' };
  let second = { end: Number.NEGATIVE_INFINITY, start: Number.NaN };
  for (const { start, end, speaker } of turns) {
    const rival = speaker === latest.speaker ? second : latest;
    const both = { start, end: Math.min(end, rival.end) };
    if ((start < rival.end - SEGMENT_PRECISION || start === rival.start) && !isEmpty(both)) shared.push(both);
    if (speaker === latest.speaker) {
      if (end >= latest.end) latest = { end, start, speaker };
    } else if (end >= latest.end) {
      second = latest;
      latest = { end, start, speaker };
    } else if (end >= second.end) {
      second = { end, start };
    }
  }
  return support(sortedUnique(shared));
}
