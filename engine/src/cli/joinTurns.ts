import type { Seconds } from '../core/segment.ts';
import { compareTurns, type Turn } from '../core/turn.ts';

/**
 * Two speakers who turn out to be one talk once where both were heard:
 *
 *     Ada   ████████            0.9 sure
 *     Ada         ██████        0.6
 *     Ada   ████████████        0.9 and 0.6, each for as long as it is
 *
 * Turns that only touch stay as they are, and so do those of all other speakers.
 */
export function joinTurns(turns: readonly Turn[], speakers: ReadonlySet<string>): readonly Turn[] {
  const groups: Turn[][] = [];
  const open = new Map<string, { readonly group: Turn[]; end: Seconds }>();
  for (const turn of turns.toSorted(compareTurns)) {
    const last = open.get(turn.speaker);
    if (last !== undefined && turn.start < last.end) {
      last.group.push(turn);
      last.end = Math.max(last.end, turn.end);
      continue;
    }
    const group = [turn];
    groups.push(group);
    if (speakers.has(turn.speaker)) open.set(turn.speaker, { group, end: turn.end });
  }
  return groups.map(joined).sort(compareTurns);
}

/** Of what else is known of turns, such as their channel, that stays on which they agree. */
function joined(group: readonly Turn[]): Turn {
  if (group.length === 1) return group[0];
  const { start, speaker, end: _, confidence: __, ...rest } = group[0];
  const agreed = Object.entries(rest).filter(([key, value]) =>
    group.every((turn) => turn[key as keyof Turn] === value),
  );
  const end = group.reduce((last, turn) => Math.max(last, turn.end), start);
  return { start, end, speaker, ...sureness(group), ...Object.fromEntries(agreed) };
}

/** The mean of what the turns have, each as heavy as it is long; nothing where one has none. */
function sureness(group: readonly Turn[]): Pick<Turn, 'confidence'> {
  let sum = 0;
  let seconds = 0;
  for (const { start, end, confidence } of group) {
    if (confidence === undefined) return {};
    sum += confidence * (end - start);
    seconds += end - start;
  }
  return { confidence: sum / seconds };
}
