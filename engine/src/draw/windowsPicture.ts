import type { ChunkedActivity } from '../core/frames.ts';
import type { Seconds } from '../core/segment.ts';
import { powerset } from '../diarize/powerset.ts';
import { type BricksContext, type BricksPicture, bricksPicture } from './bricks.ts';
import { evenly } from './project.ts';

/** What the network said in some windows, and what was decided from it in all of them. */
export interface WindowsPicture {
  readonly duration: Seconds;
  readonly step: Seconds;
  readonly numChunks: number;
  readonly numFrames: number;
  /** When a window's first frame begins to count, relative to the window, and seconds between frames. */
  readonly firstFrame: Seconds;
  readonly frameStep: Seconds;
  readonly numSpeakers: number;
  /** The sets of local speakers that the network chooses from, as bit masks: 0, 1, 2, 4, 3 … */
  readonly sets: readonly number[];
  /** Whether the sets exclude each other; otherwise each column is the probability of a speaker. */
  readonly isPowerset: boolean;
  readonly chunks: readonly number[];
  /** Probabilities 0..255, (window, frame, set). */
  readonly scores: Uint8Array;
  /** Who was decided to talk, a bit a speaker, (window, frame). */
  readonly active: Uint8Array;
  /** The decisions of (nearly) all windows. */
  readonly bricks: BricksPicture;
  /** The window that shows most: its place in `chunks`. */
  readonly telling: number;
}

/** Bytes of all windows together, at most. */
const MAX_BYTES = 500_000;

export function windowsPicture(
  all: readonly (readonly [chunk: number, scores: Float32Array])[],
  activity: ChunkedActivity,
  context: BricksContext,
): WindowsPicture | undefined {
  if (all.length === 0) return undefined;
  const { numFrames, width, talking, grid, chunks, numChunks } = activity;
  const numClasses = all[0][1].length / numFrames;
  const kept = evenly(all, Math.max(1, Math.floor(MAX_BYTES / (numFrames * (numClasses + 1)))));
  const sets = setsOf(numClasses, width);
  const isPowerset = numClasses !== width;
  const scores = new Uint8Array(kept.length * numFrames * numClasses);
  const active = new Uint8Array(kept.length * numFrames);
  kept.forEach(([chunk, values], i) => {
    scores.set(probabilities(values, numClasses, isPowerset), i * numFrames * numClasses);
    active.set(talking.subarray(chunk * numFrames, (chunk + 1) * numFrames), i * numFrames);
  });
  return {
    duration: chunks.duration,
    step: chunks.step,
    numChunks,
    numFrames,
    firstFrame: 0.5 * grid.duration,
    frameStep: grid.step,
    numSpeakers: width,
    sets,
    isPowerset,
    chunks: kept.map(([chunk]) => chunk),
    scores,
    active,
    bricks: bricksPicture(activity, context),
    telling: tellingWindow(active, numFrames),
  };
}

/** Bit masks of the sets; one speaker a column where there is no powerset of that many. */
function setsOf(numClasses: number, width: number): number[] {
  for (let most = 1; most <= width && numClasses !== width; most++) {
    const { numClasses: found, mapping } = powerset(width, most);
    if (found !== numClasses) continue;
    return Array.from({ length: numClasses }, (_, set) => {
      let mask = 0;
      for (let s = 0; s < width; s++) mask |= mapping[set * width + s] << s;
      return mask;
    });
  }
  return Array.from({ length: numClasses }, (_, s) => 1 << s);
}

/** 0..255: the scores of a powerset are made to sum to 1 a frame (they are log-probabilities, or logits). */
function probabilities(scores: Float32Array, numClasses: number, isPowerset: boolean): Uint8Array {
  const bytes = new Uint8Array(scores.length);
  for (let from = 0; from < scores.length; from += numClasses) {
    let most = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (let i = from; i < from + numClasses; i++) most = Math.max(most, scores[i]);
    for (let i = from; i < from + numClasses; i++) sum += Math.exp(scores[i] - most);
    for (let i = from; i < from + numClasses; i++)
      bytes[i] = Math.round(255 * (isPowerset ? Math.exp(scores[i] - most) / sum : scores[i]));
  }
  return bytes;
}

/** The window with most speakers, then overlap, then changes of who talks. */
function tellingWindow(active: Uint8Array, numFrames: number): number {
  let best = 0;
  let most = -1;
  for (let i = 0; i * numFrames < active.length; i++) {
    let [seen, changes, overlaps] = [0, 0, 0];
    for (let j = i * numFrames; j < (i + 1) * numFrames; j++) {
      seen |= active[j];
      if ((active[j] & (active[j] - 1)) !== 0) overlaps = 1;
      if (j > i * numFrames && active[j] !== active[j - 1]) changes++;
    }
    const value = 10 * bitsOf(seen) + 6 * overlaps + Math.min(changes, 12);
    if (value <= most) continue;
    best = i;
    most = value;
  }
  return best;
}

function bitsOf(mask: number): number {
  return mask === 0 ? 0 : (mask & 1) + bitsOf(mask >> 1);
}
