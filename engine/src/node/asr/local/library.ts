/**
 * The part of `@huggingface/transformers` 4.3 that is used, so that the package need not be installed to compile this:
 * it takes 474 MB and is fetched by those who want it.
 */
export interface Transformers {
  readonly env: {
    allowRemoteModels: boolean;
    allowLocalModels: boolean;
    useFSCache: boolean;
    useBrowserCache: boolean;
    localModelPath: string;
    fetch: (...args: unknown[]) => Promise<unknown>;
  };
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => Tensor;
  readonly InterruptableStoppingCriteria: new () => Interrupt;
  pipeline(
    task: 'automatic-speech-recognition',
    model: string,
    options: {
      readonly dtype: string;
      readonly device: string;
      readonly local_files_only: boolean;
      readonly session_options: { readonly intraOpNumThreads?: number };
    },
  ): Promise<AsrPipeline>;
}

/** Ends a generation at the next token. */
export interface Interrupt {
  interrupt(): void;
  reset(): void;
}

export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

export interface AsrPipeline {
  (samples: Float32Array, options?: Readonly<Record<string, unknown>>): Promise<AsrAnswer>;
  readonly model: {
    (inputs: Readonly<Record<string, unknown>>): Promise<{ readonly logits: Tensor }>;
    readonly config: { readonly model_type: string; readonly pad_token_id?: number };
    readonly generation_config?: {
      readonly is_multilingual?: boolean;
      readonly lang_to_id?: Readonly<Record<string, number>>;
      readonly decoder_start_token_id?: number;
      readonly alignment_heads?: unknown;
    } | null;
  };
  processor(samples: Float32Array): Promise<Readonly<Record<string, unknown>>>;
}

export interface AsrAnswer {
  readonly text: string;
  readonly chunks?: readonly { readonly text: string; readonly timestamp: readonly (number | null)[] }[];
}
