// The `diarist/browser` entry point: everything of the core, and the pipeline in a worker.
export * from '../index.ts';
export { clearModelCache, type DownloadProgress } from './cache.ts';
export * from './client.ts';
export { embeddedModel, type ModelAtUrl } from './model.ts';
export type { BrowserDevice } from './onnx.ts';
