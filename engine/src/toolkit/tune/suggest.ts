import { RandomState } from '../../math/random.ts';
import { type Density, parzen, shares } from './parzen.ts';
import { cardinality, type Dimension, fromUnit, type Point, type Space, toUnit } from './space.ts';

/**
 * The next point to try: the tree-structured Parzen estimator (TPE), each parameter on its own. The trials so far are
 * split into the best few and the rest; points are drawn where the best are dense, and the one is taken for which
 *
 *     density of the best / density of the rest
 *
 * is largest. The first few trials are drawn evenly instead. J. Bergstra et al. (NeurIPS 2011), section 4.
 *
 * What comes out depends on the seed, the number of trials so far and their values only. So a run that was stopped goes
 * on, from its list of trials, as though it never had been.
 */
export interface Trial {
  readonly point: Point;
  /** What is to be small. */
  readonly loss: number;
}

export interface SuggestOptions {
  readonly seed?: number;
  /** Trials that are drawn evenly before any are compared. */
  readonly numEven?: number;
}

const NUM_CANDIDATES = 24;
/** The best sixth or so, but never more than 25. */
const SHARE_OF_BEST = 0.15;
const MOST_OF_BEST = 25;

export function suggest(
  space: Space,
  trials: readonly Trial[],
  { seed = 1, numEven = 16 }: SuggestOptions = {},
): Point {
  const random = new RandomState(mixed(seed, trials.length));
  if (trials.length < numEven)
    return pointOf(space, (dimension) => even(dimension, random, { index: trials.length, seed, numEven }));
  const sorted = [...trials].sort((a, b) => a.loss - b.loss); // stable: the earlier of equals first
  const numBest = Math.min(MOST_OF_BEST, Math.ceil(SHARE_OF_BEST * sorted.length));
  return pointOf(space, (dimension) => {
    const units = sorted.map(({ point }) => toUnit(dimension, point[dimension.name]));
    const best = densityOf(dimension, units.slice(0, numBest));
    const rest = densityOf(dimension, units.slice(numBest));
    return mostPromising(best, rest, random);
  });
}

function pointOf(space: Space, unitOf: (dimension: Dimension) => number): Point {
  return Object.fromEntries(space.map((dimension) => [dimension.name, fromUnit(dimension, unitOf(dimension))]));
}

/**
 * One of `numEven` strips of the range in each trial, each strip once: their order follows from seed and name alone (a
 * Latin hypercube, McKay et al. 1979), which covers a range better than so many throws.
 */
function even({ name }: Dimension, random: RandomState, at: { index: number; seed: number; numEven: number }): number {
  const strips = shuffled(at.numEven, mixed(at.seed, nameSeed(name)));
  return (strips[at.index] + random.random()) / at.numEven;
}

function densityOf(dimension: Dimension, units: readonly number[]): Density {
  return dimension.kind === 'choice' ? shares(units, cardinality(dimension)) : parzen(units);
}

function mostPromising(best: Density, rest: Density, random: RandomState): number {
  let chosen = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < NUM_CANDIDATES; i++) {
    const unit = best.draw(random);
    const promise = best.logDensity(unit) - rest.logDensity(unit);
    if (promise > highest) [chosen, highest] = [unit, promise];
  }
  return chosen;
}

/** 0 … n-1 in an order of chance (Fisher and Yates). */
export function shuffled(n: number, seed: number): number[] {
  const random = new RandomState(seed);
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Two whole numbers as one seed; neighbours give seeds far apart. */
export function mixed(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x27d4eb2f);
  return (h ^ (h >>> 13)) >>> 0;
}

function nameSeed(name: string): number {
  let hash = 2166136261;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
  return hash >>> 0;
}
