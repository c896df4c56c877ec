/**
 * What we ask of an inference engine: load an ONNX file, feed tensors, get tensors, let go.
 * onnxruntime-node in worker threads, onnxruntime-web in a browser and the tests' fakes are three of them.
 */
export interface Runtime {
  /** For people: which provider runs, e.g. `cpu`, `cuda`, `webgpu`, `wasm`. */
  readonly device: string;
  /** How many runs are worth having in flight at once. */
  readonly concurrency: number;
  load(model: ModelSource): Promise<Session>;
  /** Lets go of threads and sessions. */
  close(): Promise<void>;
}

/** An ONNX model: the file's bytes, or its path where the runtime can read files. */
export type ModelSource = { readonly bytes: Uint8Array; readonly name?: string } | { readonly path: string };

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
