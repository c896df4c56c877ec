import type { ChannelChoice } from '../audio/mixdown.ts';
import type { ResamplerKind } from '../audio/resample.ts';
import type { Audio } from '../core/audio.ts';
import type { Diarization } from '../core/diarization.ts';
import type { DiarizeEvent, DiarizeOptions } from '../diarize/options.ts';
import type { Speed } from '../model/embed/loadEmbedding.ts';
import type { ResolvedModel } from '../model/manifest.ts';
import type { DownloadProgress } from './cache.ts';
import type { ThrownError } from './errors.ts';
import type { ModelAtUrl } from './model.ts';
import type { BrowserDevice } from './onnx.ts';

/** What a page and its worker say to each other. Everything is a plain object that structured cloning takes as it is. */

/** A recording as it crosses to the worker; `planar` is one that only the page could decode. */
export type SentRecording =
  | { readonly kind: 'blob'; readonly blob: Blob; readonly name: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'audio'; readonly audio: Audio }
  | { readonly kind: 'planar'; readonly channels: readonly Float32Array[]; readonly sampleRate: number };

/** What a worker is made of, once. */
export interface WorkerSettings {
  readonly model: ModelAtUrl;
  readonly device: BrowserDevice;
  readonly threads?: number;
  readonly wasmPaths?: string;
  readonly speed?: Speed;
}

/** A recording's options without what cannot be cloned: the signal and the observer stay in the page, a checkpoint is Node's. */
export interface SentOptions extends Omit<DiarizeOptions, 'signal' | 'observe' | 'checkpoint'> {
  readonly resampler?: ResamplerKind;
  readonly channel?: ChannelChoice;
}

export type Request =
  | { readonly type: 'create'; readonly job: number; readonly settings: WorkerSettings }
  | {
      readonly type: 'diarize';
      readonly job: number;
      readonly recording: SentRecording;
      readonly options: SentOptions;
      readonly observed: boolean;
    }
  | { readonly type: 'abort'; readonly job: number };

export type Response =
  | { readonly type: 'download'; readonly job: number; readonly progress: DownloadProgress }
  | { readonly type: 'event'; readonly job: number; readonly event: DiarizeEvent }
  | { readonly type: 'created'; readonly job: number; readonly model: ResolvedModel; readonly device: string }
  | { readonly type: 'done'; readonly job: number; readonly result: Diarization; readonly device: string }
  | { readonly type: 'failed'; readonly job: number; readonly error: ThrownError };
