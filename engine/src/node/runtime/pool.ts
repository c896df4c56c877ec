import { Worker } from 'node:worker_threads';
import { InferenceError, ModelError } from '../../core/errors.ts';
import type { DerivedModel, ModelSource, Runtime, Session, Tensor, TensorInfo } from '../../model/runtime.ts';
import type { GraphCache } from './graphCache.ts';
import type { Loadable, Request, Response, WorkerSettings } from './messages.ts';

/**
 * Inference threads, one run each at a time: a run goes to an idle thread, a further thread is started while there are
 * fewer than allowed, and after that runs wait their turn. A thread loads a model when it first needs it. One that stopped
 * fails the run it was at, and another is started for those that wait.
 */
export interface PoolOptions extends WorkerSettings {
  readonly device: string;
  readonly numWorkers: number;
  readonly blockedLayout?: boolean;
  /** Keeps derived models as the runtime has optimised them. */
  readonly cache?: GraphCache;
}

export interface WorkerPool extends Runtime {
  /** `onnxruntime-node`, or `onnxruntime-web` where the native module could not be loaded; known after the first load. */
  readonly engine: string | undefined;
}

export function createPool({ device, numWorkers, blockedLayout, cache, ...settings }: PoolOptions): WorkerPool {
  const threads: Thread[] = [];
  const waiting: Job[] = [];
  let nextModel = 0;
  let engine: string | undefined;
  let closed: Promise<void> | undefined;

  function submit(job: Job): void {
    if (closed) {
      job.reject(closedError());
      return;
    }
    forgetDead();
    const idle =
      threads.find((thread) => thread.idle && thread.has(job.model)) ?? threads.find((thread) => thread.idle);
    if (idle) void idle.run(job).then(drain);
    else if (threads.length < numWorkers) {
      const thread = createThread(settings);
      threads.push(thread);
      void thread.run(job).then(drain);
    } else waiting.push(job);
  }

  function drain(): void {
    forgetDead();
    while (waiting.length > 0 && (threads.length < numWorkers || threads.some((thread) => thread.idle)))
      submit(waiting.shift()!);
  }

  function forgetDead(): void {
    for (let i = threads.length - 1; i >= 0; i--) if (threads[i].dead) threads.splice(i, 1);
  }

  function loadOnce(model: Model): Promise<Loaded> {
    return new Promise((resolve, reject) => {
      submit({ model, kind: 'load', resolve: resolve as Job['resolve'], reject });
    });
  }

  /** A model that was kept, else one that is made now and kept from now on. */
  async function loadDerived({ key, make }: DerivedModel): Promise<[Model, Loaded]> {
    const kept = cache?.find(key);
    if (kept !== undefined) {
      const model: Model = { id: nextModel++, source: kept, optimised: true };
      const loaded = await loadOnce(model).catch(() => cache?.drop(key));
      if (loaded) return [model, loaded];
    }
    const draft = cache?.draft(key);
    const made: Model = { id: nextModel++, source: make(), saveTo: draft };
    const loaded = await loadOnce(made);
    const file = draft === undefined ? undefined : cache?.keep(key, draft);
    return [
      file === undefined ? { ...made, saveTo: undefined } : { id: made.id, source: file, optimised: true },
      loaded,
    ];
  }

  async function loadGiven(source: Exclude<ModelSource, DerivedModel>): Promise<[Model, Loaded]> {
    const model: Model = { id: nextModel++, source: 'path' in source ? source.path : source.bytes };
    return [model, await loadOnce(model)];
  }

  async function load(source: ModelSource): Promise<Session> {
    const name = 'path' in source ? source.path : (source.name ?? 'model');
    const [model, first] = await ('make' in source ? loadDerived(source) : loadGiven(source)).catch(
      (error: unknown) => {
        throw error instanceof ModelError ? error : modelError(name, error);
      },
    );
    engine = first.engine;
    return {
      inputs: first.inputs,
      outputs: first.outputs,
      run: (feeds) =>
        new Promise((resolve, reject) => {
          submit({ model, kind: 'run', feeds, resolve: resolve as Job['resolve'], reject });
        }),
      release: async () => {
        await Promise.all(threads.map((thread) => thread.release(model)));
      },
    };
  }

  return {
    device,
    concurrency: numWorkers,
    blockedLayout,
    get engine() {
      return engine;
    },
    load,
    close: () => {
      closed ??= Promise.all(threads.map((thread) => thread.close())).then(() => undefined);
      for (const job of waiting.splice(0)) job.reject(closedError());
      return closed;
    },
  };
}

interface Model extends Loadable {
  readonly id: number;
}

interface Job {
  readonly model: Model;
  readonly kind: 'load' | 'run';
  readonly feeds?: Readonly<Record<string, Tensor>>;
  readonly resolve: (value: Loaded | Record<string, Tensor>) => void;
  readonly reject: (error: unknown) => void;
}

interface Loaded {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly engine: string;
}

interface Thread {
  readonly idle: boolean;
  /** Stopped: it never does anything again. */
  readonly dead: boolean;
  has(model: Model): boolean;
  run(job: Job): Promise<void>;
  release(model: Model): Promise<void>;
  close(): Promise<void>;
}

function createThread(settings: WorkerSettings): Thread {
  // From 1.30 on ONNX Runtime for Linux reports its use to Microsoft and leaves files in the temporary folder. Nothing
  // leaves this machine. Set here, because a thread's own environment is a copy that native code does not see.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  const here = import.meta.url;
  const file = here.endsWith('.ts') ? './inferenceWorker.ts' : './inferenceWorker.js';
  const worker = new Worker(new URL(file, here), { workerData: settings });
  worker.unref();
  const loaded = new Set<number>();
  const pending = new Map<number, { resolve: (response: Response) => void; reject: (error: unknown) => void }>();
  let nextJob = 0;
  let busy = 0;
  let dead: InferenceError | undefined;
  let drained: (() => void) | undefined;

  worker.on('message', (response: Response) => {
    const job = pending.get(response.job);
    pending.delete(response.job);
    if (pending.size === 0) {
      worker.unref();
      drained?.();
    }
    if (response.type === 'failed') job?.reject(new InferenceError('inference_failed', response.message));
    else job?.resolve(response);
  });
  const die = (message: string): void => {
    dead = new InferenceError(message.includes('memory') ? 'out_of_memory' : 'inference_failed', message);
    for (const job of pending.values()) job.reject(dead);
    pending.clear();
    drained?.();
  };
  worker.on('error', (error) => die(`An inference thread stopped: ${error instanceof Error ? error.message : error}`));
  worker.on('exit', (code) => die(`An inference thread ended with code ${code}.`));

  /** Sends a request, with the buffers of its feeds. */
  function ask(request: RequestWithoutJob): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (dead) return reject(dead);
      const job = nextJob++;
      pending.set(job, { resolve, reject });
      worker.ref();
      const buffers =
        request.type === 'run' ? Object.values(request.feeds).map(({ data }) => data.buffer as ArrayBuffer) : [];
      worker.postMessage({ ...request, job }, [...new Set(buffers)]);
    });
  }

  async function ensure({ id, ...model }: Model): Promise<Loaded | undefined> {
    if (loaded.has(id)) return undefined;
    const response = await ask({ type: 'load', model: id, ...model });
    loaded.add(id);
    return response as Extract<Response, { type: 'loaded' }>;
  }

  return {
    get idle() {
      return busy === 0 && dead === undefined;
    },
    get dead() {
      return dead !== undefined;
    },
    has: ({ id }) => loaded.has(id),
    run: async ({ model, kind, feeds, resolve, reject }) => {
      busy++;
      try {
        const description = await ensure(model);
        if (kind === 'load') resolve(description!);
        else {
          const response = await ask({ type: 'run', model: model.id, feeds: { ...feeds } });
          resolve((response as Extract<Response, { type: 'done' }>).results);
        }
      } catch (error) {
        reject(error);
      } finally {
        busy--;
      }
    },
    release: async ({ id }) => {
      if (loaded.delete(id)) await ask({ type: 'release', model: id });
    },
    close: async () => {
      dead ??= closedError();
      // A thread that is ended while native code runs in it takes the whole process down (Napi::Error, abort).
      if (pending.size > 0)
        await new Promise<void>((resolve) => {
          drained = resolve;
        });
      await worker.terminate();
    },
  };
}

type RequestWithoutJob = Request extends infer R ? (R extends Request ? Omit<R, 'job'> : never) : never;

function closedError(): InferenceError {
  return new InferenceError('inference_failed', 'The inference threads have been closed.');
}

function modelError(name: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new ModelError('model_invalid', `${name} could not be loaded as an ONNX model: ${reason}`, { cause: error });
}
