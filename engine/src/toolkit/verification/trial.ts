/** Two recordings compared: how alike they were found, and whether one person speaks in both. */
export interface Trial {
  /** Greater is more alike. */
  readonly score: number;
  readonly target: boolean;
}

/** Both kinds of trial are needed to say anything of errors, and every score must be a number. */
export function checkTrials(trials: readonly Trial[]): { readonly numTargets: number; readonly numOthers: number } {
  let numTargets = 0;
  for (const [index, { score, target }] of trials.entries()) {
    if (!Number.isFinite(score)) throw new RangeError(`Got a score of ${score} in trial ${index + 1}.`);
    if (target) numTargets++;
  }
  const numOthers = trials.length - numTargets;
  if (numTargets === 0 || numOthers === 0)
    throw new RangeError(
      `Got ${numTargets} trials of one speaker and ${numOthers} of two; at least one of each is needed.`,
    );
  return { numTargets, numOthers };
}
