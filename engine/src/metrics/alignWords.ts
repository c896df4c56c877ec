/**
 * The fewest insertions, deletions and substitutions that make the hypothesis' words of the reference's (Levenshtein
 * 1966). Of equally good alignments the one that, read from the end, prefers an insertion, then a deletion: the choice
 * of diarizationlm 0.1.5. Time is reference × hypothesis words.
 *
 * Memory is not: of the table only every √n-th row is kept; the way back fills in the rows between, one block at a time.
 */
export interface Edits {
  readonly insertions: number;
  readonly deletions: number;
  readonly substitutions: number;
}

/** How many edits it takes. Two rows of memory. */
export function editDistance(reference: Int32Array, hypothesis: Int32Array): number {
  const row = firstRow(hypothesis.length);
  for (let i = 0; i < reference.length; i++) nextRow(row, reference[i], hypothesis, i + 1);
  return row[hypothesis.length];
}

/**
 * Calls `visit` for each step of the alignment from the end to the beginning: with the places of two words that stand
 * for each other, or -1 for the side that has none.
 */
export function forEachAligned(
  reference: Int32Array,
  hypothesis: Int32Array,
  visit: (referenceAt: number, hypothesisAt: number) => void,
): void {
  const n = reference.length;
  const m = hypothesis.length;
  const step = Math.max(1, Math.ceil(Math.sqrt(n)));
  const kept: Int32Array[] = []; // rows 0, step, 2·step, …
  const row = firstRow(m);
  for (let i = 0; i < n; i++) {
    if (i % step === 0) kept.push(row.slice());
    nextRow(row, reference[i], hypothesis, i + 1);
  }

  let j = m;
  for (let to = n; to > 0; ) {
    const from = Math.floor((to - 1) / step) * step;
    const rows = [kept[from / step]];
    for (let i = from; i < to; i++) {
      const next = rows[i - from].slice();
      nextRow(next, reference[i], hypothesis, i + 1);
      rows.push(next);
    }
    let i = to;
    while (i > from) {
      const here = rows[i - from];
      const above = rows[i - from - 1];
      if (j > 0 && here[j] === here[j - 1] + 1) visit(-1, --j);
      else if (here[j] === above[j] + 1) visit(--i, -1);
      else visit(--i, --j);
    }
    to = from;
  }
  while (j > 0) visit(-1, --j);
}

/** The kinds of edits of the alignment above. */
export function countEdits(reference: Int32Array, hypothesis: Int32Array): Edits {
  let insertions = 0;
  let deletions = 0;
  let substitutions = 0;
  forEachAligned(reference, hypothesis, (i, j) => {
    if (i < 0) insertions++;
    else if (j < 0) deletions++;
    else if (reference[i] !== hypothesis[j]) substitutions++;
  });
  return { insertions, deletions, substitutions };
}

function firstRow(length: number): Int32Array {
  return Int32Array.from({ length: length + 1 }, (_, j) => j);
}

/** Turns row i - 1 of the table of distances into row i, for one more reference word. */
function nextRow(row: Int32Array, word: number, hypothesis: Int32Array, i: number): void {
  let diagonal = row[0];
  let left = (row[0] = i);
  for (let j = 1; j < row.length; j++) {
    const above = row[j];
    let least = hypothesis[j - 1] === word ? diagonal : diagonal + 1;
    if (above < least) least = above + 1;
    if (left < least) least = left + 1;
    diagonal = above;
    row[j] = left = least;
  }
}
