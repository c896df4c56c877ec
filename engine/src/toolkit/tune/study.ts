import type { Signal } from '../../core/signal.ts';
import type { Point, Space } from './space.ts';
import { suggest, type Trial } from './suggest.ts';

/**
 * A search: the starting point first, then what {@link suggest} says, until there are enough trials. Given the trials of
 * a search that was stopped, it goes on where that one would have.
 */
export interface StudyOptions {
  readonly trials?: number;
  readonly seed?: number;
  /** Trials made already, by a search of the same seed and space. */
  readonly history?: readonly Trial[];
  readonly onTrial?: (trial: Trial, index: number) => void;
  readonly signal?: Signal;
}

export interface Study {
  readonly trials: readonly Trial[];
  /** Of equals the earliest, so that the starting point stays unless something is better. */
  readonly best: Trial;
}

export async function runStudy(
  space: Space,
  start: Point,
  lossOf: (point: Point) => Promise<number>,
  { trials: numTrials = 200, seed = 1, history = [], onTrial, signal }: StudyOptions = {},
): Promise<Study> {
  if (!(Number.isInteger(numTrials) && numTrials >= 1))
    throw new RangeError(`Got ${numTrials} trials when a whole number from 1 was expected.`);
  const trials = history.slice(0, numTrials);
  while (trials.length < numTrials) {
    signal?.throwIfAborted();
    const point = trials.length === 0 ? start : suggest(space, trials, { seed });
    const loss = await lossOf(point);
    if (!Number.isFinite(loss))
      throw new RangeError(`Got a score of ${loss} for ${JSON.stringify(point)} when a number was expected.`);
    trials.push({ point, loss });
    onTrial?.(trials[trials.length - 1], trials.length - 1);
  }
  return { trials, best: bestOf(trials) };
}

export function bestOf(trials: readonly Trial[]): Trial {
  return trials.reduce((best, trial) => (trial.loss < best.loss ? trial : best));
}
