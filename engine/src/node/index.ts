// The `diarist` entry point for Node: everything of the core, and what needs files and threads.
export * from '../index.ts';
export * from './asr/index.ts';
export * from './channels/diarizeChannels.ts';
export * from './decode/openAudio.ts';
export * from './diarizer.ts';
export { type ModelEnvironment, modelEnvironment } from './models/environment.ts';
export { type ResolveOptions, resolveModels } from './models/resolve.ts';
export { findModel, listModels, type NamedModel, type PullProgress, presenceOf, pullModel } from './models/store.ts';
export * from './queue.ts';
export * from './recording.ts';
export { type Heard, openToolkit, type Toolkit, type ToolkitOptions } from './toolkit.ts';
export { type ProtocolItem, readProtocol } from './tune/protocol.ts';
export { type TunedModel, type TuneEvent, type TuneRecordingsOptions, tuneRecordings } from './tune/tuneRecordings.ts';
export { readVoiceprints, type Voiceprints } from './voiceprints.ts';
