/**
 * What an optimiser may choose: a box of named numbers and choices. Inside, every dimension is a number from 0 to 1, so
 * that a threshold, a logarithmic weight and a cluster size are all alike to it:
 *
 *     real     low ├──────────────┤ high      linear or logarithmic
 *     integer  the same, each whole number an equal share
 *     choice   one of a list, each an equal share
 */
export type Value = number | string | boolean;

/** A point of a space: a value for each of its names. */
export type Point = Readonly<Record<string, Value>>;

export type Dimension = RealDimension | ChoiceDimension;

export interface RealDimension {
  readonly kind: 'real' | 'integer';
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** Where a factor matters and not a difference. */
  readonly log?: boolean;
}

export interface ChoiceDimension {
  readonly kind: 'choice';
  readonly name: string;
  readonly values: readonly Value[];
}

export type Space = readonly Dimension[];

/** How many values a dimension has that are different; Infinity for real ones. */
export function cardinality(dimension: Dimension): number {
  if (dimension.kind === 'choice') return dimension.values.length;
  return dimension.kind === 'integer' ? dimension.high - dimension.low + 1 : Number.POSITIVE_INFINITY;
}

/** A value as a number from 0 to 1; of integers and choices the middle of their share. Outside the range: its end. */
export function toUnit(dimension: Dimension, value: Value): number {
  if (dimension.kind === 'choice') {
    const index = dimension.values.indexOf(value);
    if (index < 0)
      throw new RangeError(`Got ${dimension.name}=${value} when one of ${dimension.values.join(', ')} was expected.`);
    return (index + 0.5) / dimension.values.length;
  }
  const { kind, low, high, log } = dimension;
  const number = Number(value);
  if (!Number.isFinite(number)) throw new RangeError(`Got ${dimension.name}=${value} when a number was expected.`);
  if (kind === 'integer') return clamp((number - low + 0.5) / (high - low + 1));
  return clamp(log ? Math.log(number / low) / Math.log(high / low) : (number - low) / (high - low));
}

/** The value at a place from 0 to 1. */
export function fromUnit(dimension: Dimension, unit: number): Value {
  const at = clamp(unit);
  if (dimension.kind === 'choice') return dimension.values[share(at, dimension.values.length)];
  const { kind, low, high, log } = dimension;
  if (kind === 'integer') return low + share(at, high - low + 1);
  // Five digits are more than any tuning set can tell apart, and can be read aloud.
  return Number((log ? low * (high / low) ** at : low + at * (high - low)).toPrecision(5));
}

function share(unit: number, size: number): number {
  return Math.min(size - 1, Math.floor(unit * size));
}

function clamp(unit: number): number {
  return Math.max(0, Math.min(1, unit));
}
