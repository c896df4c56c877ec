import { RandomState } from '../math/random.ts';
import { type Components, type Metric, sumComponents } from './metric.ts';
import { studentTBound } from './studentT.ts';

/**
 * How far a score would move with other files of the same kind.
 *
 *     bootstrap   files are drawn anew with replacement, many times; the middle 90 % of the resulting totals
 *     bayesian    the mean of the files' rates with its t interval: `BaseMetric.confidence_interval` of pyannote.metrics
 *                 4.2.0, which is SciPy 1.17 `bayes_mvs`. Its centre is the mean of rates, not the total.
 */
export interface Interval {
  readonly center: number;
  readonly low: number;
  readonly high: number;
}

export interface ConfidenceOptions {
  /** The share of cases that the interval holds, 0.9 as pyannote's `alpha`. */
  readonly confidence?: number;
}

export interface BootstrapOptions extends ConfidenceOptions {
  readonly draws?: number;
  readonly seed?: number;
}

/** B. Efron (1979), percentile interval, over files. The same seed gives the same interval. */
export function bootstrapInterval<Name extends string>(
  metric: Pick<Metric<Name>, 'components' | 'rate'>,
  files: readonly Components<Name>[],
  { confidence = 0.9, draws = 2000, seed = 0 }: BootstrapOptions = {},
): Interval {
  if (!(confidence > 0 && confidence < 1))
    throw new RangeError(`Got a confidence of ${confidence} when a number between 0 and 1 was expected.`);
  if (!(Number.isInteger(draws) && draws >= 1))
    throw new RangeError(`Got ${draws} draws when a whole number from 1 was expected.`);
  const center = metric.rate(sumComponents(metric, files));
  if (files.length < 2) return { center, low: center, high: center };
  const random = new RandomState(seed);
  const values = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    const drawn = files.map(() => files[Math.floor(random.random() * files.length)]);
    values[draw] = metric.rate(sumComponents(metric, drawn));
  }
  values.sort();
  const tail = 0.5 * (1 - confidence);
  return { center, low: quantile(values, tail), high: quantile(values, 1 - tail) };
}

/**
 * Of the files' rates. One file alone has no width. Above 1,000 files SciPy takes the normal distribution for the t
 * distribution, which narrows the interval by less than a thousandth; here it stays t.
 */
export function bayesianInterval(rates: readonly number[], { confidence = 0.9 }: ConfidenceOptions = {}): Interval {
  const n = rates.length;
  if (n === 0) throw new RangeError('Got no files when an interval needs some.');
  const center = rates.reduce((sum, rate) => sum + rate, 0) / n;
  if (n === 1) return { center, low: center, high: center };
  const variance = rates.reduce((sum, rate) => sum + (rate - center) ** 2, 0) / n;
  const half = studentTBound(confidence, n - 1) * Math.sqrt(variance / (n - 1));
  return { center, low: center - half, high: center + half };
}

/** Between the two nearest of sorted values, as `np.quantile` does. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
