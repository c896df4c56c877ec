import type { Diarization } from '../core/diarization.ts';
import type { Diarizer, RecordingOptions } from './diarizer.ts';
import type { Recording } from './recording.ts';

/**
 * Many recordings through one diarizer: push them in, take the results out as they are done.
 *
 *   push ──▶ decode │ decode │ …        a few recordings are under way at once, so that while one is decoded or
 *            networks: shared threads   clustered, the inference threads work on the windows of another
 *            cluster │ cluster │ …  ──▶ for await (const done of queue)
 *
 * A recording's result does not depend on what else is in the queue: windows of different recordings run side by side,
 * never inside one tensor, whose last bits would then depend on the neighbours.
 */
export interface QueueOptions {
  /** Recordings under way at once. Two keep the threads busy; more is only worth it for very short ones. */
  readonly jobs?: number;
  /** Aborts everything: what is under way, and what waits. */
  readonly signal?: AbortSignal;
}

export interface Queued<Id> {
  readonly id: Id;
  readonly recording: Recording;
}

/** A result, or why there is none: a look at either tells which, to TypeScript too, so `error` is something. */
export type Done<Id> = Queued<Id> &
  (
    | { readonly result: Diarization; readonly error?: undefined }
    | { readonly error: NonNullable<unknown>; readonly result?: undefined }
  );

export interface Queue<Id = number> extends AsyncIterable<Done<Id>> {
  /** Adds a recording under an id: its number in the queue where none is given. */
  push(recording: Recording, options?: RecordingOptions & { readonly id?: Id }): void;
  /** No more will be pushed: the iteration ends when all are done. */
  finish(): void;
  /** Recordings that wait or are under way. */
  readonly size: number;
}

/**
 * @example
 * const queue = createQueue<string>(diarizer);
 * for (const file of files) queue.push(file, { id: file });
 * queue.finish();
 * for await (const { id, result, error } of queue) console.log(id, error ?? result.turns.length);
 */
export function createQueue<Id = number>(
  diarizer: Pick<Diarizer, 'diarize'>,
  { jobs = 2, signal }: QueueOptions = {},
): Queue<Id> {
  if (!(Number.isInteger(jobs) && jobs >= 1))
    throw new RangeError(`Got ${jobs} jobs when a whole number from 1 was expected.`);
  const waiting: { queued: Queued<Id>; options: RecordingOptions }[] = [];
  const done: Done<Id>[] = [];
  let numPushed = 0;
  let running = 0;
  let finished = false;
  /** Consumers that wait for the next result, or the end. */
  let sleepers: (() => void)[] = [];
  function wake(): void {
    const woken = sleepers;
    sleepers = [];
    for (const resume of woken) resume();
  }

  function push(recording: Recording, options: RecordingOptions & { readonly id?: Id } = {}): void {
    if (finished) throw new RangeError('Got another recording after the queue was finished.');
    const { id = numPushed as Id, ...rest } = options;
    numPushed++;
    waiting.push({ queued: { id, recording }, options: rest });
    start();
  }

  function start(): void {
    while (running < jobs && waiting.length > 0) {
      const { queued, options } = waiting.shift()!;
      running++;
      void run(queued, options).then((outcome) => {
        running--;
        done.push(outcome);
        wake();
        start();
      });
    }
  }

  async function run(queued: Queued<Id>, options: RecordingOptions): Promise<Done<Id>> {
    const signals = [signal, options.signal].filter((one) => one !== undefined);
    try {
      signal?.throwIfAborted();
      const combined = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
      return { ...queued, result: await diarizer.diarize(queued.recording, { ...options, signal: combined }) };
    } catch (error) {
      return { ...queued, error: error ?? new Error(`The recording was given up with ${error} as the reason.`) };
    }
  }

  async function* results(): AsyncGenerator<Done<Id>, void> {
    for (;;) {
      const next = done.shift();
      if (next !== undefined) yield next;
      else if (running + waiting.length > 0 || !finished) {
        await new Promise<void>((resolve) => {
          sleepers.push(resolve);
        });
      } else return;
    }
  }

  return {
    push,
    finish: () => {
      finished = true;
      wake();
    },
    get size() {
      return running + waiting.length;
    },
    [Symbol.asyncIterator]: results,
  };
}
