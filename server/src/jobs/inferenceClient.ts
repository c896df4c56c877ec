import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Recogniser } from 'diarist';
import type { JobErrorCode, Stage } from '../contract/jobs.ts';
import type { LoadedModel } from '../loadedModel.ts';
import type { Log } from '../log.ts';
import { startProcess } from './childProcess.ts';
import type { FromInference, RunOptions, RunResult, ToInference } from './messages.ts';

/** The file or its job is at fault: the job fails and is not tried again. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure';
  readonly code: JobErrorCode;
  constructor(code: JobErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Who spoke was found, the words were not: the recogniser failed. */
export class Unspoken extends Error {
  override readonly name = 'Unspoken';
  readonly result: RunResult;
  constructor(result: RunResult, cause: unknown) {
    super('The recogniser failed.', { cause });
    this.result = result;
  }
}

/** The inference process ended while it had a job. */
export class InferenceLost extends Error {
  override readonly name = 'InferenceLost';
}

/** The worker's side of its inference process: started when needed, killed when it does not obey. */
export interface Inference {
  /** Starts the process when there is none, and waits until its models are loaded. */
  ready(): Promise<LoadedModel>;
  run(file: string, options: RunOptions, hooks: RunHooks): Promise<RunResult>;
  readonly pid: number | undefined;
  close(): Promise<void>;
}

export interface RunHooks {
  readonly signal: AbortSignal;
  readonly onProgress: (stage: Stage, progress: number) => void;
  /** Needed by a run that asks for words. */
  readonly recogniser?: Recogniser | undefined;
}

export interface InferenceSettings {
  /** What the process imports: `diarist`, or a module of the same shape. */
  readonly engine: string;
  readonly model: string;
  readonly device: string;
  readonly threads: number;
  /** The most resident memory of the process; past it the job fails, not the machine. */
  readonly memoryBytes: number;
  readonly log: Log;
}

/** How long a process may take to stop by itself after a cancel. */
const OBEY_MS = 1200;

export function createInference({ engine, model, device, threads, memoryBytes, log }: InferenceSettings): Inference {
  let child: ChildProcess | undefined;
  let loading: Promise<LoadedModel> | undefined;
  let runs = 0;
  let closed = false;

  function start(): Promise<LoadedModel> {
    const { child: process_, said } = startProcess('inference', import.meta.url, [
      engine,
      model,
      device,
      String(threads),
    ]);
    child = process_;
    process_.once('exit', (code, signal) => {
      if (child === process_) {
        child = undefined;
        loading = undefined;
      }
      if (!closed && code !== 0) log.warn('inference process ended', { code, signal, said: said().slice(-1000) });
    });
    return new Promise((done, fail) => {
      process_.once('error', (error) => {
        // One that never began has no exit, either.
        if (process_.pid === undefined) child = undefined;
        fail(error);
      });
      process_.once('exit', () => fail(new InferenceLost('The inference process ended while it was loading.')));
      process_.on('message', (message: FromInference) => {
        if (message.type === 'ready') done(message.model);
        if (message.type === 'unable') fail(new Error(message.message));
      });
    });
  }

  async function ready(): Promise<LoadedModel> {
    if (!loading) {
      const started = start();
      loading = started;
      started.catch(() => {
        if (loading === started) loading = undefined;
      });
    }
    return loading;
  }

  return {
    ready,
    get pid() {
      return child?.pid;
    },
    async run(file, options, { signal, onProgress, recogniser }) {
      await ready();
      signal.throwIfAborted();
      const process_ = child;
      if (!process_) throw new InferenceLost('The inference process ended before the job began.');
      const run = ++runs;
      const tell = (message: ToInference) => process_.connected && process_.send(message);
      // What the recogniser does for this run ends with it, however it ends.
      const recognising = new AbortController();
      let fault: { error: unknown } | undefined;
      const recognise = async ({ speech, sound, language }: Extract<FromInference, { type: 'recognise' }>) => {
        try {
          if (!recogniser)
            throw new JobFailure('transcription_unavailable', 'This worker has no speech-to-text backend');
          const options_ = { signal: recognising.signal, ...(language === undefined ? {} : { language }) };
          tell({ type: 'recognised', run, speech, transcript: await recogniser.recognise(sound, options_) });
        } catch (error) {
          fault ??= { error };
          tell({ type: 'unrecognised', run });
        }
      };
      let killer: NodeJS.Timeout | undefined;
      let watcher: NodeJS.Timeout | undefined;
      const cancel = () => {
        tell({ type: 'cancel', run });
        recognising.abort(signal.reason);
        killer = setTimeout(() => process_.kill('SIGKILL'), OBEY_MS);
      };
      let onMessage: (message: FromInference) => void = () => {};
      let onExit: () => void = () => {};
      try {
        return await new Promise<RunResult>((done, fail) => {
          onMessage = (message) => {
            if (!('run' in message) || message.run !== run) return;
            if (message.type === 'progress') onProgress(message.stage, message.progress);
            else if (message.type === 'recognise') void recognise(message);
            else if (signal.aborted) fail(signal.reason);
            else if (message.type === 'done' && fault) fail(new Unspoken(message.result, fault.error));
            else if (message.type === 'done') done(message.result);
            else fail(new JobFailure(message.code, message.message));
          };
          onExit = () => fail(signal.aborted ? signal.reason : new InferenceLost('The inference process ended.'));
          process_.on('message', onMessage);
          process_.once('exit', onExit);
          signal.addEventListener('abort', cancel, { once: true });
          watcher = watchMemory(process_.pid!, memoryBytes, () => {
            fail(
              new JobFailure(
                'out_of_memory',
                `The job took more than ${Math.round(memoryBytes / 2 ** 20)} MiB of memory`,
              ),
            );
            process_.kill('SIGKILL');
          });
          tell({ type: 'run', run, file, options });
        });
      } finally {
        recognising.abort(new Error('the run has ended'));
        clearTimeout(killer);
        clearInterval(watcher);
        process_.off('message', onMessage);
        process_.off('exit', onExit);
        signal.removeEventListener('abort', cancel);
      }
    },
    async close() {
      closed = true;
      const process_ = child;
      if (!process_) return;
      const gone = new Promise((done) => process_.once('exit', done));
      process_.kill('SIGKILL');
      await gone;
    },
  };
}

/** Looks at a process four times a second (where the kernel tells). */
export function watchMemory(pid: number, most: number, tooMuch: () => void): NodeJS.Timeout {
  return setInterval(() => {
    let pages: number;
    try {
      pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    } catch {
      return; // not Linux, or gone
    }
    if (pages * 4096 > most) tooMuch();
  }, 250);
}
