import { resample } from '../src/audio/resample.ts';

/** What a telephone leaves of a voice: 300 to 3400 Hz, 8000 samples a second, µ-law (ITU-T G.711), at the old rate again. */
export function telephone(samples: Float32Array, sampleRate: number): Float32Array {
  const narrow = resample(samples, sampleRate, 8000, { kind: 'hq' });
  const companded = lowPass(highPass(narrow, 300, 8000), 3400, 8000).map(muLaw);
  return resample(companded, 8000, sampleRate, { kind: 'hq' }).slice(0, samples.length);
}

/** Through 8 bits and back. */
function muLaw(sample: number): number {
  const mu = 255;
  const compressed = (Math.sign(sample) * Math.log1p(mu * Math.min(1, Math.abs(sample)))) / Math.log1p(mu);
  const level = Math.round(compressed * 127) / 127;
  return (Math.sign(level) * Math.expm1(Math.abs(level) * Math.log1p(mu))) / mu;
}

function highPass(samples: Float32Array, frequency: number, sampleRate: number): Float32Array {
  return biquad(samples, frequency, sampleRate, -1);
}

function lowPass(samples: Float32Array, frequency: number, sampleRate: number): Float32Array {
  return biquad(samples, frequency, sampleRate, 1);
}

/** Second-order Butterworth (R. Bristow-Johnson, Audio EQ Cookbook); `sign` 1 keeps what is low, -1 what is high. */
function biquad(samples: Float32Array, frequency: number, sampleRate: number, sign: 1 | -1): Float32Array {
  const w = (2 * Math.PI * frequency) / sampleRate;
  const alpha = Math.sin(w) * Math.SQRT1_2;
  const a0 = 1 + alpha;
  const b1 = (sign * (1 - sign * Math.cos(w))) / a0;
  const b0 = (sign * b1) / 2;
  const a1 = (-2 * Math.cos(w)) / a0;
  const a2 = (1 - alpha) / a0;
  const out = new Float32Array(samples.length);
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i];
    const y = b0 * x + b1 * x1 + b0 * x2 - a1 * y1 - a2 * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    out[i] = y;
  }
  return out;
}
