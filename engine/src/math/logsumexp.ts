/**
 * log(Σ exp(x)): adding probabilities that are given as logarithms. The greatest is taken out first, so that no exp
 * overflows and the sum is at least 1. As scipy.special.logsumexp: nothing, or only -Infinity, sums to -Infinity.
 */
export function logSumExp(values: ArrayLike<number>): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (!(values[i] <= max)) max = values[i];
  if (!Number.isFinite(max)) return max;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - max);
  return max + Math.log(sum);
}
