import fc from 'fast-check';
import { expect, test } from 'vitest';
import { airtime } from './airtime.ts';
import { annotation } from './annotation.ts';

test('airtime counts each speaker, overlap and silence', () => {
  // A 0-4 and 3-6 (one stretch of 6), B 5-8: overlap 5-6, silence 8-10
  const turns = [
    { start: 0, end: 4, speaker: 'A' },
    { start: 3, end: 6, speaker: 'A' },
    { start: 5, end: 8, speaker: 'B' },
  ];
  expect(airtime(annotation(turns), { duration: 10 })).toEqual({
    duration: 10,
    speech: 8,
    silence: 2,
    overlap: 1,
    speakers: [
      { speaker: 'A', seconds: 6, share: 6 / 9, numTurns: 1, longestTurn: 6 },
      { speaker: 'B', seconds: 3, share: 3 / 9, numTurns: 1, longestTurn: 3 },
    ],
  });
});

test('nobody speaking is all silence', () => {
  expect(airtime(annotation(), { duration: 3 })).toEqual({
    duration: 3,
    speech: 0,
    silence: 3,
    overlap: 0,
    speakers: [],
  });
});

test('speech, overlap and airtime are what counting each second gives', () => {
  const turn = fc
    .record({ start: fc.integer({ min: 0, max: 30 }), length: fc.integer({ min: 1, max: 9 }), who: fc.nat({ max: 3 }) })
    .map(({ start, length, who }) => ({ start, end: start + length, speaker: `S${who}` }));
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 12 }), (turns) => {
      const counted = airtime(annotation(turns));
      const speaking = Array.from(
        { length: 40 },
        (_, t) => new Set(turns.filter(({ start, end }) => start <= t && t < end).map(({ speaker }) => speaker)),
      );
      expect(counted.speech).toBe(speaking.filter(({ size }) => size >= 1).length);
      expect(counted.overlap).toBe(speaking.filter(({ size }) => size >= 2).length);
      for (const { speaker, seconds } of counted.speakers) {
        expect(seconds).toBe(speaking.filter((set) => set.has(speaker)).length);
      }
    }),
  );
});
