import type { RandomState } from '../../math/random.ts';

/**
 * A density over [0, 1] from points seen: around each a normal curve, cut off at the ends, as wide as the way to its
 * farther neighbour, and one flat curve for what has not been seen. Of choices it is the share of each, plus one for all.
 *
 * J. Bergstra et al., "Algorithms for Hyper-Parameter Optimization" (NeurIPS 2011), section 4, "adaptive Parzen estimator".
 */
export interface Density {
  /** log p(x) */
  logDensity(unit: number): number;
  draw(random: RandomState): number;
}

/** Of numbers. No curve is narrower than a hundredth, nor than a share of the range that shrinks with the points seen. */
export function parzen(points: readonly number[]): Density {
  const centres = [...points].sort((a, b) => a - b);
  const n = centres.length;
  const narrowest = Math.max(0.01, 1 / (2 + 2 * n));
  const widths = centres.map((centre, i) => {
    const before = centre - (centres[i - 1] ?? 0);
    const after = (centres[i + 1] ?? 1) - centre;
    return Math.max(narrowest, Math.min(1, Math.max(before, after)));
  });
  const masses = centres.map((centre, i) => phi((1 - centre) / widths[i]) - phi(-centre / widths[i]));

  return {
    logDensity(unit) {
      let sum = 1; // the flat curve
      for (let i = 0; i < n; i++) {
        const z = (unit - centres[i]) / widths[i];
        sum += Math.exp(-0.5 * z * z) / (widths[i] * Math.sqrt(2 * Math.PI) * masses[i]);
      }
      return Math.log(sum / (n + 1));
    },
    draw(random) {
      const which = Math.floor(random.random() * (n + 1));
      if (which === n) return random.random();
      // At least a third of a curve lies inside, as its centre does and it is no wider than the range.
      for (;;) {
        const unit = centres[which] + widths[which] * normal(random);
        if (unit >= 0 && unit <= 1) return unit;
      }
    },
  };
}

/** Of so many choices, each an equal share of [0, 1]. */
export function shares(points: readonly number[], numChoices: number): Density {
  const counts = new Float64Array(numChoices).fill(1);
  const choiceOf = (unit: number): number => Math.min(numChoices - 1, Math.floor(unit * numChoices));
  for (const point of points) counts[choiceOf(point)]++;
  const total = points.length + numChoices;
  return {
    logDensity: (unit) => Math.log((counts[choiceOf(unit)] * numChoices) / total),
    draw(random) {
      let left = random.random() * total;
      let choice = 0;
      while (choice < numChoices - 1 && left >= counts[choice]) left -= counts[choice++];
      return (choice + 0.5) / numChoices;
    },
  };
}

/** Box and Muller 1958. */
function normal(random: RandomState): number {
  return Math.sqrt(-2 * Math.log(1 - random.random())) * Math.cos(2 * Math.PI * random.random());
}

/** The standard normal distribution; Abramowitz and Stegun 26.2.17, to 7.5e-8. */
export function phi(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)) * poly;
  return x >= 0 ? 1 - tail : tail;
}
