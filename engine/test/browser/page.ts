import {
  createDiarizer,
  type Diarization,
  type Diarizer,
  type DiarizerOptions,
  type DownloadProgress,
  embeddedModel,
  type RecordingOptions,
} from 'diarist/browser';
import { openRecording } from '../../src/browser/recording.ts';

/** The page under test. It shows the package's own calls to the tests, with errors and results as plain data. */
export interface Outcome {
  readonly turns?: Diarization['turns'];
  readonly exclusiveTurns?: Diarization['exclusiveTurns'];
  readonly speakers?: readonly { readonly label: string; readonly embedding: readonly number[] }[];
  readonly warnings?: readonly string[];
  readonly model?: Diarization['model'];
  readonly duration?: number;
  readonly device?: string;
  /** What was last said of the download. */
  readonly download?: DownloadProgress;
  readonly error?: { readonly name: string; readonly code?: string; readonly message: string; readonly class: boolean };
  readonly events?: readonly string[];
  readonly elapsedMs: number;
  /** How often the page itself could act meanwhile; it tries every 10 ms. */
  readonly numTicks: number;
}

interface Asked extends Omit<RecordingOptions, 'signal' | 'observe'> {
  readonly url: string;
  /** Sent as a File of this name, or as bytes; by URL where absent. */
  readonly fileName?: string;
  readonly as?: 'file' | 'bytes' | 'url' | 'samples';
  readonly abortAfterMs?: number;
  readonly abortAtStage?: string;
}

const diarizers = new Map<string, Diarizer>();

interface Opened extends Partial<DiarizerOptions> {
  readonly modelUrl?: string;
  /** A worker's script in place of the bundler's. */
  readonly workerUrl?: string;
}

async function open(name: string, options: Opened = {}): Promise<Outcome> {
  return outcome(async () => {
    const { modelUrl = '/models/embedded-v1/', workerUrl, ...rest } = options;
    const createWorker = workerUrl === undefined ? undefined : () => new Worker(workerUrl, { type: 'module' });
    let download: DownloadProgress | undefined;
    const onDownload = (progress: DownloadProgress): void => {
      download = progress;
    };
    const diarizer = await createDiarizer({ model: embeddedModel(modelUrl), createWorker, onDownload, ...rest });
    diarizers.set(name, diarizer);
    return { device: diarizer.device, download };
  });
}

async function diarize(name: string, { url, fileName, as = 'file', abortAfterMs, abortAtStage, ...options }: Asked) {
  const events: string[] = [];
  const diarizer = diarizers.get(name)!;
  const controller = new AbortController();
  const recording = as === 'url' ? url : await fetched(url, as, fileName);
  return outcome(async () => {
    if (abortAfterMs !== undefined) setTimeout(() => controller.abort(), abortAfterMs);
    const result = await diarizer.diarize(recording, {
      ...options,
      signal: controller.signal,
      observe: (event) => {
        const stage = event.type === 'progress' ? event.stage : event.type;
        if (!events.includes(stage)) events.push(stage);
        if (stage === abortAtStage) controller.abort();
      },
    });
    const speakers = result.speakers.map(({ label, embedding = [] }) => ({ label, embedding: [...embedding] }));
    return { ...result, speakers, device: diarizer.device, events };
  });
}

async function fetched(url: string, as: 'file' | 'bytes' | 'samples', fileName = url.split('/').at(-1) ?? '') {
  const bytes = await (await fetch(url)).arrayBuffer();
  if (as === 'bytes') return bytes;
  if (as === 'file') return new File([bytes], fileName);
  const samples = Float32Array.from(new Int16Array(bytes, 44), (value) => value / 32768); // of a plain 16-bit WAV
  return { sampleRate: new DataView(bytes).getUint32(24, true), samples };
}

async function outcome(work: () => Promise<Partial<Outcome>>): Promise<Outcome> {
  const start = performance.now();
  let numTicks = 0;
  const timer = setInterval(() => numTicks++, 10);
  let found: Partial<Outcome>;
  try {
    found = await work();
  } catch (thrown) {
    const error = thrown as Error & { code?: string };
    found = { error: { name: error.name, code: error.code, message: error.message, class: error instanceof Error } };
  }
  clearInterval(timer);
  return { ...found, elapsedMs: performance.now() - start, numTicks };
}

/** The samples that the models hear, as the worker would decode them. */
async function samples(url: string): Promise<number[]> {
  const blob = await (await fetch(url)).blob();
  const name = url.split('/').at(-1) ?? '';
  const audio = await openRecording({ kind: 'blob', blob, name }, { signal: new AbortController().signal });
  const heard: number[] = [];
  for await (const block of audio.blocks) heard.push(...block);
  return heard;
}

function close(name: string): void {
  diarizers.get(name)?.close();
}

const calls = { open, diarize, samples, close };
export type Calls = typeof calls;
Object.assign(globalThis, { calls });
