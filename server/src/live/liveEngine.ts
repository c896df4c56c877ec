import type { ChildProcess } from 'node:child_process';
import { startProcess } from '../jobs/childProcess.ts';
import type { Log } from '../log.ts';
import type { FromLive, LiveTurnEvent, ToLive } from './messages.ts';

/** Hears live streams in a process of its own, which is started when the first one is asked for. */
export interface LiveEngine {
  /** Resolves when a stream would be heard at once; rejects when the models cannot be loaded. */
  ready(): Promise<void>;
  open(stream: string, hooks: LiveHooks): LiveSession;
  close(): Promise<void>;
}

export interface LiveHooks {
  readonly onEvents: (events: readonly LiveTurnEvent[]) => void;
  /** Everything has been heard and told. */
  readonly onFinished: () => void;
  /** Something went wrong here; nothing more comes. */
  readonly onBroken: () => void;
}

export interface LiveSession {
  /** Samples that have been taken and not been heard yet. */
  readonly waiting: number;
  push(samples: Float32Array): void;
  finish(): void;
  close(): void;
}

export interface LiveSettings {
  readonly engine: string;
  readonly model: string;
  readonly device: string;
  readonly threads: number;
  readonly log: Log;
}

export function createLiveEngine({ engine, model, device, threads, log }: LiveSettings): LiveEngine {
  let child: ChildProcess | undefined;
  let loading: Promise<void> | undefined;
  const sessions = new Map<string, LiveHooks & { waiting: number }>();
  const tell = (message: ToLive) => {
    if (child?.connected) child.send(message);
  };

  function start(): Promise<void> {
    const { child: process_, said } = startProcess('liveProcess', import.meta.url, [
      engine,
      model,
      device,
      String(threads),
    ]);
    child = process_;
    return new Promise((done, fail) => {
      process_.once('error', (error) => {
        // One that never began has no exit, either.
        if (process_.pid === undefined) child = undefined;
        fail(error);
      });
      process_.once('exit', (code, signal) => {
        fail(new Error('The process of live streams ended.'));
        if (child !== process_) return;
        child = undefined;
        loading = undefined;
        if (code !== 0 && signal !== 'SIGTERM')
          log.warn('the process of live streams ended', { code, signal, said: said() });
        const lost = [...sessions.values()];
        sessions.clear();
        for (const { onBroken } of lost) onBroken();
      });
      process_.on('message', (message: FromLive) => {
        if (message.type === 'ready') return done();
        if (message.type === 'unable') return fail(new Error(message.message));
        const session = sessions.get(message.stream);
        if (!session) return;
        if (message.type === 'broken') {
          log.error('a live stream broke', { stream: message.stream, reason: message.message });
          sessions.delete(message.stream);
          session.onBroken();
          return;
        }
        if (message.events.length > 0) session.onEvents(message.events);
        if (message.type === 'heard') session.waiting -= message.numSamples;
        else {
          sessions.delete(message.stream);
          session.onFinished();
        }
      });
    });
  }

  return {
    async ready() {
      if (!loading) {
        loading = start();
        loading.catch(() => {
          loading = undefined;
        });
      }
      return loading;
    },
    open(stream, hooks) {
      const session = { ...hooks, waiting: 0 };
      sessions.set(stream, session);
      tell({ type: 'open', stream });
      return {
        get waiting() {
          return session.waiting;
        },
        push(samples) {
          session.waiting += samples.length;
          tell({ type: 'samples', stream, samples });
        },
        finish: () => tell({ type: 'finish', stream }),
        close() {
          if (sessions.delete(stream)) tell({ type: 'close', stream });
        },
      };
    },
    async close() {
      const process_ = child;
      if (!process_) return;
      child = undefined;
      const gone = new Promise((done) => process_.once('exit', done));
      process_.kill('SIGTERM');
      await gone;
    },
  };
}
