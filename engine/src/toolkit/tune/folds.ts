import { shuffled } from './suggest.ts';

/**
 * Recordings dealt out into folds, in an order of chance that the seed decides: each is held out once. Sizes differ by
 * one at most.
 */
export function makeFolds(numRecordings: number, numFolds: number, seed: number): readonly (readonly number[])[] {
  if (!(Number.isInteger(numFolds) && numFolds >= 2))
    throw new RangeError(`Got ${numFolds} folds when a whole number from 2 was expected, or 0 for none.`);
  if (numFolds > numRecordings)
    throw new RangeError(
      `Got ${numFolds} folds when there ${numRecordings === 1 ? 'is 1 recording' : `are ${numRecordings} recordings`}: each fold needs one of its own.`,
    );
  const folds: number[][] = Array.from({ length: numFolds }, () => []);
  shuffled(numRecordings, seed).forEach((recording, i) => {
    folds[i % numFolds].push(recording);
  });
  return folds.map((fold) => fold.sort((a, b) => a - b));
}
