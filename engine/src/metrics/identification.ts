import type { Annotation } from '../core/annotation.ts';
import { ERROR_NAMES, type ErrorName, errorShare } from './der.ts';
import { type Evaluated, evaluate, type ScoringOptions } from './evaluated.ts';
import { UNMAPPED } from './mapping.ts';
import { type Errors, matchTracks } from './matching.ts';
import { type Metric, ratio } from './metric.ts';

/**
 * Identification: the names themselves must agree, nothing is mapped. The right score when voiceprints gave the names.
 * Equal to pyannote.metrics 4.2.0 `IdentificationErrorRate`, `IdentificationPrecision`, `IdentificationRecall`.
 */
export interface IdentificationErrors extends Errors {
  readonly ier: number;
}

export function identificationErrorRate(
  reference: Annotation,
  hypothesis: Annotation,
  options: ScoringOptions = {},
): IdentificationErrors {
  const errors = byName(evaluate(reference, hypothesis, options));
  return { ier: errorShare(errors), ...errors };
}

export const ier: Metric<ErrorName> = {
  id: 'ier',
  name: 'identification error rate',
  unit: 'percent',
  components: ERROR_NAMES,
  measure: byName,
  rate: errorShare,
};

/** Of the time that the hypothesis gives to names, the share that is right. */
export const identificationPrecision: Metric<'retrieved' | 'relevantRetrieved'> = {
  id: 'identification-precision',
  name: 'identification precision',
  unit: 'percent',
  components: ['retrieved', 'relevantRetrieved'],
  measure: (file) => {
    const { correct, confusion, falseAlarm } = byName(file);
    return { retrieved: correct + confusion + falseAlarm, relevantRetrieved: correct };
  },
  rate: ({ retrieved, relevantRetrieved }) => ratio(relevantRetrieved, retrieved, 1),
};

/** Of the time that was spoken, the share that has the right name. */
export const identificationRecall: Metric<'relevant' | 'relevantRetrieved'> = {
  id: 'identification-recall',
  name: 'identification recall',
  unit: 'percent',
  components: ['relevant', 'relevantRetrieved'],
  measure: (file) => {
    const { total, correct } = byName(file);
    return { relevant: total, relevantRetrieved: correct };
  },
  rate: ({ relevant, relevantRetrieved }) => ratio(relevantRetrieved, relevant, 1),
};

function byName({ reference, hypothesis }: Evaluated): Errors {
  const index = new Map(reference.labels.map((name, at) => [name, at]));
  const same = Int32Array.from(hypothesis.labels, (name) => index.get(name) ?? UNMAPPED);
  return matchTracks(reference, hypothesis, same);
}
