import type { Annotation } from '../core/annotation.ts';
import type { Seconds } from '../core/segment.ts';
import { type Evaluated, evaluate, type ScoringOptions } from './evaluated.ts';
import { commonDuration, gaps, totalDuration, union } from './intervals.ts';
import { fMeasure, type Metric, ratio } from './metric.ts';

/**
 * Speech against silence, whoever talks: overlaps count once. Equal to pyannote.metrics 4.2.0 `detection.py`:
 * `DetectionErrorRate`, `DetectionAccuracy`, `DetectionPrecision`, `DetectionRecall`,
 * `DetectionPrecisionRecallFMeasure` and `DetectionCostFunction`.
 */
export interface DetectionErrors {
  readonly detectionErrorRate: number;
  readonly total: Seconds;
  readonly falseAlarm: Seconds;
  readonly miss: Seconds;
}

export function detectionErrorRate(
  reference: Annotation,
  hypothesis: Annotation,
  options: ScoringOptions = {},
): DetectionErrors {
  const components = detection.measure(evaluate(reference, hypothesis, options));
  return { detectionErrorRate: detection.rate(components), ...components };
}

/** (false alarm + miss) / speech. */
export const detection: Metric<'total' | 'falseAlarm' | 'miss'> = {
  id: 'detection',
  name: 'detection error rate',
  unit: 'percent',
  components: ['total', 'falseAlarm', 'miss'],
  measure: (file) => {
    const { speech, falsePositive, falseNegative } = speechAndSilence(file);
    return { total: speech, falseAlarm: falsePositive, miss: falseNegative };
  },
  rate: ({ total, falseAlarm, miss }) => ratio(falseAlarm + miss, total, 0),
};

/** What is right, speech or silence, of all that is scored. */
export const detectionAccuracy: Metric<'truePositive' | 'trueNegative' | 'falsePositive' | 'falseNegative'> = {
  id: 'detection-accuracy',
  name: 'detection accuracy',
  unit: 'percent',
  components: ['truePositive', 'trueNegative', 'falsePositive', 'falseNegative'],
  measure: (file) => {
    const { truePositive, trueNegative, falsePositive, falseNegative } = speechAndSilence(file);
    return { truePositive, trueNegative, falsePositive, falseNegative };
  },
  rate: ({ truePositive, trueNegative, falsePositive, falseNegative }) => {
    const right = trueNegative + truePositive;
    return ratio(right, right + falseNegative + falsePositive, 1);
  },
};

export const detectionPrecision: Metric<'retrieved' | 'relevantRetrieved'> = {
  id: 'detection-precision',
  name: 'detection precision',
  unit: 'percent',
  components: ['retrieved', 'relevantRetrieved'],
  measure: (file) => {
    const { truePositive, falsePositive } = speechAndSilence(file);
    return { retrieved: truePositive + falsePositive, relevantRetrieved: truePositive };
  },
  rate: ({ retrieved, relevantRetrieved }) => ratio(relevantRetrieved, retrieved, 1),
};

export const detectionRecall: Metric<'relevant' | 'relevantRetrieved'> = {
  id: 'detection-recall',
  name: 'detection recall',
  unit: 'percent',
  components: ['relevant', 'relevantRetrieved'],
  measure: (file) => {
    const { truePositive, falseNegative } = speechAndSilence(file);
    return { relevant: truePositive + falseNegative, relevantRetrieved: truePositive };
  },
  rate: ({ relevant, relevantRetrieved }) => ratio(relevantRetrieved, relevant, 1),
};

/** The harmonic mean of precision and recall. */
export const detectionF: Metric<'retrieved' | 'relevant' | 'relevantRetrieved'> = {
  id: 'detection-f',
  name: 'detection F[precision|recall]',
  unit: 'percent',
  components: ['retrieved', 'relevant', 'relevantRetrieved'],
  measure: (file) => {
    const { truePositive, falsePositive, falseNegative } = speechAndSilence(file);
    return {
      retrieved: truePositive + falsePositive,
      relevant: truePositive + falseNegative,
      relevantRetrieved: truePositive,
    };
  },
  rate: ({ retrieved, relevant, relevantRetrieved }) =>
    fMeasure(ratio(relevantRetrieved, retrieved, 1), ratio(relevantRetrieved, relevant, 1)),
};

/** 0.25 · false alarm / silence + 0.75 · miss / speech: NIST, "OpenSAT19 Evaluation Plan v2", section 3. */
export const detectionCost: Metric<'speech' | 'silence' | 'falseAlarm' | 'miss'> = {
  id: 'detection-cost',
  name: 'detection cost function',
  unit: 'percent',
  components: ['speech', 'silence', 'falseAlarm', 'miss'],
  measure: (file) => {
    const { speech, silence, falsePositive, falseNegative } = speechAndSilence(file);
    return { speech, silence, falseAlarm: falsePositive, miss: falseNegative };
  },
  rate: ({ speech, silence, falseAlarm, miss }) => 0.25 * ratio(falseAlarm, silence, 0) + 0.75 * ratio(miss, speech, 0),
};

interface SpeechAndSilence {
  readonly speech: Seconds;
  readonly silence: Seconds;
  readonly truePositive: Seconds;
  readonly trueNegative: Seconds;
  readonly falsePositive: Seconds;
  readonly falseNegative: Seconds;
}

function speechAndSilence({ region, reference, hypothesis }: Evaluated): SpeechAndSilence {
  const spoken = union(reference);
  const heard = union(hypothesis);
  const notSpoken = gaps(spoken, region);
  const notHeard = gaps(heard, region);
  return {
    speech: totalDuration(spoken),
    silence: totalDuration(notSpoken),
    truePositive: commonDuration(spoken, heard),
    trueNegative: commonDuration(notSpoken, notHeard),
    falsePositive: commonDuration(notSpoken, heard),
    falseNegative: commonDuration(spoken, notHeard),
  };
}
