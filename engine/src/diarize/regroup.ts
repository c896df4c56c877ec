import { MOST_LOCAL_SPEAKERS } from '../core/frames.ts';
import type { Seconds } from '../core/segment.ts';
import type { TurnLikeness } from '../model/manifest.ts';
import { unitRows } from './centroids.ts';

/**
 * The turns of a chunk, grouped anew by how they sound. A small segmentation network tends to take two similar voices that
 * alternate for one local speaker; their turns, embedded one by one, tell them apart:
 *
 *   heard      1  ▇▇▇▇  ▇▇▇   ▇▇▇▇▇         two people as one
 *   regrouped  1  ▇▇▇▇        ▇▇▇▇▇
 *              2        ▇▇▇
 *
 * What two turns say for being one person's is a log-likelihood ratio: of the cosine of their vectors, which weighs more the
 * longer the shorter turn is, and of what the segmentation decided. The two groups that are likeliest one person, on the mean
 * over pairs of their turns, are joined until no pair is likelier one than two. Turns that overlap are never one person's.
 *
 * Ours: pyannote keeps the segmentation's local speakers. Used where a model's manifest has the numbers for it.
 */

/** A run of one local speaker's frames in a chunk: frames `first` to `end`, the last one not included. */
export interface LocalTurn {
  readonly speaker: number;
  readonly first: number;
  readonly end: number;
  /** Frames in which nobody else talks. */
  readonly numSolo: number;
}

export interface RegroupOptions {
  readonly likeness: TurnLikeness;
  /** Length of a vector. */
  readonly dimension: number;
  readonly frameStep: Seconds;
}

/** Pauses up to this long are inside a turn. */
const PAUSE: Seconds = 0.15;

/**
 * Each local speaker's turns, in the order of speakers and time.
 *
 * @param talking one chunk, a byte a frame, a bit a speaker
 */
export function localTurns(talking: Uint8Array, numSpeakers: number, frameStep: Seconds): LocalTurn[] {
  const pause = PAUSE / frameStep;
  const turns: LocalTurn[] = [];
  for (let speaker = 0; speaker < numSpeakers; speaker++) {
    let turn: LocalTurn | undefined;
    for (let frame = 0; frame < talking.length; frame++) {
      if (((talking[frame] >> speaker) & 1) === 0) continue;
      if (turn !== undefined && frame - turn.end >= pause) {
        turns.push(turn);
        turn = undefined;
      }
      const { first, numSolo } = turn ?? { first: frame, numSolo: 0 };
      turn = { speaker, first, end: frame + 1, numSolo: numSolo + Number(talking[frame] === 1 << speaker) };
    }
    if (turn !== undefined) turns.push(turn);
  }
  return turns;
}

/** Who talks in the chunk when each turn is its group's: a bit a group. */
export function regrouped(talking: Uint8Array, turns: readonly LocalTurn[], groupOf: Int32Array): Uint8Array {
  const anew = new Uint8Array(talking.length);
  turns.forEach(({ speaker, first, end }, i) => {
    for (let frame = first; frame < end; frame++) anew[frame] |= ((talking[frame] >> speaker) & 1) << groupOf[i];
  });
  return anew;
}

/**
 * The group of each turn: 0, 1, 2 …, in the order of the turns.
 *
 * @param vectors (turn, dimension); a row of zeros where a turn was too short to embed
 */
export function regroup(turns: readonly LocalTurn[], vectors: Float32Array, options: RegroupOptions): Int32Array {
  const n = turns.length;
  const pairs = pairLikeness(turns, vectors, options);
  const weights = turns.map(({ first, end, numSolo }) => Math.max(numSolo, OVERLAPPED * (end - first)));
  const groups: number[][] = turns.map((_, i) => [i]);
  for (;;) {
    let best = groups.length > MOST_LOCAL_SPEAKERS ? Number.NEGATIVE_INFINITY : 0;
    let found: readonly [number, number] | undefined;
    for (let x = 1; x < groups.length; x++)
      for (let y = 0; y < x; y++) {
        const score = meanLikeness(groups[x], groups[y], pairs, weights);
        if (score > best) [best, found] = [score, [x, y]];
      }
    if (found === undefined) break;
    const [x, y] = found;
    groups[y].push(...groups[x]);
    groups.splice(x, 1);
  }
  const groupOf = new Int32Array(n);
  groups
    .sort((a, b) => Math.min(...a) - Math.min(...b))
    .forEach((members, group) => {
      for (const turn of members) groupOf[turn] = group;
    });
  return groupOf;
}

/** What a frame with others in it counts of one alone. */
const OVERLAPPED = 0.2;
/** Of turns that overlap: no cosine outweighs it. */
const NEVER = -1e6;

/** What a cosine says, as a log-likelihood ratio, of a voice that is heard alone for so many seconds. */
export function cosineWeight(seconds: Seconds, { slope, half }: TurnLikeness): number {
  return (slope * seconds) / (seconds + half);
}

/** `likeness[i * n + j]` of turns i and j. */
function pairLikeness(
  turns: readonly LocalTurn[],
  vectors: Float32Array,
  { dimension, frameStep, likeness }: RegroupOptions,
): Float64Array {
  const { middle, same, other } = likeness;
  const n = turns.length;
  const unit = unitRows(vectors, dimension);
  const pairs = new Float64Array(n * n);
  for (let i = 1; i < n; i++)
    for (let j = 0; j < i; j++) {
      const [a, b] = [turns[i], turns[j]];
      let score = a.speaker === b.speaker ? same : -other;
      if (a.speaker !== b.speaker && Math.min(a.end, b.end) > Math.max(a.first, b.first)) score = NEVER;
      let cosine = 0;
      for (let d = 0; d < dimension; d++) cosine += unit[i * dimension + d] * unit[j * dimension + d];
      const seconds = Math.min(a.numSolo, b.numSolo) * frameStep;
      // A turn without a vector has the cosine NaN and says nothing.
      if (!Number.isNaN(cosine)) score += cosineWeight(seconds, likeness) * (cosine - middle);
      pairs[i * n + j] = pairs[j * n + i] = score;
    }
  return pairs;
}

/** Mean over pairs of a turn of one group and one of the other, by the product of their lengths. */
function meanLikeness(
  one: readonly number[],
  other: readonly number[],
  pairs: Float64Array,
  weights: readonly number[],
): number {
  let sum = 0;
  let total = 0;
  for (const i of one)
    for (const j of other) {
      const weight = weights[i] * weights[j];
      sum += weight * pairs[i * weights.length + j];
      total += weight;
    }
  return sum / total;
}
