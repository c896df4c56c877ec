import { powerSpectrum } from '../math/fft.ts';

/**
 * Log-mel filterbank energies as Kaldi computes them: every 10 ms, 25 ms of sound become 80 numbers.
 *
 *   400 samples → minus their mean → pre-emphasis → Hamming → 512-point |FFT|² → 80 mel triangles → log
 *
 * Equals `torchaudio.compliance.kaldi.fbank` 2.11 with the options of WeSpeaker and pyannote.audio 4.0.7 (`compute_fbank`):
 * hamming window, no dither, no energy, 20–8000 Hz, samples scaled by 2¹⁵, snip_edges. The mean of a window or recording
 * is *not* subtracted here: frames lie on one 10 ms grid, so one pass serves every window, and each subtracts its own.
 */

export const FBANK = {
  sampleRate: 16000,
  numBins: 80,
  frameLength: 400,
  frameShift: 160,
} as const;

const FFT_SIZE = 512;
/** Energies below float32's machine epsilon are raised to it, so that silence has a logarithm. */
const FLOOR = 2 ** -23;
const { fround } = Math;
const PREEMPHASIS = fround(0.97);

/** Whole frames in so many samples (`snip_edges`). */
export function numFbankFrames(numSamples: number): number {
  return numSamples < FBANK.frameLength ? 0 : 1 + Math.floor((numSamples - FBANK.frameLength) / FBANK.frameShift);
}

/**
 * Mono 16 kHz samples in [-1, 1] → (frame, bin), `log[frame * 80 + bin]`. Each step is rounded to float32 as torch does,
 * which keeps the embeddings three times nearer to the reference's than float64 would.
 */
export function fbank(samples: Float32Array): Float32Array {
  const numFrames = numFbankFrames(samples.length);
  const out = new Float32Array(numFrames * FBANK.numBins);
  const frame = new Float32Array(FFT_SIZE);
  const power = new Float64Array(FFT_SIZE / 2 + 1);
  for (let index = 0; index < numFrames; index++) {
    const from = index * FBANK.frameShift;
    let sum = 0;
    for (let i = 0; i < FBANK.frameLength; i++) sum += samples[from + i];
    const mean = fround((sum * SCALE) / FBANK.frameLength);
    let previous = fround(samples[from] * SCALE - mean);
    for (let i = 0; i < FBANK.frameLength; i++) {
      const sample = fround(samples[from + i] * SCALE - mean);
      frame[i] = fround(sample - fround(PREEMPHASIS * previous)) * WINDOW[i];
      previous = sample;
    }
    powerSpectrum(frame, power);
    const row = index * FBANK.numBins;
    for (let bin = 0; bin < FBANK.numBins; bin++) {
      let energy = 0;
      const { first, weights } = MEL[bin];
      for (let i = 0; i < weights.length; i++) energy += weights[i] * power[first + i];
      out[row + bin] = Math.log(Math.max(energy, FLOOR));
    }
  }
  return out;
}

/** Samples are 16-bit integers to Kaldi. */
const SCALE = 32768;

/** Hamming. */
const WINDOW = Float32Array.from(
  { length: FBANK.frameLength },
  (_, i) => 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / (FBANK.frameLength - 1)),
);

interface Triangle {
  /** FFT bin of the first weight. */
  readonly first: number;
  readonly weights: Float32Array;
}

/**
 * Triangles whose sides are straight in mel (not in Hz), between 20 Hz and the Nyquist frequency. In float32 as torchaudio
 * computes them: a mel is a number in the thousands, so the rounding of the sides is what differs most from float64.
 */
const MEL: readonly Triangle[] = (() => {
  const mel = (hertz: number): number => 1127 * Math.log(1 + hertz / 700);
  const mel32 = (hertz: number): number => fround(1127 * fround(Math.log(fround(1 + fround(hertz / 700)))));
  const low = mel(20);
  const step = (mel(FBANK.sampleRate / 2) - low) / (FBANK.numBins + 1);
  const side = (index: number): number => fround(fround(low) + fround(index * fround(step)));
  return Array.from({ length: FBANK.numBins }, (_, bin) => {
    const [left, centre, right] = [side(bin), side(bin + 1), side(bin + 2)];
    const weights: number[] = [];
    let first = -1;
    for (let i = 0; i < FFT_SIZE / 2; i++) {
      const at = mel32((i * FBANK.sampleRate) / FFT_SIZE);
      const up = fround(fround(at - left) / fround(centre - left));
      const down = fround(fround(right - at) / fround(right - centre));
      const weight = Math.min(up, down);
      if (weight <= 0) continue;
      if (first < 0) first = i;
      weights.push(weight);
    }
    return { first, weights: Float32Array.from(weights) };
  });
})();

/** Subtracts each bin's mean over all frames; returns new numbers. */
export function centre(frames: Float32Array, numBins: number = FBANK.numBins): Float32Array {
  const numFrames = frames.length / numBins;
  const mean = new Float64Array(numBins);
  for (let i = 0, bin = 0; i < frames.length; i++, bin = bin + 1 === numBins ? 0 : bin + 1) mean[bin] += frames[i];
  for (let bin = 0; bin < numBins; bin++) mean[bin] /= numFrames;
  const centred = new Float32Array(frames.length);
  for (let i = 0, bin = 0; i < frames.length; i++, bin = bin + 1 === numBins ? 0 : bin + 1)
    centred[i] = frames[i] - mean[bin];
  return centred;
}
