import { expect, test } from 'vitest';
import { byFirstAppearance } from './numbering.ts';

test('speakers are numbered as they are first heard, in turns, speakers and shares alike', () => {
  const result = byFirstAppearance({
    duration: 3,
    turns: [
      { start: 0, end: 1, speaker: 'SPEAKER_02' },
      { start: 1, end: 2, speaker: 'SPEAKER_00' },
    ],
    exclusiveTurns: [{ start: 1, end: 2, speaker: 'SPEAKER_00' }],
    speakers: [
      { label: 'SPEAKER_00', speechDuration: 1 },
      { label: 'SPEAKER_02', speechDuration: 5 },
    ],
    warnings: [],
    confidence: {
      calibrated: true,
      frames: { grid: { start: 0, duration: 1, step: 1 }, values: new Float32Array(3) },
      shares: [
        { SPEAKER_02: 0.8, SPEAKER_00: 0.2 },
        { SPEAKER_00: 0.9, SPEAKER_02: 0.1 },
      ],
    },
  });
  expect(result.turns.map(({ speaker }) => speaker)).toEqual(['SPEAKER_00', 'SPEAKER_01']);
  expect(result.exclusiveTurns[0].speaker).toBe('SPEAKER_01');
  expect(result.speakers).toEqual([
    { label: 'SPEAKER_00', speechDuration: 5 },
    { label: 'SPEAKER_01', speechDuration: 1 },
  ]);
  expect(result.confidence!.shares[0]).toEqual({ SPEAKER_00: 0.8, SPEAKER_01: 0.2 });
});
