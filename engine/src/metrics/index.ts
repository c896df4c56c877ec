// Scores, in reading order. Published as diarist/metrics.

export * from './der.ts';
export { type Evaluated, evaluate, type ScoringOptions } from './evaluated.ts';
export type { Errors } from './matching.ts';
export * from './metric.ts';
