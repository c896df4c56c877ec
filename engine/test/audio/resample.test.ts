import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mixdown } from '../../src/audio/mixdown.ts';
import { createResampler, resample } from '../../src/audio/resample.ts';
import { torchaudioKernel } from '../../src/audio/torchaudioKernel.ts';

// What torchaudio and torch computed: fixtures/audio/make_resample.py.
const folder = new URL('../../../fixtures/audio/', import.meta.url);
const index = JSON.parse(readFileSync(new URL('resample.json', folder), 'utf8')) as {
  resample: { from: number; to: number; input: [number, number]; output: [number, number] }[];
  mean: { channels: number; input: [number, number]; output: [number, number] }[];
  lengths: { from: number; to: number; numInput: number; numOutput: number }[];
};
const bytes = readFileSync(new URL('resample.f32', folder));
const numbers = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
const at = ([start, length]: [number, number]): Float32Array => numbers.slice(start, start + length);

function maxDifference(a: Float32Array, b: Float32Array): number {
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
  return worst;
}

describe('the default resampler is torchaudio.functional.resample', () => {
  for (const { from, to, input, output } of index.resample) {
    test(`${from} Hz to ${to} Hz, ${input[1]} samples`, () => {
      const got = resample(at(input), from, to);
      expect(got.length).toBe(output[1]);
      // Torch sums in float32 (here: float64), a rounding of 2^-24 for each of up to 150 products around 0.25.
      expect(maxDifference(got, at(output))).toBeLessThan(3e-7);
    });
  }

  test('lengths beyond 2^24 outputs are rounded as torch rounds them', () => {
    for (const { from, to, numInput, numOutput } of index.lengths) {
      const divisor = [from, to].reduce(function gcd(a: number, b: number): number {
        return b === 0 ? a : gcd(b, a % b);
      });
      expect(torchaudioKernel(from / divisor, to / divisor).outputLength(numInput)).toBe(numOutput);
    }
  });
});

for (const kind of ['torchaudio', 'hq'] as const) {
  test(`${kind}: any cutting into blocks gives the same samples, bit for bit`, () => {
    const rate = fc.constantFrom(4000, 7919, 8000, 11025, 16000, 22050, 44100, 44101, 48000, 192000);
    const cuts = fc.array(fc.nat(700), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(rate, cuts, fc.integer(), (from, sizes, seed) => {
        const whole = noise(
          sizes.reduce((a, b) => a + b, 0),
          seed,
        );
        const resampler = createResampler(from, 16000, { kind });
        const parts: Float32Array[] = [];
        let start = 0;
        for (const size of sizes) {
          parts.push(resampler.push(whole.subarray(start, start + size)));
          start += size;
        }
        parts.push(resampler.flush());
        const joined = parts.flatMap((part) => [...part]);
        expect(joined).toEqual([...resample(whole, from, 16000, { kind })]);
        expect(joined.length).toBe(Math.ceil((16000 * whole.length) / from));
      }),
      { numRuns: kind === 'hq' ? 15 : 40 },
    );
  });
}

test('a ratio without a common divisor stays exact and small', () => {
  const from = 1000003; // 16000 phases of 758 taps do not fit the table: each is computed when it is needed
  const got = resample(noise(20000, 3), from, 16000);
  expect(got.length).toBe(Math.ceil((16000 * 20000) / from));
  expect(got.every(Number.isFinite)).toBe(true);
});

test('equal rates pass the samples through', () => {
  const samples = noise(100, 1);
  expect(resample(samples, 16000, 16000)).toBe(samples);
});

test('a sample rate that is no whole number is refused', () => {
  expect(() => resample(noise(10, 1), 44100.5, 16000)).toThrow(
    'Got a source sample rate of 44100.5 when a whole number of Hz, at least 1, is needed.',
  );
});

describe('hq is better than 100 dB', () => {
  // Tones below 0.92 of Nyquist must come out as the same tones; the expected values are the formula, not a filter.
  for (const [from, to] of [
    [44100, 16000],
    [48000, 16000],
    [8000, 16000],
    [192000, 16000],
    [11025, 16000],
  ]) {
    test(`tones from ${from} Hz to ${to} Hz`, () => {
      const nyquist = Math.min(from, to) / 2;
      const tones = [0.011, 0.13, 0.37, 0.61, 0.83, 0.915].map((part) => part * nyquist);
      const got = resample(sumOfTones(tones, from, from), from, to, { kind: 'hq' });
      expect(snr(sumOfTones(tones, to, got.length), got)).toBeGreaterThan(100);
    });
  }

  test('a tone above the new Nyquist frequency vanishes', () => {
    const got = resample(sumOfTones([8100, 9000, 12000, 20000], 44100, 44100), 44100, 16000, { kind: 'hq' });
    const inside = got.subarray(500, got.length - 500);
    expect(20 * Math.log10(Math.max(...inside.map(Math.abs)))).toBeLessThan(-100);
  });
});

describe('downmix is the float32 mean of torch', () => {
  for (const { channels, input, output } of index.mean) {
    test(`${channels} channels`, () => {
      const all = at(input);
      const length = all.length / channels;
      const got = mixdown(Array.from({ length: channels }, (_, c) => all.slice(c * length, (c + 1) * length)));
      expect(maxDifference(got, at(output))).toBeLessThanOrEqual(channels === 2 ? 0 : 2 ** -25);
    });
  }
});

function noise(length: number, seed: number): Float32Array {
  let state = (seed >>> 0) + 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

function sumOfTones(frequencies: number[], rate: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    let sum = 0;
    for (const [k, f] of frequencies.entries()) sum += Math.sin((2 * Math.PI * f * i) / rate + k);
    return sum / frequencies.length;
  });
}

/** Signal-to-error ratio in dB away from the ends, where the tones start and stop. */
function snr(expected: Float32Array, got: Float32Array): number {
  let signal = 0;
  let error = 0;
  for (let i = 500; i < expected.length - 500; i++) {
    signal += expected[i] ** 2;
    error += (expected[i] - got[i]) ** 2;
  }
  return 10 * Math.log10(signal / error);
}
