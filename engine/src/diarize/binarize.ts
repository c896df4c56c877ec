import type { Seconds, Segment } from '../core/segment.ts';
import { SEGMENT_PRECISION } from '../core/segment.ts';
import { middleOf, type SlidingWindow } from '../core/window.ts';

/**
 * From scores to segments: on when the score passes `onset`, off when it falls below `offset`.
 *
 *            onset ────────╭──╮────────
 *                      ╭───╯  ╰─╮
 *           offset ────╯────────╰──────
 *                          |------|         time is the middle of the frame that crossed
 *
 * pyannote.audio 4.0.7 `utils/signal.py:Binarize`.
 */

export interface BinarizeOptions {
  readonly onset?: number;
  readonly offset?: number;
  /** Gaps shorter than this are filled. */
  readonly minDurationOff?: Seconds;
  /** Segments shorter than this are dropped, after gaps are filled. */
  readonly minDurationOn?: Seconds;
  /** Lengthen each segment at its start and end. */
  readonly padOnset?: Seconds;
  readonly padOffset?: Seconds;
}

/**
 * @param scores one number a frame, with `stride` numbers between frames, beginning at `column`
 */
export function binarize(
  scores: ArrayLike<number>,
  grid: SlidingWindow,
  {
    onset = 0.5,
    offset = onset,
    minDurationOff = 0,
    minDurationOn = 0,
    padOnset = 0,
    padOffset = 0,
    stride = 1,
    column = 0,
  }: BinarizeOptions & { readonly stride?: number; readonly column?: number } = {},
): Segment[] {
  const numFrames = Math.floor(scores.length / stride);
  if (numFrames === 0) return [];
  const raw: Segment[] = [];
  let start = middleOf(grid, 0);
  let active = scores[column] > onset;
  let end = start;
  for (let frame = 1; frame < numFrames; frame++) {
    const score = scores[frame * stride + column];
    if (active ? score >= offset : !(score > onset)) continue;
    end = middleOf(grid, frame);
    if (active) raw.push({ start: start - padOnset, end: end + padOffset });
    start = end;
    active = !active;
  }
  if (active) raw.push({ start: start - padOnset, end: middleOf(grid, numFrames - 1) + padOffset });

  const segments = raw.filter((segment) => segment.end - segment.start > SEGMENT_PRECISION);
  const padded = padOnset > 0 || padOffset > 0;
  const filled = padded || minDurationOff > 0 ? fillGaps(segments, minDurationOff) : segments;
  return minDurationOn > 0 ? filled.filter(({ start, end }) => end - start >= minDurationOn) : filled;
}

/** Joins segments whose gap is shorter than `collar`; pyannote.core `Timeline.support(collar)`. Input sorted. */
export function fillGaps(segments: readonly Segment[], collar: Seconds): Segment[] {
  const joined: Segment[] = [];
  for (const segment of segments) {
    const last = joined.at(-1);
    if (last === undefined) {
      joined.push(segment);
      continue;
    }
    const gap = segment.start - last.end;
    if (gap <= SEGMENT_PRECISION || gap < collar)
      joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, segment.end) };
    else joined.push(segment);
  }
  return joined;
}

/**
 * Hysteresis on the scores of a network that gives one probability a speaker (not a powerset): 1 while on.
 * NaN counts as 0. pyannote.audio 4.0.7 `utils/signal.py:binarize`, initial state off.
 */
export function hysteresis(
  scores: Float32Array,
  numFrames: number,
  width: number,
  { onset = 0.5, offset = onset }: { readonly onset?: number; readonly offset?: number } = {},
): Uint8Array {
  const active = new Uint8Array(numFrames * width);
  for (let column = 0; column < width; column++) {
    let on = 0;
    for (let frame = 0; frame < numFrames; frame++) {
      const i = frame * width + column;
      const score = Number.isNaN(scores[i]) ? 0 : scores[i];
      if (score > onset) on = 1;
      else if (score < offset) on = 0;
      active[i] = on;
    }
  }
  return active;
}
