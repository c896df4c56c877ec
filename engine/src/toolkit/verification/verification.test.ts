import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonFixture } from '../../../test/readFixture.ts';
import { calibrationCost, fitCalibration, probabilityOf, scoreAt } from './calibration.ts';
import { detCurve, minDetectionCost, pyannoteEqualErrorRate } from './detCurve.ts';
import { detPicture } from './detPicture.ts';
import { probit } from './probit.ts';
import type { Trial } from './trial.ts';
import { parseTrials } from './trialList.ts';
import { similarity, verify } from './verify.ts';

// Reference: pyannote.metrics 4.2.0 det_curve, scikit-learn 1.9.1 LogisticRegression, on 60 random sets of trials.
interface Case {
  readonly scores: readonly number[];
  readonly truth: readonly boolean[];
  readonly fpr: readonly number[];
  readonly fnr: readonly number[];
  readonly thresholds: readonly number[];
  readonly eer: number;
  readonly crossing: number;
  readonly costs: Record<string, number>;
  readonly fit?: readonly [slope: number, intercept: number];
  readonly cllr?: number;
}
const { cases, quantiles } = readJsonFixture<{
  readonly cases: readonly Case[];
  readonly quantiles: readonly (readonly [number, number])[];
}>('toolkit/verification/reference.json.gz');
const trialsOf = ({ scores, truth }: Case): Trial[] => scores.map((score, i) => ({ score, target: truth[i] }));

function expectClose(found: ArrayLike<number>, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(Math.abs(found[i] - expected[i])).toBeLessThan(1e-12);
}

test('the curve, its thresholds and the equal error rate are those of pyannote.metrics', () => {
  expect(cases.length).toBe(60);
  for (const one of cases) {
    const curve = detCurve(trialsOf(one));
    expectClose(curve.falseAlarm, one.fpr);
    expectClose(curve.miss, one.fnr);
    expect(curve.thresholds[0]).toBe(Number.POSITIVE_INFINITY);
    expectClose(curve.thresholds.subarray(1), one.thresholds);
    expect(pyannoteEqualErrorRate(curve)).toBeCloseTo(one.eer, 12);
    expect(curve.equalErrorRate).toBeCloseTo(one.crossing, 9);
  }
});

test('scores that part the trials without error have no equal error', () => {
  const trials = [0.9, 0.8, 0.3, 0.2].map((score) => ({ score, target: score > 0.5 }));
  expect(detCurve(trials)).toMatchObject({ equalErrorRate: 0, equalErrorThreshold: 0.8 });
});

test('the least detection cost is the least over every threshold', () => {
  for (const one of cases)
    for (const [prior, cost] of Object.entries(one.costs))
      expect(minDetectionCost(detCurve(trialsOf(one)), { priorTarget: Number(prior) }).cost).toBeCloseTo(cost, 10);
});

test('the calibration is the weighted logistic regression of scikit-learn', () => {
  const fitted = cases.filter(({ fit }) => fit !== undefined);
  expect(fitted.length).toBeGreaterThan(25);
  for (const one of fitted) {
    const calibration = fitCalibration(trialsOf(one));
    expect(calibration.slope).toBeCloseTo(one.fit![0], 5);
    expect(calibration.intercept).toBeCloseTo(one.fit![1], 5);
    expect(calibrationCost(trialsOf(one), calibration)).toBeCloseTo(one.cllr!, 9);
  }
});

test('quantiles of the normal distribution to seven digits', () => {
  for (const [p, expected] of quantiles) expect(Math.abs(probit(p) - expected)).toBeLessThan(1e-6);
});

test('whatever the trials: errors run from one end to the other, and more of one is less of the other', () => {
  const trial = fc.record({ score: fc.integer({ min: -9, max: 9 }), target: fc.boolean() });
  fc.assert(
    fc.property(fc.array(trial, { minLength: 2, maxLength: 60 }), (trials) => {
      fc.pre(trials.some(({ target }) => target) && trials.some(({ target }) => !target));
      const { falseAlarm, miss, thresholds, equalErrorRate } = detCurve(trials);
      expect([falseAlarm[0], miss[0], falseAlarm.at(-1), miss.at(-1)]).toEqual([0, 1, 1, 0]);
      for (let i = 1; i < miss.length; i++) {
        expect(falseAlarm[i]).toBeGreaterThanOrEqual(falseAlarm[i - 1]);
        expect(miss[i]).toBeLessThanOrEqual(miss[i - 1]);
        expect(thresholds[i]).toBeLessThan(thresholds[i - 1]);
      }
      expect(equalErrorRate).toBeGreaterThanOrEqual(0);
      expect(equalErrorRate).toBeLessThanOrEqual(1);
    }),
  );
});

test('trials of one kind, scores that are no numbers and scores that tell nothing are refused', () => {
  const target = { score: 1, target: true };
  expect(() => detCurve([target])).toThrow('1 trials of one speaker and 0 of two');
  expect(() => detCurve([])).toThrow('0 trials');
  expect(() => detCurve([target, { score: Number.NaN, target: false }])).toThrow('score of NaN in trial 2');
  expect(() => fitCalibration([target, { score: 2, target: false }])).toThrow('no higher');
  expect(() => minDetectionCost(detCurve([target, { score: 0, target: false }]), { priorTarget: 1 })).toThrow('prior');
});

test('trials that a threshold parts without error give a steep line, not an endless one', () => {
  const trials = [0.9, 0.8, 0.85, 0.1, 0.2].map((score) => ({ score, target: score > 0.5 }));
  const calibration = fitCalibration(trials);
  expect(Number.isFinite(calibration.slope)).toBe(true);
  expect(probabilityOf(0.85, calibration)).toBeGreaterThan(0.99);
  expect(probabilityOf(0.15, calibration)).toBeLessThan(0.01);
});

const calibration = { slope: 10, intercept: -5, origin: 'a test' };
const embedding = (...numbers: number[]) => ({ model: 'm', vector: Float32Array.from(numbers) });

test('a verification tells score, probability, decision and where the threshold comes from', () => {
  // cos = 0.6, by hand: log-odds 10 · 0.6 - 5 = 1, probability 1 / (1 + e⁻¹)
  const found = verify(embedding(1, 0), embedding(0.6, 0.8), { calibration });
  expect(found.score).toBeCloseTo(0.6, 6);
  expect(found.probability).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
  expect(found).toMatchObject({ same: true, threshold: 0.5 });
  expect(found.thresholdOrigin).toBe('probability of one half with a prior of 0.5; a test');
});

test('a low prior asks for more likeness; a threshold of the caller goes before', () => {
  const prior = 0.01;
  const rare = verify(embedding(1, 0), embedding(0.6, 0.8), { calibration, prior });
  expect(rare.same).toBe(false);
  expect(rare.threshold).toBeCloseTo((5 + Math.log(99)) / 10, 9);
  expect(scoreAt(probabilityOf(0.3, calibration, { prior }), calibration, { prior })).toBeCloseTo(0.3, 9);
  const given = verify(embedding(1, 0), embedding(0.6, 0.8), { calibration, prior, threshold: 0.55 });
  expect(given).toMatchObject({ same: true, threshold: 0.55, thresholdOrigin: 'given by the caller' });
});

test('without calibration there is a score and no decision', () => {
  const found = verify(embedding(1, 0), embedding(1, 0));
  expect(found.score).toBe(1);
  expect('same' in found || 'probability' in found).toBe(false);
  expect(found.thresholdOrigin).toMatch(/^none/);
});

test('vectors of two networks never meet; nothing is like silence', () => {
  expect(() => similarity(embedding(1, 0), { ...embedding(1, 0), model: 'n' })).toThrow('two networks, m and n');
  expect(() => similarity(embedding(1, 0), embedding(1, 0, 0))).toThrow('2 and 3 numbers');
  expect(() => similarity(embedding(Number.NaN, 0), embedding(1, 0))).toThrow('not finite');
  expect(similarity(embedding(0, 0), embedding(1, 0))).toBe(0);
});

test('trial lists of VoxCeleb, of Kaldi and of scores; comments, tabs, commas and Windows lines', () => {
  const text =
    '\uFEFF# a list\r\n1 a.wav b.wav\r\n\r\nc.wav d.wav nontarget\r\n0\ta b.wav\tc d.wav\r\n0.25,target\r\n0 -1e-3\t# e.wav f.wav\n;; end';
  expect(parseTrials(text)).toEqual([
    { target: true, enroll: 'a.wav', test: 'b.wav' },
    { target: false, enroll: 'c.wav', test: 'd.wav' },
    { target: false, enroll: 'a b.wav', test: 'c d.wav' },
    { target: true, score: 0.25 },
    { target: false, score: -0.001 },
  ]);
});

test('a recording may be called what objects of JavaScript have', () => {
  expect(parseTrials('constructor toString 1')).toEqual([{ target: true, enroll: 'constructor', test: 'toString' }]);
});

test.each(['a.wav b.wav', '1', '1 a b c', 'maybe a b', '1 high', '1,,b'])('a line like %s names its place', (line) => {
  expect(() => parseTrials(`1 a b\n${line}`, { file: 'list.txt' })).toThrow(/^list\.txt:2: Got/);
});

test('the picture is a curve with its equal error rate, and says of how many trials', () => {
  const svg = detPicture(detCurve(trialsOf(cases.find(({ eer }) => eer > 0.05 && eer < 0.3)!)), { title: 'a < b & c' });
  expect(svg).toMatch(/^<svg [^>]*viewBox/);
  expect(svg).toContain('a &lt; b &amp; c');
  expect(svg).toMatch(/EER \d+\.\d\d %/);
  expect(svg).not.toMatch(/NaN|Infinity/);
});
