// How long each speaker of one annotation speaks together with each of another, and where two speakers of one overlap.
// Equals pyannote.core 6.1 `annotation * other`, `Annotation.co_iter` and `Annotation.get_overlap`.

import { type Annotation, getTimeline, subset } from './annotation.ts';
import { type Cell, countedCells, countPairs } from './countedCoOccurrence.ts';
import { labels } from './labels.ts';
import { intersectingPairs } from './pairs.ts';
import { compareSegments, duration, intersects, isEmpty, type Seconds, type Segment } from './segment.ts';
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
  for (const { row, column, seconds } of sparse(a, b, own, otherLabels)) {
    matrix[row * otherLabels.length + column] = seconds;
  }
  return { labels: own, otherLabels, matrix };
}

/** The cells of `coOccurrence` where speakers meet, by speaker of `a`, then of `b`. */
export function coOccurrences(a: Annotation, b: Annotation): { label: string; otherLabel: string; seconds: Seconds }[] {
  const own = labels(a);
  const other = labels(b);
  return sparse(a, b, own, other)
    .filter(({ seconds }) => seconds > 0)
    .sort((x, y) => x.row - y.row || x.column - y.column)
    .map(({ row, column, seconds }) => ({ label: own[row], otherLabel: other[column], seconds }));
}

/**
 * Beyond a million pairs, and this many a turn, shared time is counted instead. Rounding then differs from pyannote's,
 * and pairs that share less than a microsecond count.
 */
const PAIRS_PER_TURN = 32;
const FEW_PAIRS = 1_000_000;

function sparse(a: Annotation, b: Annotation, own: readonly string[], other: readonly string[]): Cell[] {
  const rows = indices(a, own);
  const columns = indices(b, other);
  if (countPairs(a.turns, b.turns) > Math.max(FEW_PAIRS, PAIRS_PER_TURN * (a.turns.length + b.turns.length))) {
    return countedCells({ turns: a.turns, labels: rows }, { turns: b.turns, labels: columns });
  }
  const cells = new Map<number, Cell>();
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
  // Of all turns before this one, the one that ends last shares most with it. If it is by the same speaker, it outlasts
  // the others, and what they share with this turn they share with that one too.
  let latest: Turn = { start: Number.NaN, end: Number.NEGATIVE_INFINITY, speaker: '' };
  for (const turn of turns) {
    const both = { start: turn.start, end: Math.min(turn.end, latest.end) };
    if (turn.speaker !== latest.speaker && intersects(turn, latest) && !isEmpty(both)) shared.push(both);
    if (turn.end > latest.end) latest = turn;
  }
  return support(sortedUnique(shared));
}
