import type { Segment } from '../core/segment.ts';
import type { Turn } from '../core/turn.ts';

/**
 * For each stretch, whose turns it overlaps most; one sweep over both in order of time.
 *
 *     turns     |AAAAAAAAA|    |BBBBBB|      |A|
 *     words   |a| |a| |a-b------b|  |b|  |nearest|
 *
 * Ties go to the speaker of the earlier turn. A stretch that touches no turn has the nearest one, with its distance.
 * O(n log n) for the order, then linear in words, turns and their overlaps.
 */
export interface Found {
  /** Index of the turn: the first of the chosen speaker's that overlaps, or the nearest; -1 without turns. */
  readonly turn: Int32Array;
  /** Seconds that the chosen speaker shares with the stretch; 0 where the turn is only near. */
  readonly overlap: Float64Array;
  /** Seconds that all speakers share with it, summed. */
  readonly total: Float64Array;
  /** Seconds to the nearest turn; 0 where they touch. */
  readonly distance: Float64Array;
}

export function nearestTurns(stretches: readonly Segment[], turns: readonly Turn[]): Found {
  const numStretches = stretches.length;
  const turn = new Int32Array(numStretches).fill(-1);
  const overlap = new Float64Array(numStretches);
  const total = new Float64Array(numStretches);
  const distance = new Float64Array(numStretches).fill(Number.POSITIVE_INFINITY);
  const order = inOrderOfStart(stretches);
  const turnOrder = inOrderOfStart(turns);
  const speakers = new Map<string, number>();
  const speakerOf = Int32Array.from(turns, ({ speaker }) => {
    if (!speakers.has(speaker)) speakers.set(speaker, speakers.size);
    return speakers.get(speaker)!;
  });
  const shared = new Float64Array(speakers.size);
  const firstTurn = new Int32Array(speakers.size);
  const touched: number[] = [];
  const touchedAt = new Int32Array(speakers.size).fill(-1); // the stretch that a speaker touched last
  let active: number[] = []; // turns that have begun and not ended, in order
  let next = 0; // the first turn, in order, that has not begun
  let latest = -1; // of the turns that have begun, the one that ends last

  const share = (index: number, at: number) => {
    const { start, end } = stretches[at];
    const seconds = Math.min(end, turns[index].end) - Math.max(start, turns[index].start);
    // A word without length lies in the turn that holds its moment.
    const held = start === end && turns[index].start <= start && turns[index].end > start;
    if (seconds <= 0 && !held) return;
    const speaker = speakerOf[index];
    if (touchedAt[speaker] !== at) {
      touchedAt[speaker] = at;
      touched.push(speaker);
      firstTurn[speaker] = index;
    }
    shared[speaker] += Math.max(0, seconds);
  };

  for (const at of order) {
    const stretch = stretches[at];
    while (next < turns.length && turns[turnOrder[next]].start <= stretch.start) {
      const index = turnOrder[next++];
      active.push(index);
      if (latest < 0 || turns[index].end > turns[latest].end) latest = index;
    }
    if (active.some((index) => turns[index].end <= stretch.start))
      active = active.filter((index) => turns[index].end > stretch.start);
    for (const index of active) share(index, at);
    for (let k = next; k < turns.length && turns[turnOrder[k]].start < stretch.end; k++) share(turnOrder[k], at);

    if (touched.length > 0) {
      let best = touched[0];
      for (const speaker of touched) {
        total[at] += shared[speaker];
        if (shared[speaker] > shared[best] + TIE) best = speaker;
      }
      turn[at] = firstTurn[best];
      overlap[at] = shared[best];
      distance[at] = 0;
      for (const speaker of touched) shared[speaker] = 0;
      touched.length = 0;
      continue;
    }
    if (latest >= 0) {
      turn[at] = latest;
      distance[at] = Math.max(0, stretch.start - turns[latest].end);
    }
    if (next < turns.length) {
      const ahead = Math.max(0, turns[turnOrder[next]].start - stretch.end);
      if (ahead < distance[at] - TIE) {
        turn[at] = turnOrder[next];
        distance[at] = ahead;
      }
    }
  }
  return { turn, overlap, total, distance };
}

/** Differences of times below this are rounding: halves of a word that lies across a border are a tie. */
const TIE = 1e-9;

/** Indices by start; those of equal starts stay in order. */
function inOrderOfStart(segments: readonly Segment[]): Int32Array {
  const order = Int32Array.from(segments, (_, i) => i);
  for (let i = 1; i < segments.length; i++) {
    if (segments[i].start < segments[i - 1].start)
      return order.sort((a, b) => segments[a].start - segments[b].start || a - b);
  }
  return order;
}
