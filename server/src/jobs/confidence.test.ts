import { expect, test } from 'vitest';
import { createFrameConfidence, turnShares } from './confidence.ts';

const grid = { start: 0, duration: 0.1, step: 0.1 };

test("a speaker's share of a turn is the share of the votes in it", () => {
  // Ten frames, two clusters; cluster 1 is SPEAKER_00. In the turn of frames 0..3 it has 9 votes of 12.
  const data = Float32Array.from([1, 3, 1, 3, 0, 2, 1, 1, 4, 0, 4, 0, 4, 0, 4, 0, 0, 0, 0, 0]);
  const turns = [
    { start: 0, end: 0.4, speaker: 'SPEAKER_00' },
    { start: 0.4, end: 0.8, speaker: 'SPEAKER_01' },
  ];
  const shares = turnShares(turns, ['SPEAKER_00', 'SPEAKER_01'], { grid, numFrames: 10, numSpeakers: 2, data });
  expect(shares[0]).toEqual({ SPEAKER_00: 0.75, SPEAKER_01: 0.25 });
  expect(shares[1]).toEqual({ SPEAKER_00: 0, SPEAKER_01: 1 });
});

test('a frame is as sure as its best class, averaged over the chunks that hear it', () => {
  const confidence = createFrameConfidence();
  // One chunk of two frames of 0.1 s and three classes: best 0.9, then 0.5; a second chunk 0.1 s later: 0.7, then 1.
  const log = (...p: number[]) => Float32Array.from(p, Math.log);
  confidence.addScores(0, 1, log(0.9, 0.05, 0.05, 0.2, 0.5, 0.3), 3);
  confidence.addScores(1, 1, log(0.7, 0.2, 0.1, 0, 1, 0), 3);
  const chunkGrid = { start: 0, duration: 0.2, step: 0.1 };
  const { score, resolution } = confidence.read({ chunkGrid, frameGrid: grid, duration: 0.3 });
  expect(resolution).toBe(0.02);
  expect(score).toEqual([90, 90, 90, 90, 90, 60, 60, 60, 60, 60, 100, 100, 100, 100, 100]);
});
