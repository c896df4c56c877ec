import fc from 'fast-check';
import { expect, test } from 'vitest';
import { envelopeBuilder } from './envelope.ts';

test('bins double when they run out, the last may be short', () => {
  const builder = envelopeBuilder({ maxBins: 2, binNumSamples: 2 });
  builder.add(Float32Array.of(1, -1, 0.5)); // [1 -1] and half a bin
  builder.add(Float32Array.of(0.25, 0)); // a fifth sample: bins of 4
  expect(builder.finish()).toEqual({ binNumSamples: 4, numBins: 2, data: Float32Array.of(-1, 1, 0, 0) });
});

test('no sound has no bins', () => {
  expect(envelopeBuilder().finish().numBins).toBe(0);
});

test('every bin holds the least and the greatest of its samples, however they come', () => {
  const blocks = fc.array(fc.array(fc.float({ noNaN: true, min: -1, max: 1 }), { maxLength: 40 }), { maxLength: 8 });
  fc.assert(
    fc.property(blocks, (parts) => {
      const builder = envelopeBuilder({ maxBins: 8, binNumSamples: 1 });
      for (const part of parts) builder.add(Float32Array.from(part));
      const { binNumSamples, numBins, data } = builder.finish();
      const all = parts.flat().map(Math.fround);
      expect(numBins).toBeLessThanOrEqual(8);
      expect(numBins).toBe(Math.ceil(all.length / binNumSamples));
      for (let bin = 0; bin < numBins; bin++) {
        const own = all.slice(bin * binNumSamples, (bin + 1) * binNumSamples);
        expect(data[2 * bin]).toBeCloseTo(Math.min(...own), 12);
        expect(data[2 * bin + 1]).toBeCloseTo(Math.max(...own), 12);
      }
    }),
  );
});
