import { RealFft } from '../math/fft.ts';
import { levelOf } from './channelStatistics.ts';
import { type ChannelStretch, MAX_LAG, STRETCH_START, WINDOW, WINDOWS_PER_STRETCH } from './windows.ts';

/**
 * What is remembered of each pair of channels (x before y). Twice a stretch is looked at:
 *
 * 1. The lag. The stretch's cross-spectrum, whitened by |G|^0.7 (between the plain correlation and PHAT; Knapp and Carter
 *    1976), gives a correlation over lags up to 100 ms; a decaying sum over stretches has its peak at the lag, and follows
 *    clocks that drift.
 * 2. How much of each window of y is x. At that lag y is regressed on five neighbouring samples of x, which allows for
 *    gain, sign, delays between samples and a mild filter:
 *
 *        y[n + lag] ≈ Σ_k h[k] x[n − k],  k = −2…2       explained = R² = cᵀ A⁻¹ c / Σ y²
 *
 * The windows are counted by the levels of x and y and by R²; that is all that verdicts need. 25 kB a pair.
 */
export interface PairStatistics {
  add(stretch: ChannelStretch): void;
  /** Counts of windows of the pair x < y: `counts[(levelX * NUM_STEPS + levelY) * NUM_R2 + r2]`. */
  counts(x: number, y: number): Uint32Array;
  /** Windows of a channel by its level and by the largest R² from any channel that is louder by LOUDER or more. */
  explained(channel: number): Uint32Array;
  /** Energy of the channel that came from each other, by channel. */
  sources(channel: number): Float64Array;
  relation(x: number, y: number): PairSummary;
}

export interface PairSummary {
  /** Samples at ANALYSIS_RATE that y comes after x. */
  readonly lag: number;
  /** Of the energy of y in windows where at least half is explained, the share that is explained. */
  readonly similarity: number;
  /** Energy of x in y over that of x, in decibels; NaN where x is never heard in y. */
  readonly gainDb: number;
  readonly inverted: boolean;
  /** Windows in which x is heard in a softer y; y in a softer x; and where both are about as loud. */
  readonly numIntoY: number;
  readonly numIntoX: number;
  readonly numEven: number;
  /** Of these the level of the softer over the louder, in decibels; NaN where there are none. */
  readonly intoYDb: number;
  readonly intoXDb: number;
}

/** Levels in steps of 3 dB here, from −99 to 0 dBFS. */
export const NUM_STEPS = 34;
export const STEP_DB = 3;
/** Lower bounds of R². */
export const R2_BOUNDS: readonly number[] = [0, 0.15, 0.3, 0.5, 0.7, 0.9];
export const NUM_R2 = 6;
/** A source of bleed is louder by as many decibels. */
const LOUDER = 5;

const NUM_TAPS = 5;
const HALF = 2;
const FORGET = 0.85;
const FFT_SIZE = WINDOW + 2 * MAX_LAG;

export function stepOf(level: number): number {
  return Math.min(NUM_STEPS - 1, Math.floor(level / STEP_DB));
}

export function pairStatistics(numChannels: number): PairStatistics {
  const numPairs = (numChannels * (numChannels - 1)) / 2;
  const size = NUM_STEPS * NUM_STEPS * NUM_R2;
  const all = Array.from({ length: numPairs }, () => new Uint32Array(size));
  const explained = Array.from({ length: numChannels }, () => new Uint32Array(NUM_STEPS * NUM_R2));
  const sources = Array.from({ length: numChannels }, () => new Float64Array(numChannels));
  const byLag = Array.from({ length: numPairs }, () => new Float64Array(2 * MAX_LAG + 1));
  const lags = new Int32Array(numPairs);
  const heard = new Float64Array(numPairs); // Σ R² y² where R² ≥ 0.5
  const ofY = new Float64Array(numPairs); // Σ y² there
  const ofX = new Float64Array(numPairs); // Σ x² there
  const sign = new Float64Array(numPairs); // Σ x y there
  // The same by direction, (pair, direction): x in a softer y, y in a softer x, even
  const numHeard = new Uint32Array(3 * numPairs);
  const softer = new Float64Array(3 * numPairs);
  const louder = new Float64Array(3 * numPairs);

  const fft = new RealFft(FFT_SIZE);
  const { numBins } = fft;
  const zeroPadded = new Float32Array(FFT_SIZE);
  const spectra = Array.from({ length: numChannels }, () =>
    Array.from({ length: 4 }, () => new Float64Array(numBins * WINDOWS_PER_STRETCH)),
  );
  const real = new Float64Array(numBins);
  const imaginary = new Float64Array(numBins);
  const correlation = new Float64Array(FFT_SIZE);
  const models = Array.from({ length: numChannels }, () => new Float64Array(WINDOWS_PER_STRETCH * NUM_TAPS * NUM_TAPS));
  const energies = Array.from({ length: numChannels }, () => new Float64Array(WINDOWS_PER_STRETCH));
  const best = new Float64Array(numChannels * WINDOWS_PER_STRETCH);
  const cross = new Float64Array(NUM_TAPS);

  function add(stretch: ChannelStretch): void {
    if (numPairs === 0) return;
    const { samples, numWindows } = stretch;
    for (let c = 0; c < numChannels; c++) prepare(samples[c], c, numWindows);
    best.fill(0);
    for (let x = 0, pair = 0; x < numChannels; x++) {
      for (let y = x + 1; y < numChannels; y++, pair++) {
        findLag(x, y, pair, numWindows);
        for (let w = 0; w < numWindows; w++) compare(samples, x, y, pair, w);
      }
    }
    for (let c = 0; c < numChannels; c++)
      for (let w = 0; w < numWindows; w++)
        explained[c][stepOf(levelOf(energies[c][w])) * NUM_R2 + binOf(best[c * WINDOWS_PER_STRETCH + w])]++;
  }

  /** Spectra of the windows alone and with what surrounds them, energies, and the regression's matrix, factored. */
  function prepare(channel: Float32Array, c: number, numWindows: number): void {
    const [aloneReal, aloneImaginary, aroundReal, aroundImaginary] = spectra[c];
    for (let w = 0; w < numWindows; w++) {
      const from = STRETCH_START + w * WINDOW;
      const bins = [w * numBins, (w + 1) * numBins] as const;
      zeroPadded.fill(0);
      zeroPadded.set(channel.subarray(from, from + WINDOW));
      fft.forward(zeroPadded, aloneReal.subarray(...bins), aloneImaginary.subarray(...bins));
      fft.forward(
        channel.subarray(from - MAX_LAG, from - MAX_LAG + FFT_SIZE),
        aroundReal.subarray(...bins),
        aroundImaginary.subarray(...bins),
      );
      const matrix = models[c].subarray(w * NUM_TAPS * NUM_TAPS, (w + 1) * NUM_TAPS * NUM_TAPS);
      for (let j = 0; j < NUM_TAPS; j++)
        for (let k = 0; k <= j; k++) matrix[j * NUM_TAPS + k] = dot(channel, from + HALF - j, channel, from + HALF - k);
      energies[c][w] = matrix[HALF * NUM_TAPS + HALF];
      factor(matrix);
    }
  }

  function findLag(x: number, y: number, pair: number, numWindows: number): void {
    const [xReal, xImaginary] = spectra[x];
    const [, , yReal, yImaginary] = spectra[y];
    for (let k = 0; k < numBins; k++) {
      let re = 0;
      let im = 0;
      for (let at = k; at < numWindows * numBins; at += numBins) {
        re += xReal[at] * yReal[at] + xImaginary[at] * yImaginary[at];
        im += xReal[at] * yImaginary[at] - xImaginary[at] * yReal[at];
      }
      const weight = (re * re + im * im + 1e-30) ** -0.35; // |G|^-0.7
      real[k] = re * weight;
      imaginary[k] = im * weight;
    }
    fft.inverse(real, imaginary, correlation);
    const sums = byLag[pair];
    let peak = -1;
    for (let i = 0; i <= 2 * MAX_LAG; i++) {
      sums[i] = FORGET * sums[i] + correlation[i];
      if (Math.abs(sums[i]) > peak) {
        peak = Math.abs(sums[i]);
        lags[pair] = i - MAX_LAG;
      }
    }
  }

  function compare(samples: readonly Float32Array[], x: number, y: number, pair: number, w: number): void {
    const from = STRETCH_START + w * WINDOW;
    const at = from + lags[pair];
    const [a, b] = [samples[x], samples[y]];
    const energyX = energies[x][w];
    const energyY = dot(b, at, b, at);
    let r2 = 0;
    if (energyX > 1e-9 && energyY > 1e-9) {
      for (let k = 0; k < NUM_TAPS; k++) cross[k] = dot(a, from + HALF - k, b, at);
      const middle = cross[HALF];
      const matrix = models[x].subarray(w * NUM_TAPS * NUM_TAPS, (w + 1) * NUM_TAPS * NUM_TAPS);
      r2 = Math.max(0, Math.min(1, quadratic(matrix, cross) / energyY));
      if (r2 >= 0.5) {
        heard[pair] += r2 * energyY;
        ofY[pair] += energyY;
        ofX[pair] += energyX;
        sign[pair] += middle;
      }
      const difference = 10 * Math.log10(energyX / energyY);
      if (difference >= LOUDER) explain(y, x, w, r2, energyY);
      else if (difference <= -LOUDER) explain(x, y, w, r2, energyX);
      if (r2 >= 0.5) {
        const direction = 3 * pair + (difference >= LOUDER ? 0 : difference <= -LOUDER ? 1 : 2);
        numHeard[direction]++;
        softer[direction] += r2 * Math.min(energyX, energyY);
        louder[direction] += Math.max(energyX, energyY);
      }
    }
    const level = stepOf(levelOf(energyX)) * NUM_STEPS + stepOf(levelOf(energyY));
    all[pair][level * NUM_R2 + binOf(r2)]++;
  }

  function explain(channel: number, by: number, w: number, r2: number, energy: number): void {
    const at = channel * WINDOWS_PER_STRETCH + w;
    if (r2 > best[at]) best[at] = r2;
    if (r2 >= 0.5) sources[channel][by] += r2 * energy;
  }

  const pairOf = (x: number, y: number): number => x * numChannels - (x * (x + 1)) / 2 + y - x - 1;
  return {
    add,
    counts: (x, y) => all[pairOf(x, y)],
    explained: (channel) => explained[channel],
    sources: (channel) => sources[channel],
    relation: (x, y) => {
      const pair = pairOf(x, y);
      return {
        lag: lags[pair],
        similarity: ofY[pair] > 0 ? heard[pair] / ofY[pair] : 0,
        gainDb: ofX[pair] > 0 ? 10 * Math.log10(heard[pair] / ofX[pair]) : Number.NaN,
        inverted: sign[pair] < 0,
        numIntoY: numHeard[3 * pair],
        numIntoX: numHeard[3 * pair + 1],
        numEven: numHeard[3 * pair + 2],
        intoYDb: 10 * Math.log10(softer[3 * pair] / louder[3 * pair]),
        intoXDb: 10 * Math.log10(softer[3 * pair + 1] / louder[3 * pair + 1]),
      };
    },
  };
}

function dot(a: Float32Array, fromA: number, b: Float32Array, fromB: number): number {
  let sum = 0;
  for (let i = 0; i < WINDOW; i++) sum += a[fromA + i] * b[fromB + i];
  return sum;
}

function binOf(r2: number): number {
  let bin = NUM_R2 - 1;
  while (r2 < R2_BOUNDS[bin]) bin--;
  return bin;
}

/** Cholesky in place, lower triangle, with a ridge of a millionth so that tones and silence are no exception. */
function factor(matrix: Float64Array): void {
  const ridge = 1e-6 * matrix[0] + 1e-12;
  for (let j = 0; j < NUM_TAPS; j++) matrix[j * NUM_TAPS + j] += ridge;
  for (let j = 0; j < NUM_TAPS; j++) {
    for (let k = 0; k <= j; k++) {
      let sum = matrix[j * NUM_TAPS + k];
      for (let i = 0; i < k; i++) sum -= matrix[j * NUM_TAPS + i] * matrix[k * NUM_TAPS + i];
      matrix[j * NUM_TAPS + k] = j === k ? Math.sqrt(Math.max(sum, ridge * 1e-3)) : sum / matrix[k * NUM_TAPS + k];
    }
  }
}

/** cᵀ A⁻¹ c by the factor of A. Changes c. */
function quadratic(factored: Float64Array, c: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < NUM_TAPS; j++) {
    for (let k = 0; k < j; k++) c[j] -= factored[j * NUM_TAPS + k] * c[k];
    c[j] /= factored[j * NUM_TAPS + j];
    sum += c[j] * c[j];
  }
  return sum;
}
