import { type Assembled, assemble } from '../diarize/assemble.ts';
import { diarize } from '../diarize/diarize.ts';
import type { ResolvedModel, Role } from '../model/manifest.ts';
import type { Runtime } from '../model/runtime.ts';
import { fetchModelFile } from './cache.ts';
import { packError } from './errors.ts';
import type { Request, Response, WorkerSettings } from './messages.ts';
import { resolveModel } from './model.ts';
import { createBrowserRuntime } from './onnx.ts';
import { openRecording } from './recording.ts';

/**
 * The worker: models, decoding and the whole pipeline live here, so that the page stays smooth. It serves one diarizer;
 * closing that ends the worker.
 */
interface Loaded extends Assembled {
  readonly runtime: Runtime;
}

let loaded: Loaded | undefined;
const running = new Map<number, AbortController>();

function send(response: Response): void {
  postMessage(response);
}

async function create(job: number, { model: wanted, speed, ...device }: WorkerSettings): Promise<void> {
  const model = await resolveModel(wanted);
  const runtime = await createBrowserRuntime(device);
  loaded = { runtime, ...(await assemble(model, runtime, filesOf(model, job), { speed })) };
  send({ type: 'created', job, model, device: runtime.device });
}

function filesOf(model: ResolvedModel, job: number): Parameters<typeof assemble>[2] {
  const hasPlda = model.pipeline !== '3.1'; // which leaves a model's PLDA where it is
  const entries = Object.entries(model.manifest.files);
  const wanted = entries.filter(([role]) => hasPlda || !role.startsWith('plda')).map(([, file]) => file);
  const total = wanted.every(({ size }) => size !== undefined)
    ? wanted.reduce((sum, { size = 0 }) => sum + size, 0)
    : undefined;
  let received = 0;
  const fetched = new Map<Role, Promise<Uint8Array>>();
  function bytes(role: Role): Promise<Uint8Array> {
    const found = fetched.get(role) ?? fetchModelFile(model.files[role] ?? '', model.manifest.files[role], { onBytes });
    fetched.set(role, found); // some are read twice
    return found;
  }
  function onBytes(numBytes: number): void {
    received += numBytes;
    send({ type: 'download', job, progress: { received, total } });
  }
  return { bytes, source: async (role) => ({ bytes: await bytes(role), name: model.files[role] }) };
}

async function run({ job, recording, options, observed }: Extract<Request, { type: 'diarize' }>): Promise<void> {
  if (loaded === undefined) throw new Error('A recording came before the models.');
  const { models, defaults, runtime } = loaded;
  const { resampler, channel, ...rest } = options;
  const { signal } = running.get(job)!;
  const audio = await openRecording(recording, { resampler, channel, signal });
  try {
    const result = await diarize(audio, models, {
      ...defaults,
      ...rest,
      signal,
      observe: observed ? (event) => send({ type: 'event', job, event }) : undefined,
    });
    const warnings = [...(audio.warnings ?? []), ...result.warnings];
    send({ type: 'done', job, result: { ...result, warnings }, device: runtime.device });
  } finally {
    await audio.close?.();
  }
}

async function answer(request: Request): Promise<void> {
  const { job } = request;
  if (request.type === 'abort') {
    running.get(job)?.abort();
    return;
  }
  running.set(job, new AbortController());
  try {
    await (request.type === 'create' ? create(job, request.settings) : run(request));
  } catch (error) {
    send({ type: 'failed', job, error: packError(error) });
  } finally {
    running.delete(job);
  }
}

/**
 * ONNX Runtime starts the script it is in once more for each of its threads. Where a bundler has put everything into one
 * script, that is this one, and all that is wanted of it is ONNX Runtime.
 */
const isThread = self.name.startsWith('em-pthread');

if (isThread) void import('onnxruntime-web/wasm');
else addEventListener('message', ({ data }: MessageEvent<Request>) => void answer(data));
