/**
 * A rising curve through a few points, and how to find it: from raw scores and what came of them, the curve that tells how
 * often a score is right.
 *
 *   what came   1 |        · ··  ___●      equal shares of the weight, sorted by score,
 *               . |   ·   ●─────●          one knot a share at its means (·: observations, ●: knots);
 *               0 |__●· ·  ·               where a knot falls below the one before, both take their mean
 *                    raw score →
 *
 * The mean of neighbours that fall is pool-adjacent-violators, Ayer et al. 1955, "An empirical distribution function for
 * sampling with incomplete information". Shares first, because a curve with a step at every score says more than it knows.
 */
export type MonotoneMap = readonly (readonly [raw: number, value: number])[];

export interface Observation {
  readonly raw: number;
  /** What came of it, 0..1. */
  readonly outcome: number;
  readonly weight: number;
}

/** The rising curve with at most `numKnots` knots that is nearest to the observations. */
export function fitMonotone(
  observations: readonly Observation[],
  { numKnots = 10 }: { readonly numKnots?: number } = {},
): MonotoneMap {
  const counted = observations.filter(({ weight }) => weight > 0).sort((a, b) => a.raw - b.raw);
  const total = counted.reduce((sum, { weight }) => sum + weight, 0);
  if (!(total > 0)) throw new RangeError('Got no observations when a curve needs some.');
  const shares: Pool[] = [];
  let done = 0;
  for (const { raw, outcome, weight } of counted) {
    const share = Math.min(numKnots - 1, Math.floor((numKnots * (done + weight / 2)) / total));
    done += weight;
    shares[share] = pooled(shares[share], { raw: raw * weight, outcome: outcome * weight, weight });
  }
  const rising: Pool[] = [];
  for (const share of shares.filter(Boolean)) {
    let pool = share;
    for (let last = rising.at(-1); last && mean(last) >= mean(pool); last = rising.at(-1)) {
      rising.pop();
      pool = pooled(last, pool);
    }
    rising.push(pool);
  }
  return rising.map((pool) => [pool.raw / pool.weight, mean(pool)] as const);
}

/** The curve at a raw score: straight between knots, level outside. */
export function readMonotone(map: MonotoneMap, raw: number): number {
  const next = map.findIndex(([at]) => at >= raw);
  if (next === -1) return map[map.length - 1][1];
  if (next === 0) return map[0][1];
  const [[from, low], [to, high]] = [map[next - 1], map[next]];
  return low + ((high - low) * (raw - from)) / (to - from);
}

/** Weighted sums of observations that share a knot. */
interface Pool {
  readonly raw: number;
  readonly outcome: number;
  readonly weight: number;
}

function pooled(a: Pool | undefined, b: Pool): Pool {
  if (a === undefined) return b;
  return { raw: a.raw + b.raw, outcome: a.outcome + b.outcome, weight: a.weight + b.weight };
}

function mean({ outcome, weight }: Pool): number {
  return outcome / weight;
}
