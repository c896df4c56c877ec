import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { average, type ChunkScores, firstFrameOf, numAggregatedFrames, overlapAdd } from './aggregate.ts';

interface AggregateCase {
  readonly C: number;
  readonly F: number;
  readonly K: number;
  readonly hamming: boolean;
  readonly skip_average: boolean;
  readonly warm_up: readonly [number, number];
  readonly scores_x: string;
  readonly out: number[][];
}

const ops = readJsonFixture<{
  aggregate: { cases: AggregateCase[] };
  frame_grid: { num_frames_for_C: Record<string, number>; start_frame_for_chunk: number[] };
}>('ops/ops.json.gz');

const PYANNOTE = { duration: 991 / 16000, step: 270 / 16000, start: 0 };
const TEN_SECONDS = { start: 0, duration: 10, step: 1 };

/** Chunks of 4 s, 2 s apart, with frames of 1 s. */
const small = (numChunks: number, data: Float32Array): ChunkScores => ({
  chunks: { start: 0, duration: 4, step: 2 },
  numChunks,
  grid: { start: 0, duration: 1, step: 1 },
  numFrames: 4,
  width: 1,
  data,
});

test('scores are summed where chunks overlap, and the last frame belongs to none', () => {
  const added = overlapAdd(small(2, Float32Array.of(1, 1, 1, 1, 3, 3, 3, 3)));
  expect(added.numFrames).toBe(7);
  expect([...added.sum]).toEqual([1, 1, 4, 4, 3, 3, 0]);
  expect([...added.coverage]).toEqual([1, 1, 2, 2, 1, 1, 0]);
  expect([...average(added)]).toEqual([1, 1, 2, 2, 3, 3, 0]);
  expect(average(added, Number.NaN)[6]).toBeNaN();
});

test('what is no number is not counted', () => {
  const added = overlapAdd(small(2, Float32Array.of(1, 1, Number.NaN, Number.NaN, 3, Number.NaN, 3, 3)));
  expect([...average(added, -1)]).toEqual([1, 1, 3, -1, 3, 3, -1]);
});

test('a Hamming window lets the middle of a chunk count more', () => {
  // np.hamming(4) is 0.08, 0.77, 0.77, 0.08: in frame 2 the first chunk counts 0.77, the second 0.08
  const added = overlapAdd(small(2, Float32Array.of(1, 1, 1, 1, 3, 3, 3, 3)), { hamming: true });
  expect(added.coverage[2]).toBeCloseTo(0.85, 6);
  expect(average(added)[2]).toBeCloseTo((0.77 + 3 * 0.08) / 0.85, 6);
});

test('warmed-up frames count where they are alone only', () => {
  const added = overlapAdd(small(2, Float32Array.of(1, 1, 1, 1, 3, 3, 3, 3)), { warmUp: [1, 1] });
  [1, 1, 1, 3, 3, 3].forEach((value, frame) => {
    expect(average(added)[frame]).toBeCloseTo(value, 6);
  });
});

test.each(ops.aggregate.cases.map((one, i) => [i, one] as const))(
  'pyannote’s Inference.aggregate, case %i',
  (_, one) => {
    const { C, F, K, hamming, skip_average: isSum, warm_up: warmUp, scores_x: text, out } = one;
    const data = Float32Array.from(text, (digit) => (digit === 'n' ? Number.NaN : Number(digit)));
    const scores = { chunks: TEN_SECONDS, numChunks: C, grid: PYANNOTE, numFrames: F, width: K, data };
    const added = overlapAdd(scores, { hamming, warmUp });
    const got = isSum ? added.sum : average(added);
    expect(added.numFrames).toBe(out.length);
    const worst = out.flat().reduce((most, value, i) => Math.max(most, Math.abs(value - got[i])), 0);
    expect(worst).toBeLessThan(2e-6); // float32, rounded to 7 decimals
  },
);

test('frames and chunks lie where pyannote puts them', () => {
  for (const [chunks, numFrames] of Object.entries(ops.frame_grid.num_frames_for_C))
    expect(numAggregatedFrames(TEN_SECONDS, Number(chunks), PYANNOTE)).toBe(numFrames);
  ops.frame_grid.start_frame_for_chunk.forEach((frame, chunk) => {
    expect(firstFrameOf(TEN_SECONDS, chunk, PYANNOTE)).toBe(frame);
  });
});

test('every frame is the sum of what its chunks say', () => {
  const chunks = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 }), {
    minLength: 1,
    maxLength: 9,
  });
  fc.assert(
    fc.property(chunks, (values) => {
      const { sum, numFrames } = overlapAdd(small(values.length, Float32Array.from(values.flat())));
      expect(numFrames).toBe(2 * values.length + 3);
      for (let frame = 0; frame < numFrames; frame++) {
        const said = values.map((chunk, c) => chunk[frame - 2 * c] ?? 0);
        expect(sum[frame]).toBe(said.reduce((a, b) => a + b, 0));
      }
    }),
  );
});
