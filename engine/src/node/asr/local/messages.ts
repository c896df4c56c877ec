/** What a recogniser on this machine and its process say to each other. */
export interface LocalSettings {
  /** Holds config.json, tokenizer.json and onnx/. */
  readonly folder: string;
  /** Address of the package that runs it. */
  readonly library: string;
  readonly dtype: string;
  readonly threads: number | undefined;
}

export type ToRecogniser =
  | { readonly type: 'recognise'; readonly job: number; readonly samples: Float32Array; readonly language?: string }
  | { readonly type: 'stop'; readonly job: number };

export interface HeardWord {
  readonly text: string;
  readonly start?: number;
  readonly end?: number;
  readonly confidence?: number;
}

/** Of one stretch of sound. */
export interface Heard {
  readonly text: string;
  /** With the blanks and marks that they have in the text; absent where the model gives no times. */
  readonly words?: readonly HeardWord[];
  readonly language?: string;
}

export type FromRecogniser =
  | { readonly type: 'ready' }
  | { readonly type: 'unable'; readonly message: string }
  | { readonly type: 'heard'; readonly job: number; readonly heard: Heard }
  | { readonly type: 'failed'; readonly job: number; readonly message: string };
