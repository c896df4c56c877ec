// Scores, in reading order. Published as diarist/metrics.

export * from './boundaries.ts';
export { type Comparison, comparePage, type PageOptions } from './comparePage.ts';
export * from './confidence.ts';
export * from './corpus.ts';
export * from './cpwer.ts';
export {
  type DiarizationErrors,
  der,
  diarizationErrorRate,
  type ErrorName,
  greedyDer,
  greedyDiarizationErrorRate,
} from './der.ts';
export * from './detection.ts';
export { type ErrorKind, type ErrorSpan, errorSpans, type LocatedErrors } from './errorSpans.ts';
export { type Evaluated, evaluate, type ScoringOptions } from './evaluated.ts';
export * from './homogeneity.ts';
export * from './identification.ts';
export * from './jer.ts';
export type { Errors } from './matching.ts';
export * from './metric.ts';
export * from './pairing.ts';
export * from './purity.ts';
export * from './report.ts';
export * from './segmentation.ts';
export * from './speakerCount.ts';
export * from './table.ts';
export * from './wder.ts';
export * from './words.ts';
