import type { Audio } from '../core/audio.ts';
import type { Diarization } from '../core/diarization.ts';
import { InferenceError } from '../core/errors.ts';
import type { DiarizeEvent } from '../diarize/options.ts';
import type { Speed } from '../model/embed/loadEmbedding.ts';
import type { ResolvedModel } from '../model/manifest.ts';
import type { DownloadProgress } from './cache.ts';
import { unpackError } from './errors.ts';
import type { Request, Response, SentOptions, SentRecording, WorkerSettings } from './messages.ts';
import { folderUrl, type ModelAtUrl, wholeUrl } from './model.ts';
import type { BrowserDevice } from './onnx.ts';
import { decodeInPage } from './pageDecoder.ts';

/** A recording: a file the user chose, a Blob, bytes, a URL, or samples. */
export type Recording = Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer> | URL | string | Audio;

export interface DiarizerOptions {
  /** Where the model is: `embeddedModel('/models/embedded-v1/')`. */
  readonly model: ModelAtUrl;
  readonly device?: BrowserDevice;
  /** Threads of WebAssembly, up to 4; they need a cross-origin isolated page. */
  readonly threads?: number;
  /** Folder of onnxruntime-web's .wasm files; absent, where the bundler put them. */
  readonly wasmPaths?: string | URL;
  readonly speed?: Speed;
  /** Bytes of the model that have arrived, from the network or the cache. */
  readonly onDownload?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  /** Makes the worker, for bundlers that do not understand `new Worker(new URL(…))`: run `diarist/browser/worker`. */
  readonly createWorker?: () => Worker;
}

export interface RecordingOptions extends SentOptions {
  /** Aborts; the promise is rejected at once with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told of progress and of each stage's result. */
  readonly observe?: (event: DiarizeEvent) => void;
}

/** A model loaded in a worker, for any number of recordings. Close it to let its memory go. */
export interface Diarizer {
  readonly model: ResolvedModel;
  /** What runs the networks: `wasm`, or `webgpu` once a first recording has shown that the GPU computes right. */
  readonly device: string;
  diarize(recording: Recording, options?: RecordingOptions): Promise<Diarization>;
  close(): void;
}

/**
 * Loads a model in a worker and keeps it.
 * @example
 * const diarizer = await createDiarizer({ model: embeddedModel('/models/embedded-v1/') });
 * const { turns } = await diarizer.diarize(input.files[0], { numSpeakers: 2 });
 */
export async function createDiarizer({
  onDownload,
  signal,
  wasmPaths,
  createWorker = moduleWorker,
  ...options
}: DiarizerOptions): Promise<Diarizer> {
  signal?.throwIfAborted();
  if (typeof options.model?.baseUrl !== 'string')
    throw new TypeError(
      "Got no model: embeddedModel('/models/embedded-v1/'), with the folder's address, was expected.",
    );
  const worker = createWorker();
  const jobs = new Map<number, Job>();
  let nextJob = 0;
  let device = '';
  let ended: Error | undefined;

  function end(reason: Error): void {
    ended ??= reason;
    worker.terminate();
    for (const { reject } of jobs.values()) reject(ended);
    jobs.clear();
  }
  /** An observer that throws ends its run. */
  function tell(number: number, of: (job: Callbacks) => void): void {
    const job = jobs.get(number);
    try {
      if (job) of(job);
    } catch (error) {
      worker.postMessage({ type: 'abort', job: number } satisfies Request);
      jobs.delete(number);
      job?.reject(error);
    }
  }
  worker.onmessage = ({ data }: MessageEvent<Response>) => {
    if (data.type === 'download') return tell(data.job, ({ onDownload }) => onDownload?.(data.progress));
    if (data.type === 'event') return tell(data.job, ({ observe }) => observe?.(data.event));
    const job = jobs.get(data.job);
    if (data.type === 'created' || data.type === 'done') device = data.device;
    jobs.delete(data.job);
    if (data.type === 'failed') job?.reject(unpackError(data.error));
    else job?.resolve(data);
  };
  worker.onerror = (event) => {
    const reason = event.message || 'its script could not be loaded';
    end(new InferenceError('inference_failed', `The diarization worker stopped: ${reason}.`));
  };

  function ask(request: RequestWithoutJob, { signal, ...callbacks }: Callbacks): Promise<Response> {
    if (ended) return Promise.reject(ended);
    const job = nextJob++;
    let abort: (() => void) | undefined;
    return new Promise<Response>((resolve, reject) => {
      abort = () => {
        worker.postMessage({ type: 'abort', job } satisfies Request);
        jobs.delete(job);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      jobs.set(job, { ...callbacks, resolve, reject });
      worker.postMessage({ ...request, job });
    }).finally(() => abort && signal?.removeEventListener('abort', abort));
  }

  async function diarize(recording: Recording, recordingOptions: RecordingOptions = {}): Promise<Diarization> {
    const { signal, observe, ...rest } = recordingOptions;
    signal?.throwIfAborted();
    const request = (sent: SentRecording): RequestWithoutJob => ({
      type: 'diarize',
      recording: sent,
      options: defined(rest),
      observed: observe !== undefined,
    });
    const sent = sendable(recording);
    const response = await ask(request(sent), { signal, observe }).catch(async (error: { code?: string }) => {
      const perhaps = error?.code === 'audio_decoder_missing' || error?.code === 'audio_truncated';
      const decoded = perhaps ? await unlessAborted(decodeInPage(sent, signal), signal) : undefined;
      if (decoded === undefined) throw error;
      return ask(request(decoded), { signal, observe });
    });
    return (response as Extract<Response, { type: 'done' }>).result;
  }

  const settings: WorkerSettings = {
    ...options,
    device: options.device ?? 'auto',
    wasmPaths: wasmPaths === undefined ? undefined : folderUrl(wasmPaths),
  };
  const close = (): void => end(new InferenceError('inference_failed', 'The diarizer has been closed.'));
  try {
    const created = await ask({ type: 'create', settings }, { signal, onDownload });
    const { model } = created as Extract<Response, { type: 'created' }>;
    return {
      model,
      get device() {
        return device;
      },
      diarize,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

interface Callbacks {
  readonly signal?: AbortSignal;
  readonly observe?: (event: DiarizeEvent) => void;
  readonly onDownload?: (progress: DownloadProgress) => void;
}

interface Job extends Omit<Callbacks, 'signal'> {
  readonly resolve: (response: Response) => void;
  readonly reject: (reason: unknown) => void;
}

type RequestWithoutJob = Request extends infer R ? (R extends Request ? Omit<R, 'job'> : never) : never;

/** Written out for bundlers, which look for exactly this expression. */
function moduleWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'diarist' });
}

function sendable(recording: Recording): SentRecording {
  if (isA<Blob>(recording, 'Blob', 'File')) return { kind: 'blob', blob: recording, name: nameOf(recording) };
  if (typeof recording === 'string' || isA<URL>(recording, 'URL')) return { kind: 'url', url: wholeUrl(recording) };
  if (isA<ArrayBuffer>(recording, 'ArrayBuffer') || ArrayBuffer.isView(recording))
    return { kind: 'blob', blob: new Blob([recording]), name: 'the input' };
  if (typeof recording === 'object' && recording !== null && 'samples' in recording) {
    const { samples, sampleRate } = recording; // whatever else is in it may not be clonable
    return { kind: 'audio', audio: { samples: onItsOwn(samples), sampleRate } };
  }
  throw new TypeError('Got no recording: a File, Blob, ArrayBuffer, URL or { samples, sampleRate } was expected.');
}

/** By its tag: what comes from a frame or a window of the page is of another realm. */
function isA<T>(value: unknown, ...tags: readonly string[]): value is T {
  return tags.includes(Object.prototype.toString.call(value).slice('[object '.length, -1));
}

function nameOf(blob: Blob): string {
  const { name = '' } = blob as Partial<File>;
  return name === '' ? 'the input' : name;
}

/** Part of a larger recording takes all of its memory along when it is cloned. */
function onItsOwn(samples: Float32Array): Float32Array {
  return samples?.byteLength < samples?.buffer?.byteLength ? samples.slice() : samples;
}

/** What the work comes to, unless the signal comes first: decodeAudioData can't be stopped. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
  });
  return Promise.race([work, aborted]).finally(() => abort && signal?.removeEventListener('abort', abort));
}

/** Options that were given: an undefined one must not hide a default. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
