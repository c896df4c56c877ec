/**
 * What we ask of an inference engine: load an ONNX file, feed tensors, get tensors, let go.
 * onnxruntime-node in worker threads, onnxruntime-web in a browser and the tests' fakes are three of them.
 */
export interface Runtime {
  /** For people: which provider runs, e.g. `cpu`, `cuda`, `webgpu`, `wasm`. */
  readonly device: string;
  /** How many runs are worth having in flight at once. */
  readonly concurrency: number;
  /** Whether its convolutions keep a blocked layout, in which a rewritten trunk is quicker (onnx/winograd.ts). */
  readonly blockedLayout?: boolean;
  load(model: ModelSource): Promise<Session>;
  /** Lets go of threads and sessions. */
  close(): Promise<void>;
}

/** An ONNX model: the file's bytes, its path where the runtime can read files, or how to make it from another. */
export type ModelSource =
  | { readonly bytes: Uint8Array; readonly name?: string }
  | { readonly path: string }
  | DerivedModel;

/** A model made from another one. A runtime that keeps what it made, optimised for its machine, finds it by the key. */
export interface DerivedModel {
  /** What it is made of and how: another key for every other result. */
  readonly key: string;
  readonly name: string;
  readonly make: () => Uint8Array;
}

export interface Tensor {
  readonly type: 'float32' | 'int64' | 'bool';
  readonly data: Float32Array | BigInt64Array | Uint8Array;
  readonly dims: readonly number[];
}

/** A tensor's name and shape as the file declares them; a string names a free axis. */
export interface TensorInfo {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly (number | string)[];
}

export interface Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Runs the network. The feeds' buffers may be taken over by the runtime: don't read them afterwards. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/** A float tensor. */
export function floats(data: Float32Array, dims: readonly number[]): Tensor {
  return { type: 'float32', data, dims };
}
