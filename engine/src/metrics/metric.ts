import type { Evaluated } from './evaluated.ts';

/**
 * A metric is what it adds up for a file and the rate that follows from the sums. The value of many files is the rate of
 * their summed components, not the mean of their rates: pyannote.metrics 4.2.0 `BaseMetric`.
 */
export interface Metric<Name extends string = string, Input = Evaluated> {
  /** Short and stable: the name in commands, JSON and CSV. */
  readonly id: string;
  /** For people; pyannote.metrics' own name where it has the metric. */
  readonly name: string;
  /** A share in percent, or a plain number. */
  readonly unit: 'percent' | 'number';
  readonly components: readonly Name[];
  measure(file: Input): Components<Name>;
  rate(components: Components<Name>): number;
}

export type Components<Name extends string = string> = Readonly<Record<Name, number>>;

/** The sums over files, of which the rate is the value of all. */
export function sumComponents<Name extends string>(
  { components }: Pick<Metric<Name>, 'components'>,
  files: Iterable<Components<Name>>,
): Components<Name> {
  const sums = Object.fromEntries(components.map((name) => [name, 0])) as Record<Name, number>;
  for (const file of files) for (const name of components) sums[name] += file[name];
  return sums;
}

/** part / whole, where nothing of nothing is `ofNothing` and something of nothing is 1. */
export function ratio(part: number, whole: number, ofNothing: number): number {
  if (whole !== 0) return part / whole;
  return part === 0 ? ofNothing : 1;
}

/** (1 + β²)·P·R / (β²·P + R), 0 when both are. pyannote.metrics 4.2.0 `f_measure`. */
export function fMeasure(precision: number, recall: number, { beta = 1 }: { beta?: number } = {}): number {
  if (precision + recall === 0) return 0;
  return ((1 + beta * beta) * precision * recall) / (beta * beta * precision + recall);
}
