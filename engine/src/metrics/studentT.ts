/**
 * How far from 0 a variable with Student's t distribution stays with a given probability: what an interval for the mean
 * of a few values needs. P(|T| ≤ t) = 1 − I_x(df/2, 1/2) with x = df / (df + t²), where I is the regularized incomplete
 * beta function (Abramowitz and Stegun 26.7.1, 26.5.8).
 */

/** t such that P(−t ≤ T ≤ t) is `probability`; SciPy's `t.interval(probability, df)[1]`. */
export function studentTBound(probability: number, df: number): number {
  if (!(probability > 0 && probability < 1)) {
    throw new RangeError(`Got a probability of ${probability} when a number between 0 and 1 was expected.`);
  }
  let low = 0;
  let high = 1;
  while (within(high, df) < probability) high *= 2;
  for (;;) {
    const middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) return middle;
    if (within(middle, df) < probability) low = middle;
    else high = middle;
  }
}

/** P(−t ≤ T ≤ t). */
function within(t: number, df: number): number {
  return 1 - regularizedBeta(df / (df + t * t), 0.5 * df, 0.5);
}

function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The fraction converges fast below the mean of the distribution; above it, turn the sides.
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(x, a, b)) / a;
  return 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** The continued fraction of A&S 26.5.8, from the front by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < tiny ? tiny : d);
  let fraction = d;
  for (let m = 1; m < 1000; m++) {
    for (const step of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 + step * d;
      d = 1 / (Math.abs(d) < tiny ? tiny : d);
      c = 1 + step / c;
      if (Math.abs(c) < tiny) c = tiny;
      fraction *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return fraction;
}

/** log Γ(x), x > 0: Stirling's series (A&S 6.1.41) from 12 up, the recurrence below. Good to 1e-15. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  while (z < 12) shift += Math.log(z++);
  const r = 1 / (z * z);
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - r * (691 / 360360)))))) / z;
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
