import { expect, test } from 'vitest';
import type { Diarization } from '../core/diarization.ts';
import type { RecordingOptions } from './diarizer.ts';
import { createQueue } from './queue.ts';
import type { Recording } from './recording.ts';

const EMPTY: Omit<Diarization, 'duration'> = {
  turns: [],
  exclusiveTurns: [],
  speakers: [],
  model: { name: 'fake', version: '0', licence: '' },
  warnings: [],
};

/** Recordings are names of durations in milliseconds; `broken` cannot be read. */
function fakeDiarizer(): {
  most: number;
  diarize(recording: Recording, options?: RecordingOptions): Promise<Diarization>;
} {
  let running = 0;
  return {
    most: 0,
    async diarize(recording, { signal } = {}) {
      this.most = Math.max(this.most, ++running);
      try {
        await new Promise((resolve) => setTimeout(resolve, Number(recording) || 1));
        signal?.throwIfAborted();
        if (recording === 'broken') throw new Error('no sound');
        return { ...EMPTY, duration: Number(recording) };
      } finally {
        running--;
      }
    },
  };
}

test('results come as they are done, with their ids', async () => {
  const queue = createQueue<string>(fakeDiarizer());
  queue.push('60', { id: 'long' });
  queue.push('1', { id: 'short' });
  queue.finish();
  const ids: string[] = [];
  for await (const { id } of queue) ids.push(id);
  expect(ids).toEqual(['short', 'long']);
});

test('no more recordings are under way than jobs', async () => {
  const diarizer = fakeDiarizer();
  const queue = createQueue(diarizer, { jobs: 3 });
  for (let i = 0; i < 12; i++) queue.push('2');
  queue.finish();
  const seen = new Set<number>();
  for await (const { id } of queue) seen.add(id);
  expect(seen.size).toBe(12);
  expect(diarizer.most).toBe(3);
});

test('a recording that fails does not stop the others', async () => {
  const queue = createQueue<string>(fakeDiarizer());
  for (const name of ['1', 'broken', '2']) queue.push(name, { id: name });
  queue.finish();
  const errors: string[] = [];
  let results = 0;
  for await (const done of queue) done.error ? errors.push(`${done.id}: ${done.error}`) : results++;
  expect(errors).toEqual(['broken: Error: no sound']);
  expect(results).toBe(2);
});

test('whether there is an error says whether there is a result, also to TypeScript', async () => {
  const queue = createQueue<string>(fakeDiarizer());
  for (const name of ['1', 'broken']) queue.push(name, { id: name });
  queue.push('5', { id: 'nothing', signal: AbortSignal.abort(null) }); // a reason that is nothing
  queue.finish();
  const turns: unknown[] = [];
  for await (const { error, result } of queue) turns.push(error ?? result.turns.length); // as the docstring has it
  expect(turns.map(String).sort()).toEqual(
    ['0', 'Error: no sound', 'Error: The recording was given up with null as the reason.'].sort(),
  );
});

test('recordings may be pushed while results are taken', async () => {
  const queue = createQueue<number>(fakeDiarizer());
  queue.push('1');
  const ids: number[] = [];
  for await (const { id } of queue) {
    ids.push(id);
    if (ids.length < 3) queue.push('1');
    else queue.finish();
  }
  expect(ids).toEqual([0, 1, 2]);
  expect(queue.size).toBe(0);
  expect(() => queue.push('1')).toThrow('after the queue was finished');
});

test('several may take from one queue, and all of them end', async () => {
  const queue = createQueue(fakeDiarizer(), { jobs: 1 });
  const taken: number[] = [];
  const consumers = [1, 2, 3].map(async () => {
    for await (const { id } of queue) taken.push(id);
  });
  for (let i = 0; i < 5; i++) queue.push('1');
  queue.finish();
  await Promise.all(consumers);
  expect(taken.sort()).toEqual([0, 1, 2, 3, 4]);
});

test('aborting ends those under way and those that wait', async () => {
  const controller = new AbortController();
  const queue = createQueue(fakeDiarizer(), { jobs: 1, signal: controller.signal });
  for (let i = 0; i < 3; i++) queue.push('5');
  queue.finish();
  controller.abort(new Error('enough'));
  const errors: unknown[] = [];
  for await (const { error } of queue) errors.push(error);
  expect(errors.map(String)).toEqual(['Error: enough', 'Error: enough', 'Error: enough']);
});
