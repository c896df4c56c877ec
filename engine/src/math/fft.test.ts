import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { powerSpectrum, RealFft } from './fft.ts';

test('a cosine of three periods stands in bin 3 alone', () => {
  const size = 16;
  const power = new Float64Array(9);
  powerSpectrum(
    Float64Array.from({ length: size }, (_, n) => Math.cos((2 * Math.PI * 3 * n) / size)),
    power,
  );
  power.forEach((value, k) => void expect(value).toBeCloseTo(k === 3 ? (size / 2) ** 2 : 0, 12));
});

test('spectra equal numpy.fft.rfft', () => {
  const cases = readJsonFixture<{ x: number[]; real: number[]; imaginary: number[] }[]>('ops/rfft.json.gz');
  expect(cases.map(({ x }) => x.length)).toEqual([4, 8, 16, 32, 64, 512, 1024]);
  for (const { x, real, imaginary } of cases) {
    const fft = new RealFft(x.length);
    const [re, im] = [new Float64Array(fft.numBins), new Float64Array(fft.numBins)];
    fft.forward(Float64Array.from(x), re, im);
    // A few units in the last place of the largest bin.
    const tolerance = 1e-14 * Math.max(...real.map((value, k) => Math.hypot(value, imaginary[k])));
    re.forEach((value, k) => void expect(Math.abs(value - real[k])).toBeLessThan(tolerance));
    im.forEach((value, k) => void expect(Math.abs(value - imaginary[k])).toBeLessThan(tolerance));
  }
});

test('forward then inverse gives the samples back, and leaves its input alone', () => {
  const sample = fc.double({ min: -1, max: 1, noNaN: true });
  const lengths = fc.integer({ min: 2, max: 9 }).map((log) => 2 ** log);
  const signals = lengths.chain((length) => fc.array(sample, { minLength: length, maxLength: length }));
  fc.assert(
    fc.property(signals, (signal) => {
      const fft = new RealFft(signal.length);
      const [re, im] = [new Float64Array(fft.numBins), new Float64Array(fft.numBins)];
      const samples = Float64Array.from(signal);
      fft.forward(samples, re, im);
      expect([...samples]).toEqual(signal);
      const back = new Float64Array(signal.length);
      fft.inverse(re, im, back);
      signal.forEach((value, i) => void expect(back[i]).toBeCloseTo(value, 13));
    }),
  );
});

test('other lengths are refused', () => {
  expect(() => new RealFft(400)).toThrow('Got FFT size 400: it must be a power of two, at least 4.');
  expect(() => new RealFft(8).forward(new Float64Array(4), new Float64Array(5), new Float64Array(5))).toThrow(
    'Got 4 samples for an FFT of 8.',
  );
});
