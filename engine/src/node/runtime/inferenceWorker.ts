import { rmSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { Tensor, TensorInfo } from '../../model/runtime.ts';
import type { Loadable, Request, Response, WorkerSettings } from './messages.ts';

/** The inside of an inference thread: ONNX Runtime blocks the thread it runs in, so it gets one of its own. */

type Ort = Pick<typeof import('onnxruntime-node'), 'InferenceSession' | 'Tensor'>;

const settings = workerData as WorkerSettings;
const port = parentPort!;
const sessions = new Map<number, InferenceSession>();

const { ort, engine } = await loadOrt();

async function loadOrt(): Promise<{ ort: Ort; engine: string }> {
  try {
    return { ort: await import('onnxruntime-node'), engine: 'onnxruntime-node' };
  } catch (error) {
    if (!settings.allowWasm) throw error;
    const web = await import('onnxruntime-web/wasm');
    web.env.wasm.numThreads = 1;
    return { ort: web as unknown as Ort, engine: 'onnxruntime-web' };
  }
}

async function answer(request: Request): Promise<void> {
  const { job, model } = request;
  try {
    if (request.type === 'load') {
      const session = await createSession(request);
      sessions.set(model, session);
      const [inputs, outputs] = [session.inputMetadata, session.outputMetadata].map((list) => list.map(describe));
      post({ type: 'loaded', job, inputs, outputs, engine });
    } else if (request.type === 'run') {
      const feeds = Object.fromEntries(
        Object.entries(request.feeds).map(([name, { type, data, dims }]) => [
          name,
          new ort.Tensor(type, data as never, dims),
        ]),
      );
      const outputs = await sessions.get(model)!.run(feeds);
      for (const { data } of Object.values(request.feeds)) free(data.buffer as ArrayBuffer);
      const results: Record<string, Tensor> = {};
      for (const [name, tensor] of Object.entries(outputs)) results[name] = ours(tensor);
      post(
        { type: 'done', job, results },
        Object.values(results).map(({ data }) => data.buffer as ArrayBuffer),
      );
    } else {
      await sessions.get(model)?.release();
      sessions.delete(model);
      post({ type: 'done', job, results: {} });
    }
  } catch (error) {
    post({ type: 'failed', job, message: error instanceof Error ? error.message : String(error) });
  }
}

async function createSession({ source, optimised = false, saveTo }: Loadable): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: engine === 'onnxruntime-node' ? [...settings.providers] : ['wasm'],
    intraOpNumThreads: settings.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: optimised ? 'disabled' : 'all',
    enableCpuMemArena: false, // an arena keeps the most that was ever needed, 360 MB a thread more, and is no faster here
    logSeverityLevel: 3,
  };
  const create = (more: InferenceSession.SessionOptions = {}): Promise<InferenceSession> =>
    typeof source === 'string'
      ? ort.InferenceSession.create(source, { ...options, ...more })
      : ort.InferenceSession.create(source, { ...options, ...more });
  if (saveTo === undefined || engine !== 'onnxruntime-node') return create();
  return create({ optimizedModelFilePath: saveTo }).catch(() => {
    rmSync(saveTo, { force: true }); // half of it, when the disk is full; that keeps nobody from running
    return create();
  });
}

function describe(info: InferenceSession.ValueMetadata): TensorInfo {
  if (!info.isTensor) return { name: info.name, type: 'other', dims: [] };
  return { name: info.name, type: info.type, dims: info.shape };
}

/** Lets go of a buffer's memory at once: a thread that only passes buffers on collects its garbage too rarely. */
function free(buffer: ArrayBuffer & { transfer?(length: number): ArrayBuffer }): void {
  buffer.transfer?.(0);
}

/** Outputs own their memory, except where the runtime gives a view of something larger. */
function ours(tensor: OrtTensor): Tensor {
  const data = tensor.data as Float32Array;
  const owned = data.byteLength === data.buffer.byteLength && data.buffer instanceof ArrayBuffer ? data : data.slice();
  return { type: tensor.type as Tensor['type'], data: owned, dims: tensor.dims };
}

function post(response: Response, transfer: ArrayBuffer[] = []): void {
  port.postMessage(response, transfer);
}

port.on('message', (request: Request) => void answer(request));
