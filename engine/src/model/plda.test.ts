import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eighGeneral } from '../math/eigh.ts';
import { invertLower, multiply, transpose } from '../math/matrix.ts';
import { plda } from './plda.ts';

test('centre, length, LDA, length, centre, rotate: counted by hand', () => {
  const { transform, phi, dimension, numFeatures } = plda({
    mean1: Float64Array.of(1, 0, 0, 0),
    lda: Float64Array.of(1, 0, 0, 1, 0, 0, 0, 0),
    mean2: Float64Array.of(0, -3),
    mu: Float64Array.of(0.5, 0),
    tr: Float64Array.of(1, 0, 0, 2),
    psi: Float64Array.of(3, 5),
  });
  expect([dimension, numFeatures]).toEqual([4, 2]);
  expect([...phi]).toEqual([5, 3]); // the widest first, and its feature too
  // (4, 4, 0, 0) − mean1 = (3, 4, 0, 0), length 2: (1.2, 1.6, 0, 0) → (1.2, 1.6) − mean2 = (1.2, 4.6)
  // of length √2: · √2 / √(1.44 + 21.16); minus mu; first row of tr, second row of tr; sorted
  const scale = Math.SQRT2 / Math.sqrt(22.6);
  const [first, second] = transform(Float32Array.of(4, 4, 0, 0));
  expect(first).toBeCloseTo(2 * 4.6 * scale, 12);
  expect(second).toBeCloseTo(1.2 * scale - 0.5, 12);
});

test('arrays that do not fit are refused with their sizes', () => {
  const one = Float64Array.of(1);
  const arrays = { mean1: Float64Array.of(1, 2), lda: one, mean2: one, mu: one, tr: one, psi: one };
  expect(() => plda(arrays)).toThrow('Got PLDA arrays that do not fit: mean1 2, lda 1, mean2 1, tr 1, psi 1.');
});

test('sorting by psi is what solving pyannote’s generalised eigenvalue problem comes to', () => {
  const numbers = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(
      numbers,
      fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 3, maxLength: 3 }),
      (n, spread) => {
        // tr lower triangular with a diagonal of 10, so that it can be inverted
        const tr = Float64Array.of(10, 0, 0, n[0], 10, 0, n[1], n[2], 10);
        const inverse = invertLower(tr, 3);
        const W = multiply(inverse, transpose(inverse, 3, 3), 3, 3, 3); // inv(trᵀ tr)
        const scaled = inverse.map((value, i) => value * spread[i % 3]);
        const B = multiply(scaled, transpose(inverse, 3, 3), 3, 3, 3); // inv(trᵀ diag(1/psi) tr)
        const { values, vectors } = eighGeneral(B, W, 3);
        const zero = new Float64Array(3);
        const identity = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
        const model = plda({ mean1: zero, lda: identity, mean2: zero, mu: zero, tr, psi: Float64Array.from(spread) });
        const x = [0.3, -1.2, 0.7];
        const length = Math.sqrt(3) / Math.hypot(...x);
        const features = model.transform(Float64Array.from(x));
        for (let k = 0; k < 3; k++) {
          expect(model.phi[k]).toBeCloseTo(values[2 - k], 8);
          const along = x.reduce((sum, value, d) => sum + value * length * vectors[(2 - k) * 3 + d], 0);
          expect(Math.abs(features[k])).toBeCloseTo(Math.abs(along), 8); // the sign is free
        }
      },
    ),
  );
});
