import type { Annotation } from '../core/annotation.ts';
import { type Evaluated, evaluate, type ScoringOptions } from './evaluated.ts';
import { greedyMapping, type Mapper, type Mapping, optimalMapping } from './mapping.ts';
import { type Errors, matchTracks } from './matching.ts';
import { type Metric, ratio } from './metric.ts';
import { orderedAsLetters, orderedAsNumbers } from './renamed.ts';

/**
 * Diarization error rate: of the time that was spoken, the share that is missed, falsely heard or given to the wrong
 * speaker, after each hypothesis speaker has been given the reference speaker that suits best.
 * DER = (miss + false alarm + confusion) / total. It passes 100 % when there is much false alarm.
 * Equal to pyannote.metrics 4.2.0 `DiarizationErrorRate` and `GreedyDiarizationErrorRate`: 0/0 is 0, x/0 is 1.
 */
export interface DiarizationErrors extends Errors {
  readonly der: number;
  /** The reference speaker of each hypothesis speaker that has one. */
  readonly mapping: ReadonlyMap<string, string>;
}

export function diarizationErrorRate(
  reference: Annotation,
  hypothesis: Annotation,
  options: ScoringOptions = {},
): DiarizationErrors {
  return errorRate(evaluate(reference, hypothesis, options), optimalMapping);
}

/** The same with the mapping that takes the longest pair first. */
export function greedyDiarizationErrorRate(
  reference: Annotation,
  hypothesis: Annotation,
  options: ScoringOptions = {},
): DiarizationErrors {
  return errorRate(evaluate(reference, hypothesis, options), greedyMapping);
}

export type ErrorName = keyof Errors;

export const ERROR_NAMES: readonly ErrorName[] = ['total', 'correct', 'confusion', 'falseAlarm', 'missedDetection'];

/** Errors over spoken time; what DER and the identification error rate have in common. */
export function errorShare({ confusion, falseAlarm, missedDetection, total }: Omit<Errors, 'correct'>): number {
  return ratio(confusion + falseAlarm + missedDetection, total, 0);
}

export const der: Metric<ErrorName> = {
  id: 'der',
  name: 'diarization error rate',
  unit: 'percent',
  components: ERROR_NAMES,
  measure: (file) => errorsOf(file, optimalMapping).errors,
  rate: errorShare,
};

export const greedyDer: Metric<ErrorName> = {
  ...der,
  id: 'greedy-der',
  name: 'greedy diarization error rate',
  measure: (file) => errorsOf(file, greedyMapping).errors,
};

function errorRate(file: Evaluated, mapper: Mapper): DiarizationErrors {
  const { errors, mapping } = errorsOf(file, mapper);
  return { der: errorShare(errors), ...errors, mapping };
}

function errorsOf(file: Evaluated, mapper: Mapper): { errors: Errors; mapping: ReadonlyMap<string, string> } {
  const reference = orderedAsLetters(file.reference);
  const hypothesis = orderedAsNumbers(file.hypothesis);
  const mapping = mapper(hypothesis, reference);
  return {
    errors: matchTracks(reference, hypothesis, mapping),
    mapping: named(mapping, hypothesis.labels, reference.labels),
  };
}

/** A mapping by name. */
export function named(mapping: Mapping, from: readonly string[], to: readonly string[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  mapping.forEach((column, row) => {
    if (column >= 0) pairs.set(from[row], to[column]);
  });
  return pairs;
}
