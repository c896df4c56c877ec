import type { Tensor, TensorInfo } from '../../model/runtime.ts';

/** What the main thread and an inference thread say to each other. Tensors' buffers are handed over, not copied. */

export interface WorkerSettings {
  /** onnxruntime's execution providers, best first. */
  readonly providers: readonly string[];
  readonly threads: number;
  /** Whether onnxruntime-web may stand in when the native module cannot be loaded. */
  readonly allowWasm: boolean;
}

/** A model for a thread to load. */
export interface Loadable {
  readonly source: string | Uint8Array;
  /** Whether the runtime has optimised it before. */
  readonly optimised?: boolean;
  /** Where to write it as the runtime optimises it. */
  readonly saveTo?: string;
}

export type Request =
  | ({ readonly type: 'load'; readonly job: number; readonly model: number } & Loadable)
  | { readonly type: 'run'; readonly job: number; readonly model: number; readonly feeds: Record<string, Tensor> }
  | { readonly type: 'release'; readonly job: number; readonly model: number };

export type Response =
  | {
      readonly type: 'loaded';
      readonly job: number;
      readonly inputs: readonly TensorInfo[];
      readonly outputs: readonly TensorInfo[];
      /** `onnxruntime-node` or `onnxruntime-web`. */
      readonly engine: string;
    }
  | { readonly type: 'done'; readonly job: number; readonly results: Record<string, Tensor> }
  | { readonly type: 'failed'; readonly job: number; readonly message: string };
