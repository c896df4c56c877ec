import { didYouMean } from '../../core/nearest.ts';
import {
  LINKAGES,
  type ParameterName,
  type Parameters,
  type Pipeline,
  parameterNames,
} from '../../model/parameters.ts';
import type { ChoiceDimension, Dimension, Point, RealDimension, Space } from './space.ts';

/**
 * Which of pyannote's parameters can be tuned from what the networks heard once, and between which bounds. The bounds
 * are wider than any that pyannote.audio 4.0.7 searches where the embedded model needs it; `name=low:high` sets others.
 */
type Range = Omit<RealDimension, 'name'> | Omit<ChoiceDimension, 'name'>;

const RANGES: Readonly<Record<Pipeline, Readonly<Partial<Record<ParameterName, Range>>>>> = {
  'community-1': {
    'clustering.threshold': { kind: 'real', low: 0.3, high: 1.2 },
    'clustering.Fa': { kind: 'real', low: 0.01, high: 0.5, log: true },
    'clustering.Fb': { kind: 'real', low: 0.01, high: 15, log: true },
    'clustering.constrained_assignment': { kind: 'choice', values: [false, true] },
    'segmentation.min_duration_off': { kind: 'real', low: 0, high: 1 },
    'segmentation.min_duration_on': { kind: 'real', low: 0, high: 1 },
  },
  '3.1': {
    'clustering.threshold': { kind: 'real', low: 0.3, high: 1.3 },
    'clustering.min_cluster_size': { kind: 'integer', low: 1, high: 20 },
    'clustering.method': { kind: 'choice', values: LINKAGES },
    'clustering.constrained_assignment': { kind: 'choice', values: [false, true] },
    'segmentation.min_duration_off': { kind: 'real', low: 0, high: 1 },
    'segmentation.min_duration_on': { kind: 'real', low: 0, high: 1 },
  },
};

/** Each value needs the networks again, so there are few. */
const ONSETS: Range = { kind: 'choice', values: [0.3, 0.4, 0.5, 0.6, 0.7] };

/** What is tuned when nothing is named. */
const USUAL: readonly ParameterName[] = [
  'clustering.threshold',
  'clustering.Fa',
  'clustering.Fb',
  'clustering.min_cluster_size',
  'segmentation.min_duration_off',
  'segmentation.threshold',
];

export interface TunableModel {
  readonly pipeline: Pipeline;
  /** The values to start from: the model's. */
  readonly parameters: Parameters;
  /** Whether the segmentation network gives sets of speakers; onset means nothing then. */
  readonly powerset: boolean;
}

/** The space of the named parameters (`name` or `name=low:high`), or of the usual ones. Refuses what can't be tuned. */
export function searchSpace(model: TunableModel, wanted?: readonly string[]): Space {
  const ranges: Partial<Record<ParameterName, Range>> = {
    ...RANGES[model.pipeline],
    ...(model.powerset ? {} : { 'segmentation.threshold': ONSETS }),
  };
  const names = wanted ?? USUAL.filter((name) => ranges[name] !== undefined);
  if (names.length === 0)
    throw new RangeError(`Got no parameters to tune; there are ${Object.keys(ranges).join(', ')}.`);
  const space = names.map((text) => dimensionOf(text, ranges, model));
  const twice = space.find(({ name }, i) => space.findIndex((other) => other.name === name) < i);
  if (twice !== undefined) throw new RangeError(`Got the parameter ${twice.name} twice.`);
  return space;
}

/** Where a search starts: the model's own values. */
export function startOf(space: Space, parameters: Parameters): Point {
  return Object.fromEntries(space.map(({ name }) => [name, parameters[name as ParameterName]]));
}

function dimensionOf(
  text: string,
  ranges: Readonly<Partial<Record<ParameterName, Range>>>,
  { pipeline, parameters, powerset }: TunableModel,
): Dimension {
  const [name, bounds] = text.split('=').map((part) => part.trim()) as [ParameterName, string | undefined];
  const range = ranges[name];
  if (range === undefined) throw new RangeError(refusal(name, Object.keys(ranges), { pipeline, powerset }));
  if (bounds !== undefined) {
    if (range.kind === 'choice')
      throw new RangeError(`Got bounds ${bounds} for ${name}, which is one of ${range.values.join(', ')}.`);
    return withBounds({ ...range, name }, bounds);
  }
  if (range.kind === 'choice') {
    const own = parameters[name];
    return { ...range, name, values: range.values.includes(own) ? range.values : [...range.values, own].sort() };
  }
  // A model's own value is always in reach.
  const own = Number(parameters[name]);
  return { ...range, name, low: Math.min(range.low, own), high: Math.max(range.high, own) };
}

function withBounds(dimension: RealDimension, bounds: string): RealDimension {
  const [low, high, ...rest] = bounds.split(':').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const whole = dimension.kind === 'real' || (Number.isInteger(low) && Number.isInteger(high));
  const positive = dimension.log || dimension.kind === 'integer' ? low > 0 : low >= 0;
  if (rest.length > 0 || !(low < high) || !Number.isFinite(high) || !positive || !whole)
    throw new RangeError(
      `Got the bounds '${bounds}' for ${dimension.name} when two numbers, low:high, were expected, such as ${dimension.low}:${dimension.high}.`,
    );
  return { ...dimension, low, high };
}

function refusal(
  name: string,
  tunable: readonly string[],
  { pipeline, powerset }: Pick<TunableModel, 'pipeline' | 'powerset'>,
): string {
  const can = `It tunes: ${tunable.join(', ')}.`;
  if (name === 'segmentation.threshold' && powerset)
    return `Got segmentation.threshold, which this model has no use for: its network gives sets of speakers, not probabilities. ${can}`;
  if ((parameterNames(pipeline) as readonly string[]).includes(name))
    return `Got ${name}, which changes what the networks hear: try its values with --set, one run each. ${can}`;
  return `The ${pipeline} pipeline has no parameter '${name}' to tune.${didYouMean(name, tunable)} ${can}`;
}
