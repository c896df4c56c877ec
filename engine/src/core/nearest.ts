/**
 * The known name that a mistyped one was probably meant to be: least edit distance (insert, delete, replace, swap of
 * two neighbours; Damerau 1964, Levenshtein 1966), and near enough that showing it helps. Case is ignored.
 */

/** Edits between two words. O(a·b), which is nothing for names. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const here = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      here[column] = Math.min(above[column] + 1, here[column - 1] + 1, above[column - 1] + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) here[column] = Math.min(here[column], before[column - 2] + 1);
    }
    before = above;
    above = here;
  }
  return above[b.length];
}

/** The nearest of `known` to `name`, or undefined where none is near: over a third of the letters would change. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const full = candidate.toLowerCase();
    // 'threshold' for 'clustering.threshold' is a missing prefix, 'silero' for 'silero-vad' a missing end: one mistake.
    const tail = full.slice(full.lastIndexOf('.') + 1);
    const begun = wanted.length >= 3 && full.startsWith(wanted);
    const distance = Math.min(editDistance(wanted, full), editDistance(wanted, tail) + 0.5, begun ? 1 : Infinity);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return least <= Math.max(1.5, name.length / 3) ? best : undefined;
}

/** ` Did you mean 'x'?`, or nothing: the end of a sentence that refuses a name. */
export function didYouMean(name: string, known: readonly string[]): string {
  const guess = nearest(name, known);
  return guess === undefined ? '' : ` Did you mean '${guess}'?`;
}
