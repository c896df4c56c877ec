import { expect, test } from 'vitest';
import { renamed } from './naming.ts';

const turn = (speaker: string, start: number, end: number) => ({ speaker, start, end });

test('two speakers under one name talk for as long as one of them does, as sure as both together', () => {
  const result = renamed(
    {
      duration: 20,
      turns: [turn('SPEAKER_00', 0, 10), turn('SPEAKER_01', 8, 13), turn('SPEAKER_02', 14, 16)],
      exclusiveTurns: [],
      speakers: [
        { label: 'SPEAKER_00', speechDuration: 10, confidence: 0.9 },
        { label: 'SPEAKER_01', speechDuration: 5, confidence: 0.6 },
        { label: 'SPEAKER_02', speechDuration: 2, confidence: 0.5 },
      ],
      model: { name: 'm', version: '1', licence: 'MIT' },
      warnings: [],
    },
    new Map([
      ['SPEAKER_00', 'Ada'],
      ['SPEAKER_01', 'Ada'],
    ]),
  );
  expect(result.turns).toEqual([turn('Ada', 0, 13), turn('SPEAKER_02', 14, 16)]);
  // 0 to 13 s without a gap; 0.9 for 10 of 15 s and 0.6 for 5
  expect(result.speakers).toEqual([
    { label: 'Ada', speechDuration: 13, confidence: expect.closeTo(0.8, 9) },
    { label: 'SPEAKER_02', speechDuration: 2, confidence: 0.5 },
  ]);
});
