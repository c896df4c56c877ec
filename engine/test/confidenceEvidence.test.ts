import { expect, test } from 'vitest';
import { compareConfidence } from '../bench/confidenceEvidence.ts';
import { calibrationError, reliability } from '../bench/reliability.ts';
import type { Diarization } from '../src/core/diarization.ts';

const result: Diarization = {
  duration: 6,
  turns: [
    { start: 0, end: 3, speaker: 'SPEAKER_00', confidence: 0.9 },
    { start: 3, end: 5, speaker: 'SPEAKER_01', confidence: 0.4 },
  ],
  exclusiveTurns: [],
  speakers: [
    { label: 'SPEAKER_00', speechDuration: 3, confidence: 0.8 },
    { label: 'SPEAKER_01', speechDuration: 2, confidence: 0.3 },
  ],
  model: { name: 'm', version: '1', licence: 'MIT' },
  warnings: [],
  confidence: {
    calibrated: false,
    frames: { grid: { start: 0, duration: 1, step: 1 }, values: Float32Array.of(0.5, 0.6, 0.7, 0.8, 0.9, 1) },
    shares: [],
  },
};

test('what came of each score, by hand: Ann talks for 4 s, of which the first speaker has 3 and the second 1', () => {
  // Second 0 1 2 3 4 5: found 0 0 0 1 1 -, truth Ann Ann Ann Ann - Bob; nobody found stands for Bob.
  const reference = [
    { start: 0, end: 4, speaker: 'Ann' },
    { start: 5, end: 6, speaker: 'Bob' },
  ];
  const observed = compareConfidence(result, reference, () => true);
  expect(observed.filter(({ level }) => level === 'frame').map(({ outcome }) => outcome)).toEqual([1, 1, 1, 0, 0, 0]);
  expect(observed.filter(({ level }) => level !== 'frame')).toEqual([
    { level: 'turn', raw: 0.9, outcome: 1, weight: 3 },
    { level: 'turn', raw: 0.4, outcome: 0, weight: 2 },
    { level: 'speaker', raw: 0.8, outcome: 1, weight: 1 },
    { level: 'speaker', raw: 0.3, outcome: 0, weight: 1 },
  ]);
});

test('what is outside the UEM does not count', () => {
  const observed = compareConfidence(result, [{ start: 0, end: 4, speaker: 'Ann' }], (time) => time < 2);
  expect(observed.filter(({ level }) => level === 'frame')).toHaveLength(2);
  expect(observed.filter(({ level }) => level === 'turn')).toEqual([
    { level: 'turn', raw: 0.9, outcome: 1, weight: 2 },
  ]);
});

test('scores and what came of them, bin by bin; their distance is weighed by how much there is', () => {
  const observations = [
    { raw: 0.55, outcome: 1, weight: 1 },
    { raw: 0.55, outcome: 0, weight: 1 },
    { raw: 1, outcome: 1, weight: 2 },
  ];
  const bins = reliability(observations).filter(({ weight }) => weight > 0);
  expect(bins).toEqual([
    { from: 0.5, to: 0.6, weight: 2, score: 0.55, outcome: 0.5 },
    { from: 0.95, to: 1, weight: 2, score: 1, outcome: 1 },
  ]);
  expect(calibrationError(observations)).toBeCloseTo(0.025, 12);
});
