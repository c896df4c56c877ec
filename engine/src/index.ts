// The table of contents, in reading order. What needs a platform is in node/ and browser/.

export * from './channels/index.ts';
export * from './core/audio.ts';
export * from './core/diarization.ts';
export * from './core/errors.ts';
export * from './core/index.ts';
export { mostShared } from './core/mostShared.ts';
export { leastSure } from './diarize/confidence.ts';
export type { DiarizeEvent, DiarizeOptions, Stage } from './diarize/options.ts';
export * from './formats/index.ts';
export { CATALOG } from './model/catalog.ts';
export type { Speed } from './model/embed/loadEmbedding.ts';
export type { Licence } from './model/licence.ts';
export type { ConfidenceMaps, ModelManifest, ResolvedModel } from './model/manifest.ts';
export { type ParameterFile, readParameterFile } from './model/parameterFile.ts';
export type { Parameters, Pipeline } from './model/parameters.ts';
export { parseManifest } from './model/parseManifest.ts';
export * from './model/runtime.ts';
export type { LiveDiarization, LiveOptions } from './stream/live.ts';
export type { LiveEvent } from './stream/liveTurns.ts';
export * from './toolkit/index.ts';
export * from './transcript/index.ts';
export { type Identified, identifySpeakers, type Voiceprint } from './voiceprint/identify.ts';
