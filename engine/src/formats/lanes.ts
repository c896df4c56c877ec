import { inOrder, type TextTurn } from './turns.ts';

/**
 * Tiers of an annotation program hold one thing at a time. Each speaker gets one, and further ones only while turns of
 * that speaker overlap each other.
 */
export interface Lane {
  readonly speaker: string;
  /** 0 for a speaker's first lane, 1 for the second … */
  readonly index: number;
  /** Sorted, without overlap. */
  readonly turns: readonly TextTurn[];
}

/** Lanes in the order of the speakers' names. */
export function lanes(turns: readonly TextTurn[]): Lane[] {
  const bySpeaker = new Map<string, TextTurn[]>();
  for (const turn of inOrder(turns)) {
    if (!(turn.end > turn.start)) continue;
    const own = bySpeaker.get(turn.speaker);
    if (own) own.push(turn);
    else bySpeaker.set(turn.speaker, [turn]);
  }
  return [...bySpeaker]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([speaker, own]) => partition(own).map((lane, index) => ({ speaker, index, turns: lane })));
}

/**
 * Sorted turns into as few lanes as they need, O(n log n): turns in the order of their ends give their lanes back as
 * time passes, and each new turn takes a free one, the first if it can.
 */
function partition(turns: readonly TextTurn[]): TextTurn[][] {
  const result: TextTurn[][] = [];
  const laneOf = new Int32Array(turns.length);
  const byEnd = turns.map((_, i) => i).sort((a, b) => turns[a].end - turns[b].end);
  const free: number[] = [];
  let firstIsFree = false;
  let ended = 0;
  for (let i = 0; i < turns.length; i++) {
    for (; turns[byEnd[ended]].end <= turns[i].start; ended++) {
      const lane = laneOf[byEnd[ended]];
      if (lane === 0) firstIsFree = true;
      else free.push(lane);
    }
    const lane = firstIsFree ? 0 : (free.pop() ?? result.length);
    if (lane === 0) firstIsFree = false;
    laneOf[i] = lane;
    if (lane === result.length) result.push([turns[i]]);
    else result[lane].push(turns[i]);
  }
  return result;
}
