// Tuning, in reading order: what may be chosen, how it is searched, what it is worth.

export type { Curve } from './curves.ts';
export { type Objective, type TuningRecording, tuningObjective } from './objective.ts';
export { tuningPage } from './reportHtml.ts';
export { type ReportContext, tuningMarkdown } from './reportMarkdown.ts';
export type { Dimension, Point, Space } from './space.ts';
export { runStudy, type Study } from './study.ts';
export { suggest, type Trial } from './suggest.ts';
export { searchSpace, startOf } from './tunable.ts';
export { type Fold, type HeldOut, type Tuned, type TuneOptions, tune } from './tune.ts';
export { verdict } from './verdict.ts';
