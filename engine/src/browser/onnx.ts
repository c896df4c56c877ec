import type { InferenceSession } from 'onnxruntime-web';
import { InferenceError, ModelError } from '../core/errors.ts';
import { readModel } from '../model/onnx/proto.ts';
import type { ModelSource, Runtime, Session, Tensor, TensorInfo } from '../model/runtime.ts';
import { onProbation } from './probation.ts';

/**
 * Networks in a browser, by onnxruntime-web 1.30 in two builds, each fetched only when needed:
 *
 *   wasm     WebAssembly with SIMD; one thread, several where the page is cross-origin isolated
 *   webgpu   the GPU; for networks without recurrence only, because ONNX Runtime's WebGPU has no LSTM
 *
 * A network stays on WebAssembly unless the GPU's first run of it agrees (probation.ts).
 */
export type BrowserDevice = 'auto' | 'wasm' | 'webgpu';

const DEVICES: readonly BrowserDevice[] = ['auto', 'wasm', 'webgpu'];

export interface BrowserRuntimeOptions {
  readonly device?: BrowserDevice;
  /** Threads of the WebAssembly build; more than one only where the page is cross-origin isolated. */
  readonly threads?: number;
  /** Folder of onnxruntime-web's .wasm files. Absent: where the bundler put them. Never another origin's CDN. */
  readonly wasmPaths?: string;
}

type Ort = Pick<typeof import('onnxruntime-web'), 'InferenceSession' | 'Tensor' | 'env'>;

/** A build of ONNX Runtime. It does one thing at a time: the GPU's cannot even be entered twice. */
interface Engine {
  readonly ort: Ort;
  readonly provider: 'wasm' | 'webgpu';
  queue: Promise<unknown>;
}

/** WebAssembly gains little beyond this for networks of this size. */
const MAX_THREADS = 4;

export async function createBrowserRuntime({
  device = 'auto',
  threads = MAX_THREADS,
  wasmPaths,
}: BrowserRuntimeOptions = {}): Promise<Runtime> {
  if (!DEVICES.includes(device))
    throw new RangeError(`Got device '${device}' when one of ${DEVICES.join(', ')} was expected.`);
  if (!(Number.isInteger(threads) && threads >= 1))
    throw new RangeError(`Got ${threads} threads when a whole number from 1 was expected.`);
  const wasm = engineOf('wasm', await import('onnxruntime-web/wasm'), 'ort-wasm-simd-threaded.wasm', wasmPaths);
  wasm.ort.env.wasm.numThreads = globalThis.crossOriginIsolated
    ? Math.max(1, Math.min(threads, MAX_THREADS, navigator.hardwareConcurrency ?? 1))
    : 1;
  const gpu = device === 'wasm' ? undefined : await loadGpu(device, wasmPaths);
  const sessions = new Set<Session>();
  let numOnGpu = 0;

  async function load(source: ModelSource): Promise<Session> {
    if ('path' in source) throw new TypeError('Got a path when a browser can load networks from bytes only.');
    if ('make' in source) return load({ bytes: source.make(), name: source.name });
    const session = gpu && !isRecurrent(source.bytes) ? await checked(gpu, source) : await open(wasm, source);
    sessions.add(session);
    return session;
  }

  /** On the GPU once it has proved itself. */
  async function checked(gpu: Engine, source: { readonly bytes: Uint8Array }): Promise<Session> {
    const cpu = await open(wasm, source);
    const candidate = await open(gpu, source).catch(() => undefined);
    if (candidate === undefined) return cpu;
    return onProbation(cpu, candidate, () => {
      numOnGpu++;
    });
  }

  return {
    get device() {
      return numOnGpu > 0 ? 'webgpu' : 'wasm';
    },
    concurrency: 1,
    load,
    close: async () => {
      await Promise.all([...sessions].map((session) => session.release()));
      sessions.clear();
    },
  };
}

function engineOf(provider: Engine['provider'], ort: Ort, file: string, wasmPaths: string | undefined): Engine {
  ort.env.logLevel = 'error';
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = { wasm: new URL(file, wasmPaths).href };
  return { ort, provider, queue: Promise.resolve() };
}

/** The GPU's engine where there is a GPU. `auto` does without one, and without one that is software (known from Chrome 127 on). */
async function loadGpu(device: 'auto' | 'webgpu', wasmPaths: string | undefined): Promise<Engine | undefined> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  if (device === 'auto' && (!adapter || adapter.info?.isFallbackAdapter)) return undefined;
  if (!adapter)
    throw new InferenceError(
      'device_unavailable',
      'The device webgpu does not work in this browser (no GPU adapter): use wasm, or auto.',
    );
  const file = 'ort-wasm-simd-threaded.asyncify.wasm';
  const gpu = engineOf('webgpu', await import('onnxruntime-web/webgpu'), file, wasmPaths);
  gpu.ort.env.wasm.numThreads = 1;
  return gpu;
}

async function open(
  engine: Engine,
  { bytes, name = 'model' }: { readonly bytes: Uint8Array; readonly name?: string },
): Promise<Session> {
  const { ort, provider } = engine;
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(bytes, {
      executionProviders: [provider],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
    });
  } catch (cause) {
    throw openingFailed(provider, name, cause);
  }

  async function runNow(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    await turnOfTheLoop();
    const tensors = Object.entries(feeds).map(([key, { type, data, dims }]) => [
      key,
      new ort.Tensor(type, data as never, dims),
    ]);
    try {
      const outputs = await session.run(Object.fromEntries(tensors));
      const results: Record<string, Tensor> = {};
      for (const [key, { type, data, dims }] of Object.entries(outputs))
        results[key] = { type: type as Tensor['type'], data: data as Float32Array, dims };
      return results;
    } catch (cause) {
      const message = messageOf(cause);
      const code = /memory|bad_alloc/i.test(message) ? 'out_of_memory' : 'inference_failed';
      throw new InferenceError(code, `${name} could not be run: ${message}`, { cause });
    }
  }

  return {
    inputs: session.inputMetadata.map(describe),
    outputs: session.outputMetadata.map(describe),
    run: (feeds) => {
      const run = engine.queue.then(() => runNow(feeds));
      engine.queue = run.catch(() => undefined);
      return run;
    },
    release: () => session.release(),
  };
}

function openingFailed(provider: Engine['provider'], name: string, cause: unknown): Error {
  const reason = messageOf(cause);
  if (/no available backend/.test(reason))
    return new InferenceError(
      'device_unavailable',
      `The device ${provider} could not be started (${reason}): are onnxruntime-web's .wasm files where wasmPaths says?`,
      { cause },
    );
  return new ModelError('model_invalid', `${name} could not be loaded as an ONNX model: ${reason}`, { cause });
}

/**
 * Lets messages in: WebAssembly's promises are settled before they are made, so that a worker that only awaits them
 * would not hear of an abort before the recording's end.
 */
function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

function isRecurrent(bytes: Uint8Array): boolean {
  return readModel(bytes).graph.nodes.some(({ op }) => op === 'LSTM' || op === 'GRU' || op === 'RNN');
}

function describe(info: InferenceSession.ValueMetadata): TensorInfo {
  if (!info.isTensor) return { name: info.name, type: 'other', dims: [] };
  return { name: info.name, type: info.type, dims: info.shape };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
