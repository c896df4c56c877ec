import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { vbx } from './vbx.ts';

interface VbxCase {
  readonly X: number[][] | null;
  readonly Phi: number[];
  readonly labels: number[];
  readonly Fa: number;
  readonly Fb: number;
  readonly gamma: number[][];
  readonly pi: number[];
  readonly elbo: number[];
}

const { cases } = readJsonFixture<{ vbx: { cases: VbxCase[] } }>('ops/ops.json.gz').vbx;

test.each(cases.map((one, i) => [i, one] as const))('pyannote’s VBx, case %i', (index, one) => {
  const X = cases.slice(0, index + 1).findLast(({ X }) => X !== null)!.X!;
  const labels = Int32Array.from(one.labels);
  const { gamma, pi, elbo, numSpeakers } = vbx(Float64Array.from(X.flat()), Float64Array.from(one.Phi), labels, one);
  expect(numSpeakers).toBe(one.pi.length);
  expect(elbo).toHaveLength(one.elbo.length); // it stops when pyannote's does
  one.elbo.forEach((bound, i) => {
    expect(Math.abs(elbo[i] / bound - 1)).toBeLessThan(1e-9);
  });
  one.pi.forEach((weight, k) => {
    expect(pi[k]).toBeCloseTo(weight, 9);
  });
  one.gamma.flat().forEach((share, i) => {
    expect(gamma[i]).toBeCloseTo(share, 9);
  });
});

test('two of three initial speakers are one person, and one of them vanishes', () => {
  // on a line where voices spread 100 times as wide between persons as within one
  const X = Float64Array.of(-10, -10.5, -9.5, 10, 10.5, 9.5, 10.2);
  const { pi, gamma } = vbx(X, Float64Array.of(100), Int32Array.of(0, 0, 0, 1, 1, 2, 2), { Fa: 1, Fb: 30 });
  const talking = [...pi].filter((weight) => weight > 1e-7);
  expect(talking).toHaveLength(2);
  expect(pi[0]).toBeCloseTo(3 / 7, 6);
  expect(gamma[0]).toBeCloseTo(1, 6);
});

test('one speaker is one speaker', () => {
  const { gamma, pi } = vbx(Float64Array.of(1, 2), Float64Array.of(1), Int32Array.of(0, 0), { Fa: 0.07, Fb: 0.8 });
  expect([...gamma, ...pi]).toEqual([1, 1, 1]);
});

test('responsibilities and priors are shares, and the bound never falls', () => {
  const points = fc.array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -20, max: 20 }), fc.nat(3)), {
    minLength: 2,
    maxLength: 25,
  });
  fc.assert(
    fc.property(points, (rows) => {
      const used = [...new Set(rows.map(([, , label]) => label))].sort();
      const labels = Int32Array.from(rows, ([, , label]) => used.indexOf(label));
      const X = Float64Array.from(rows.flatMap(([a, b]) => [a / 4, b / 4]));
      const { gamma, pi, elbo, numSpeakers } = vbx(X, Float64Array.of(4, 1), labels, { Fa: 1, Fb: 1 });
      const total = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
      expect(total(pi)).toBeCloseTo(1, 10);
      for (let t = 0; t < rows.length; t++)
        expect(total(gamma.subarray(t * numSpeakers, (t + 1) * numSpeakers))).toBeCloseTo(1, 10);
      // by 1e-8 a prior at most, which is added before its logarithm is taken
      for (let i = 1; i < elbo.length; i++) expect(elbo[i]).toBeGreaterThan(elbo[i - 1] - 1e-5);
    }),
    { numRuns: 60 },
  );
});
