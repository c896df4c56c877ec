import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { annotation, type Row } from '../../test/rows.ts';
import { boundaryPrecision, boundaryRecall } from './boundaries.ts';
import { bayesianInterval } from './confidence.ts';
import { der, diarizationErrorRate, greedyDer, greedyDiarizationErrorRate } from './der.ts';
import {
  detection,
  detectionAccuracy,
  detectionCost,
  detectionF,
  detectionPrecision,
  detectionRecall,
} from './detection.ts';
import { evaluate } from './evaluated.ts';
import { completeness, homogeneity } from './homogeneity.ts';
import { identificationPrecision, identificationRecall, ier } from './identification.ts';
import { totalDuration, union } from './intervals.ts';
import { jer } from './jer.ts';
import { type Metric, sumComponents } from './metric.ts';
import { coverage, purity } from './purity.ts';
import { segmentationCoverage, segmentationF, segmentationPurity } from './segmentation.ts';
import { speakerCountAccuracy, speakerCountError } from './speakerCount.ts';
import { labelSupports, tracksOf } from './tracks.ts';

// Every figure of pyannote.metrics 4.2.0 on 47 files, to 1e-9. Where it comes from: fixtures/metrics/README.md.

interface Case {
  readonly name: string;
  readonly reference: readonly Row[];
  readonly hypothesis: readonly Row[];
  readonly uem: readonly (readonly [number, number])[] | null;
  readonly expected: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

interface Accumulated {
  readonly value: number;
  readonly components: Readonly<Record<string, number>>;
  readonly 'confidence_interval_0.9': readonly [center: number, low: number, high: number];
}

const golden = readJsonFixture<{
  readonly cases: readonly Case[];
  readonly accumulated: Readonly<Record<string, Accumulated>>;
}>('metrics/pyannote-metrics-4.2.0.json.gz');

const awkward = readJsonFixture<{ readonly cases: readonly Case[] }>('metrics/awkward-pyannote-metrics-4.2.0.json.gz');

/** What a key such as `DiarizationErrorRate|collar=0.25|skip_overlap=True` asks for. */
interface Setting {
  readonly collar: number;
  readonly skipOverlap: boolean;
  readonly tolerance: number;
}

/** pyannote's class, our metric, and what pyannote calls our components. */
const METRICS: Readonly<Record<string, readonly [(setting: Setting) => Metric, Readonly<Record<string, string>>]>> = {
  DiarizationErrorRate: [() => der, errorNames()],
  GreedyDiarizationErrorRate: [() => greedyDer, errorNames()],
  IdentificationErrorRate: [() => ier, errorNames()],
  IdentificationPrecision: [
    () => identificationPrecision,
    { '# retrieved': 'retrieved', '# relevant retrieved': 'relevantRetrieved' },
  ],
  IdentificationRecall: [
    () => identificationRecall,
    { '# relevant': 'relevant', '# relevant retrieved': 'relevantRetrieved' },
  ],
  JaccardErrorRate: [() => jer, { 'speaker error': 'speakerError', 'speaker count': 'speakerCount' }],
  DetectionErrorRate: [() => detection, { total: 'total', 'false alarm': 'falseAlarm', miss: 'miss' }],
  DetectionAccuracy: [
    () => detectionAccuracy,
    {
      'true positive': 'truePositive',
      'true negative': 'trueNegative',
      'false positive': 'falsePositive',
      'false negative': 'falseNegative',
    },
  ],
  DetectionPrecision: [() => detectionPrecision, { retrieved: 'retrieved', 'relevant retrieved': 'relevantRetrieved' }],
  DetectionRecall: [() => detectionRecall, { relevant: 'relevant', 'relevant retrieved': 'relevantRetrieved' }],
  DetectionPrecisionRecallFMeasure: [
    () => detectionF,
    { retrieved: 'retrieved', relevant: 'relevant', 'relevant retrieved': 'relevantRetrieved' },
  ],
  DetectionCostFunction: [
    () => detectionCost,
    {
      'positive class total': 'speech',
      'negative class total': 'silence',
      'false alarm': 'falseAlarm',
      miss: 'miss',
    },
  ],
  DiarizationHomogeneity: [() => homogeneity, { entropy: 'entropy', 'cross-entropy': 'crossEntropy' }],
  DiarizationCompleteness: [() => completeness, { entropy: 'entropy', 'cross-entropy': 'crossEntropy' }],
  DiarizationPurity: [() => purity, { total: 'total', correct: 'correct' }],
  DiarizationCoverage: [() => coverage, { total: 'total', correct: 'correct' }],
  DiarizationSpeakerCountError: [() => speakerCountError, { error: 'error', files: 'files' }],
  DiarizationSpeakerCountAccuracy: [() => speakerCountAccuracy, { correct: 'correct', files: 'files' }],
  SegmentationPurity: [segmentationPurity, { 'total duration': 'total', 'intersection duration': 'intersection' }],
  SegmentationCoverage: [segmentationCoverage, { 'total duration': 'total', 'intersection duration': 'intersection' }],
  SegmentationPurityCoverageFMeasure: [
    segmentationF,
    {
      'pty total duration': 'total',
      'cvg total duration': 'total',
      'pty intersection duration': 'pure',
      'cvg intersection duration': 'covered',
    },
  ],
  SegmentationPrecision: [boundaryPrecision, { 'number of boundaries': 'boundaries', 'number of matches': 'matches' }],
  SegmentationRecall: [boundaryRecall, { 'number of boundaries': 'boundaries', 'number of matches': 'matches' }],
};

/** What else a case holds; checked below. */
const OTHERS = ['optimal_mapping', 'greedy_mapping', 'ref_labels', 'ref_duration_per_label', 'ref_support_duration'];

test.each(golden.cases)('every figure of pyannote.metrics: $name', (file) => {
  expect(compareFigures(file)).toBe(98);
});

test.each(awkward.cases)('ties, self-overlaps, many names, gaps of a microsecond: $name', (file) => {
  expect(compareFigures(file)).toBe(49);
});

/** How many results were compared. */
function compareFigures(file: Case): number {
  const known = Object.entries(file.expected).filter(([key]) => !OTHERS.includes(key));
  for (const [key, figures] of known) {
    const [metric, names] = metricOf(key);
    const components = metric.measure(evaluatedAs(file, key));
    for (const [name, figure] of Object.entries(figures)) {
      const got = name in names ? components[names[name]] : metric.rate(components);
      expect(Math.abs(got - figure), `${key} ${name}: got ${got}, pyannote ${figure}`).toBeLessThan(1e-9);
    }
  }
  return known.length;
}

test.each(golden.cases)('mappings, labels and their durations: $name', ({ expected, ...file }) => {
  const reference = annotation(file.reference);
  const hypothesis = annotation(file.hypothesis);
  const options = uemOf(file);
  const { mapping } = diarizationErrorRate(reference, hypothesis, options);
  expect(Object.fromEntries(mapping)).toEqual(expected['optimal_mapping']);
  const greedy = greedyDiarizationErrorRate(reference, hypothesis, options);
  expect(Object.fromEntries(greedy.mapping)).toEqual(expected['greedy_mapping']);

  const tracks = tracksOf(reference);
  expect(tracks.labels).toEqual(expected['ref_labels']);
  const durations = labelSupports(tracks).map(totalDuration);
  tracks.labels.forEach((label, i) => {
    expect(durations[i]).toBeCloseTo(expected['ref_duration_per_label'][label], 9);
  });
  expect(totalDuration(union(tracks))).toBeCloseTo(expected['ref_support_duration'] as unknown as number, 9);
});

test.each(Object.entries(golden.accumulated))('all 47 files together: %s', (key, { value, components, ...rest }) => {
  const [metric, names] = metricOf(key);
  const files = golden.cases.map((file) => metric.measure(evaluatedAs(file, key)));
  const sums = sumComponents(metric, files);
  expect(metric.rate(sums)).toBeCloseTo(value, 9);
  for (const [name, figure] of Object.entries(components)) expect(sums[names[name]]).toBeCloseTo(figure, 9);
  const { center, low, high } = bayesianInterval(files.map(metric.rate), { confidence: 0.9 });
  const [expectedCenter, expectedLow, expectedHigh] = rest['confidence_interval_0.9'];
  expect(center).toBeCloseTo(expectedCenter, 9);
  expect(low).toBeCloseTo(expectedLow, 9);
  expect(high).toBeCloseTo(expectedHigh, 9);
});

function metricOf(key: string): [Metric, Readonly<Record<string, string>>] {
  const [make, names] = METRICS[key.split('|')[0]];
  return [make(settingOf(key)), names];
}

function settingOf(key: string): Setting {
  return {
    collar: Number(/collar=([\d.]+)/.exec(key)?.[1] ?? 0),
    skipOverlap: key.includes('skip_overlap=True'),
    tolerance: Number(/tolerance=([\d.]+)/.exec(key)?.[1] ?? 0),
  };
}

function evaluatedAs(file: Case, key: string) {
  return evaluate(annotation(file.reference), annotation(file.hypothesis), { ...settingOf(key), ...uemOf(file) });
}

function uemOf({ uem }: Pick<Case, 'uem'>) {
  return uem ? { uem: uem.map(([start, end]) => ({ start, end })) } : {};
}

function errorNames(): Readonly<Record<string, string>> {
  return {
    total: 'total',
    correct: 'correct',
    confusion: 'confusion',
    'missed detection': 'missedDetection',
    'false alarm': 'falseAlarm',
  };
}
