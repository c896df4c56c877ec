import type { Observation } from '../src/math/monotone.ts';

/** Scores in bins, and what came of them: a reliability diagram's numbers (DeGroot & Fienberg 1983). */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
  /** Means over the bin; 0 where it is empty. */
  readonly score: number;
  readonly outcome: number;
}

const EDGES = [0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];

export function reliability(observations: readonly Observation[]): ReliabilityBin[] {
  return EDGES.slice(1).map((to, i) => {
    const from = EDGES[i];
    const own = observations.filter(({ raw }) => raw >= from && (raw < to || to === 1));
    const weight = own.reduce((sum, one) => sum + one.weight, 0);
    const mean = (of: 'raw' | 'outcome'): number =>
      weight === 0 ? 0 : own.reduce((sum, one) => sum + one.weight * one[of], 0) / weight;
    return { from, to, weight, score: mean('raw'), outcome: mean('outcome') };
  });
}

/** How far scores and what came of them are apart, over the bins by their weight (expected calibration error). */
export function calibrationError(observations: readonly Observation[]): number {
  const bins = reliability(observations);
  const total = bins.reduce((sum, { weight }) => sum + weight, 0);
  return bins.reduce((sum, { weight, score, outcome }) => sum + weight * Math.abs(score - outcome), 0) / total;
}
