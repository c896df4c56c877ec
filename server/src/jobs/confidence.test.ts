import { expect, test } from 'vitest';
import { frameScores, turnShares } from './confidence.ts';

const turns = [
  { start: 0, end: 4, speaker: 'SPEAKER_00' },
  { start: 4, end: 8, speaker: 'SPEAKER_01' },
];
const confidence = {
  calibrated: true,
  frames: { grid: { start: 0, duration: 0.06, step: 0.03 }, values: Float32Array.of(0.9, 0.4, 0.6) },
  shares: [
    { SPEAKER_00: 0.7, SPEAKER_01: 0.3 },
    { SPEAKER_00: 0.1, SPEAKER_01: 0.9 },
  ],
};

test('every 20 ms has the score of the frame whose middle is nearest, in whole percents', () => {
  // middles of the frames: 0.03, 0.06, 0.09; of the 20 ms: 0.01, 0.03, 0.05, 0.07, 0.09, 0.11
  expect(frameScores(confidence, 0.12)).toEqual({ score: [90, 90, 40, 40, 60, 60], resolution: 0.02 });
});

test('a recording of no length has no scores', () => {
  expect(frameScores(confidence, 0).score).toEqual([]);
});

test("a run's own turns have their shares", () => {
  expect(turnShares(turns, { turns, confidence })).toEqual(confidence.shares);
});

test('turns cut out of them under other names have the shares of the whole, under those names', () => {
  const cut = [
    { start: 1, end: 2, speaker: 'SPEAKER_03' },
    { start: 3.5, end: 6, speaker: 'SPEAKER_02' },
    { start: 20, end: 21, speaker: 'SPEAKER_02' },
  ];
  expect(turnShares(cut, { turns, confidence })).toEqual([
    { SPEAKER_03: 0.7, SPEAKER_02: 0.3 },
    { SPEAKER_03: 0.1, SPEAKER_02: 0.9 },
    undefined,
  ]);
});
