import type { Signal } from '../../core/signal.ts';
import { cardinality, fromUnit, type Point, type Space, toUnit, type Value } from './space.ts';

/**
 * How the score changes with one parameter while the others stay at the best point found: flat curves say that a
 * parameter matters little, jagged ones that its best value is luck.
 */
export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly value: Value; readonly loss: number }[];
}

const MOST_POINTS = 21;

export async function curvesAt(
  space: Space,
  best: Point,
  lossOf: (point: Point) => Promise<number>,
  { signal }: { readonly signal?: Signal } = {},
): Promise<Curve[]> {
  const curves: Curve[] = [];
  for (const dimension of space) {
    const size = Math.min(MOST_POINTS, cardinality(dimension));
    const last = dimension.kind === 'real' ? size - 1 : size;
    const units = Array.from({ length: size }, (_, i) => (dimension.kind === 'real' ? i : i + 0.5) / last);
    const unit = toUnit(dimension, best[dimension.name]);
    const values = new Set([...units, unit].sort((a, b) => a - b).map((at) => fromUnit(dimension, at)));
    const points: { value: Value; loss: number }[] = [];
    for (const value of values) {
      signal?.throwIfAborted();
      points.push({ value, loss: await lossOf({ ...best, [dimension.name]: value }) });
    }
    curves.push({ name: dimension.name, points });
  }
  return curves;
}
