// Seconds shared by each two labels, by counting instead of pair by pair: at every moment labels i and j share
// count(i)·count(j), where count is how many turns of the label are on. For annotations whose turns overlap in heaps:
// 100,000 turns over each other make 10¹⁰ pairs. Time: a sort, then each start or end visits the labels on at that moment.

import type { Seconds, Segment } from './segment.ts';

/** Turns as times and numbered labels, in order of start. */
export interface LabelledTurns {
  readonly turns: readonly Segment[];
  /** For each turn, its label's number. */
  readonly labels: Int32Array;
}

/** Seconds shared by a label of one side and a label of the other. */
export interface Cell {
  readonly row: number;
  readonly column: number;
  seconds: Seconds;
}

/** How many pairs of turns overlap: those begun before a turn ends less those ended when it starts. n·log n. */
export function countPairs(a: readonly Segment[], b: readonly Segment[]): number {
  const starts = Float64Array.from(b, ({ start }) => start).sort();
  const ends = Float64Array.from(b, ({ end }) => end).sort();
  const ownStarts = Float64Array.from(a, ({ start }) => start).sort();
  const ownEnds = Float64Array.from(a, ({ end }) => end).sort();
  let begun = 0;
  let ended = 0;
  let pairs = 0;
  for (let i = 0; i < a.length; i++) {
    while (begun < starts.length && starts[begun] < ownEnds[i]) begun++;
    while (ended < ends.length && ends[ended] <= ownStarts[i]) ended++;
    pairs += begun - ended;
  }
  return pairs;
}

/** The cells of two sides that share time. */
export function countedCells(a: LabelledTurns, b: LabelledTurns): Cell[] {
  const numA = a.turns.length;
  const times = Float64Array.from([...a.turns, ...b.turns].flatMap(({ start, end }) => [start, end]));
  const order = Uint32Array.from(times, (_, i) => i).sort((x, y) => times[x] - times[y]);
  const on = [new Map<number, number>(), new Map<number, number>()]; // of each side, the labels that are on, and how often
  const cells = new Map<string, Cell & { since: Seconds }>();
  for (const event of order) {
    const turn = event >> 1;
    const side = turn < numA ? 0 : 1;
    const label = side === 0 ? a.labels[turn] : b.labels[turn - numA];
    const count = on[side].get(label) ?? 0;
    const t = times[event];
    for (const [other, otherCount] of on[1 - side]) {
      const [row, column] = side === 0 ? [label, other] : [other, label];
      const key = `${row} ${column}`;
      const cell = cells.get(key);
      if (cell === undefined) cells.set(key, { row, column, seconds: 0, since: t });
      else {
        cell.seconds += count * otherCount * (t - cell.since);
        cell.since = t;
      }
    }
    const next = count + (event % 2 === 0 ? 1 : -1);
    if (next === 0) on[side].delete(label);
    else on[side].set(label, next);
  }
  return [...cells.values()].map(({ row, column, seconds }) => ({ row, column, seconds }));
}
