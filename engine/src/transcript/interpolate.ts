import type { Seconds } from '../core/segment.ts';

/**
 * Times for words that have none. Runs of them share the time between their neighbours, or the bounds of their segment,
 * each by its number of characters; at an open end they go at an ordinary pace.
 *
 *     known   |one|                          |four|        times of neighbours
 *     new         |two ..|three ...........|
 */
export interface Timed {
  start: Seconds | undefined;
  end: Seconds | undefined;
  readonly length: number;
  /** Set where a time was made up. */
  interpolated?: true;
}

/** An ordinary pace: 15 characters a second. */
const PACE = 1 / 15;

/** Fills in the missing times of one segment's words. Returns how many words got a time. */
export function interpolateTimes(
  words: readonly Timed[],
  bounds: { readonly start: Seconds | undefined; readonly end: Seconds | undefined; readonly from: Seconds },
): number {
  let filled = 0;
  for (let i = 0; i < words.length; ) {
    const word = words[i];
    if (word.start !== undefined && word.end !== undefined) {
      i++;
      continue;
    }
    // A run of words, from the first whose end or start is missing to the last before a known start.
    let next = i + 1;
    while (next < words.length && words[next].start === undefined && words[next - 1].end === undefined) next++;
    filled += next - i;
    fill(words.slice(i, next), i > 0 ? words[i - 1].end : bounds.start, words[next]?.start ?? bounds.end, bounds.from);
    i = next;
  }
  return filled;
}

function fill(run: readonly Timed[], left: Seconds | undefined, right: Seconds | undefined, from: Seconds): void {
  const total = run.reduce((sum, { length }) => sum + length, 0);
  const natural = total * PACE;
  const lastEnd = run[run.length - 1].end;
  const end = lastEnd ?? right;
  const alone = run.length === 1 && lastEnd !== undefined;
  const start =
    run[0].start ??
    (alone ? Math.max(left ?? from, lastEnd - 2 * natural) : undefined) ??
    left ??
    (end === undefined ? from : Math.max(from, end - natural));
  // A known start and a far end: the word lasts as long as words do, the rest is a pause.
  const free = run[0].start !== undefined && lastEnd === undefined && run.length === 1;
  const until = Math.max(start, end === undefined ? start + natural : free ? Math.min(end, start + 2 * natural) : end);
  let done = 0;
  for (const word of run) {
    // Where times of the source go backward, the one that it gives stays.
    const [given, shared] = [word.start, start + ((until - start) * done) / total];
    word.start ??= word.end === undefined ? shared : Math.min(shared, word.end);
    done += word.length;
    word.end ??= Math.max(start + ((until - start) * done) / total, given ?? 0);
    word.interpolated = true;
  }
}
