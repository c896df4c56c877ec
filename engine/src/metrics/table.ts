import { didYouMean } from '../core/nearest.ts';
import { boundaryPrecision, boundaryRecall } from './boundaries.ts';
import { cpwer, type TranscriptPair } from './cpwer.ts';
import { der, greedyDer } from './der.ts';
import {
  detection,
  detectionAccuracy,
  detectionCost,
  detectionF,
  detectionPrecision,
  detectionRecall,
} from './detection.ts';
import { completeness, homogeneity } from './homogeneity.ts';
import { identificationPrecision, identificationRecall, ier } from './identification.ts';
import { jer } from './jer.ts';
import type { Metric } from './metric.ts';
import { coverage, purity } from './purity.ts';
import { segmentationCoverage, segmentationF, segmentationPurity } from './segmentation.ts';
import { speakerCountAccuracy, speakerCountError } from './speakerCount.ts';
import { wder } from './wder.ts';

/** The table of metrics, from which the command line chooses. */

/** Of who talks when; they look at turns. */
export const TURN_METRICS: readonly Metric[] = [
  der,
  greedyDer,
  jer,
  ier,
  identificationPrecision,
  identificationRecall,
  detection,
  detectionAccuracy,
  detectionPrecision,
  detectionRecall,
  detectionF,
  detectionCost,
  purity,
  coverage,
  homogeneity,
  completeness,
  segmentationPurity(),
  segmentationCoverage(),
  segmentationF(),
  boundaryPrecision({ tolerance: 0.5 }),
  boundaryRecall({ tolerance: 0.5 }),
  speakerCountError,
  speakerCountAccuracy,
];

/** Of who says what; they look at words. */
export const WORD_METRICS: readonly Metric<string, TranscriptPair>[] = [cpwer, wder];

/** A metric of either kind. */
export type AnyMetric =
  | { readonly kind: 'turns'; readonly metric: Metric }
  | { readonly kind: 'words'; readonly metric: Metric<string, TranscriptPair> };

export function metricById(id: string): AnyMetric {
  const turns = TURN_METRICS.find((metric) => metric.id === id);
  if (turns) return { kind: 'turns', metric: turns };
  const words = WORD_METRICS.find((metric) => metric.id === id);
  if (words) return { kind: 'words', metric: words };
  const ids = [...TURN_METRICS, ...WORD_METRICS].map((metric) => metric.id);
  throw new RangeError(`Got the metric '${id}' when one of ${ids.join(', ')} was expected.${didYouMean(id, ids)}`);
}
