import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ChunkedActivity, packSpeakers } from '../core/frames.ts';
import { speakerCount } from './speakerCount.ts';

/** Chunks of 2 s, 1 s apart, with frames of 1 s: frame t is seen by chunks t − 1 and t. */
const activity = (numChunks: number, width: number, data: Uint8Array): ChunkedActivity => ({
  chunks: { start: 0, duration: 2, step: 1 },
  numChunks,
  grid: { start: 0, duration: 1, step: 1 },
  numFrames: 2,
  width,
  talking: packSpeakers(data, width),
});

test('a half is rounded to the even neighbour: one of two chunks that hear one is nobody', () => {
  // two local speakers; chunk 0: [1 0] [1 1], chunk 1: [0 1] [1 1], chunk 2: [0 0] [0 0]
  const data = Uint8Array.of(1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0);
  // frame 0: 1; frame 1: (2 + 1) / 2 = 1.5 → 2; frame 2: (2 + 0) / 2 = 1; frame 3: 0; no chunk sees the last
  expect([...speakerCount(activity(3, 2, data))]).toEqual([1, 2, 1, 0, 0]);
  const half = Uint8Array.of(0, 1, 0, 0); // one local speaker: frame 1 is heard by the first chunk only
  expect([...speakerCount(activity(2, 1, half))]).toEqual([0, 0, 0, 0]);
});

test('where all chunks agree, the count is what they say', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 20 }), (talking) => {
      const numChunks = talking.length - 1;
      const data = new Uint8Array(numChunks * 2 * 3);
      for (let chunk = 0; chunk < numChunks; chunk++)
        for (let frame = 0; frame < 2; frame++)
          for (let s = 0; s < talking[chunk + frame]; s++) data[(chunk * 2 + frame) * 3 + s] = 1;
      expect([...speakerCount(activity(numChunks, 3, data))].slice(0, talking.length)).toEqual(talking);
    }),
  );
});
