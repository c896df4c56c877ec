import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChunkedActivity } from '../core/frames.ts';
import { bricksPicture } from './bricks.ts';

const NUM_FRAMES = 300;
const nobody = { speakerOf: new Map<number, number>() };

/** One local speaker, windows as strings of a few frames, silent after that. */
function activity(...windows: string[]): ChunkedActivity {
  const talking = new Uint8Array(windows.length * NUM_FRAMES);
  windows.forEach((window, chunk) => {
    [...window].forEach((letter, frame) => {
      talking[chunk * NUM_FRAMES + frame] = letter === '#' ? 1 : 0;
    });
  });
  const grid = { start: 0, duration: 1, step: 1 };
  return {
    chunks: { start: 0, duration: 300, step: 30 },
    numChunks: windows.length,
    grid,
    numFrames: NUM_FRAMES,
    width: 1,
    talking,
  };
}

test('runs are where the ones are, also beyond 255 frames', () => {
  const { numRuns, runs } = bricksPicture(activity('.##.#', '', '#'.repeat(300)), nobody);
  expect([...numRuns]).toEqual([2, 0, 1]);
  expect([...runs]).toEqual([0, 0, 1, 0, 3, /* */ 0, 0, 4, 0, 5, /* */ 0, 0, 0, 1, 44]);
});

test('when there is no room every second window is left, and so on', () => {
  const all = activity(...Array<string>(9).fill('#'));
  expect(bricksPicture(all, { ...nobody, maxBytes: 45 }).chunks).toHaveLength(9);
  expect(bricksPicture(all, { ...nobody, maxBytes: 44 }).chunks).toEqual([0, 2, 4, 6, 8]);
  expect(bricksPicture(all, { ...nobody, maxBytes: 10 }).chunks).toEqual([0, 8]);
});

test('runs put back on frames are the frames', () => {
  const windows = fc.array(fc.string({ unit: fc.constantFrom('#', '.'), maxLength: 12 }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(windows, (texts) => {
      const all = activity(...texts);
      const { numRuns, runs } = bricksPicture(all, nobody);
      const back = new Uint8Array(all.talking.length);
      let at = 0;
      numRuns.forEach((count, chunk) => {
        for (let k = 0; k < count; k++, at += 5)
          back.fill(
            1,
            chunk * NUM_FRAMES + runs[at + 1] * 256 + runs[at + 2],
            chunk * NUM_FRAMES + runs[at + 3] * 256 + runs[at + 4],
          );
      });
      expect(back).toEqual(all.talking);
    }),
  );
});
