import type { PolyphaseKernel } from './polyphase.ts';

/**
 * A windowed sinc with a Kaiser window, for listening quality: with 96 zero crossings a side and β = 12.3 the band
 * up to 0.92 of the lower Nyquist frequency passes unchanged and everything above that frequency is at least 110 dB down.
 * Kaiser's own formulas (Kaiser & Schafer 1980): attenuation A = β / 0.1102 + 8.7 ≈ 120 dB; transition width
 * (A − 7.95) / (14.36 · 96) ≈ 0.08 of Nyquist, laid around the cutoff at 0.96.
 */
const ZERO_CROSSINGS = 96;
const BETA = 12.3;
const CUTOFF = 0.96;

export function kaiserKernel(from: number, to: number): PolyphaseKernel {
  const cutoff = CUTOFF * Math.min(1, to / from); // of the input's Nyquist frequency
  const width = Math.ceil(ZERO_CROSSINGS / cutoff);
  const norm = 1 / besselI0(BETA);
  return {
    from,
    to,
    maxTaps: 2 * width + 2,
    phase(phase, out) {
      const center = (phase * from) / to;
      const low = Math.ceil(center - width);
      const high = Math.floor(center + width);
      let sum = 0;
      for (let k = low; k <= high; k++) {
        const x = (k - center) / width;
        const t = Math.PI * cutoff * (k - center);
        const sinc = t === 0 ? 1 : Math.sin(t) / t;
        sum += out[k - low] = cutoff * sinc * besselI0(BETA * Math.sqrt(Math.max(0, 1 - x * x))) * norm;
      }
      for (let k = 0; k <= high - low; k++) out[k] /= sum; // every phase has gain 1 at 0 Hz
      return { first: low, numTaps: high - low + 1 };
    },
    outputLength: (numInput) => Math.ceil((to * numInput) / from),
  };
}

/** The modified Bessel function of order 0 by its power series; 50 terms are enough up to x = 20. */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 50; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}
