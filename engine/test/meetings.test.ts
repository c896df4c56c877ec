import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planConversation, turnsOf } from '../bench/conversation.ts';
import { phrasesOf } from '../bench/phrases.ts';
import { convolve, impulseResponse } from '../bench/room.ts';
import { telephone } from '../bench/telephone.ts';
import { RandomState } from '../src/math/random.ts';

// Simulated meetings are only worth something when their truth is true.

describe('a plan of a conversation', () => {
  const voices = fc.array(fc.array(fc.double({ min: 0.25, max: 8, noNaN: true }), { minLength: 3, maxLength: 20 }), {
    minLength: 1,
    maxLength: 8,
  });

  test('nobody talks over themself, everything ends in time, and the same seed says the same', () => {
    fc.assert(
      fc.property(voices, fc.integer({ min: 0, max: 1e6 }), (people, seed) => {
        const plan = planConversation(people, 120, new RandomState(seed));
        expect(planConversation(people, 120, new RandomState(seed))).toEqual(plan);
        people.forEach((phrases, voice) => {
          const own = plan.filter((placed) => placed.voice === voice);
          own.forEach(({ start, duration, phrase }, i) => {
            expect(duration).toBe(phrases[phrase]);
            expect(start + duration).toBeLessThanOrEqual(120);
            if (i > 0) expect(start).toBeGreaterThanOrEqual(own[i - 1].start + own[i - 1].duration);
          });
        });
      }),
      { numRuns: 50 },
    );
  });

  test('ten minutes of eight people: all of them speak, some of it at once', () => {
    const people = Array.from({ length: 8 }, (_, i) => [0.5, 1 + i / 10, 3, 2.2]);
    const plan = planConversation(people, 600, new RandomState(7));
    expect(new Set(plan.map(({ voice }) => voice)).size).toBe(8);
    const seconds = Array.from(
      { length: 6000 },
      (_, i) => plan.filter(({ start, duration }) => start <= i / 10 && i / 10 < start + duration).length,
    );
    const speech = seconds.filter((n) => n > 0).length;
    const overlapped = seconds.filter((n) => n > 1).length;
    expect(speech / 6000).toBeGreaterThan(0.6);
    expect(overlapped / speech).toBeGreaterThan(0.03);
    expect(overlapped / speech).toBeLessThan(0.3);
  });

  test('phrases of one speaker that nearly touch are one turn', () => {
    const plan = [
      { voice: 0, phrase: 0, start: 1, duration: 1 },
      { voice: 1, phrase: 0, start: 1.5, duration: 0.25 },
      { voice: 0, phrase: 1, start: 2.125, duration: 1 },
      { voice: 0, phrase: 1, start: 4, duration: 1 },
    ];
    expect(turnsOf(plan, ['Ann', 'Ben'])).toEqual([
      { start: 1, end: 3.125, speaker: 'Ann' },
      { start: 1.5, end: 1.75, speaker: 'Ben' },
      { start: 4, end: 5, speaker: 'Ann' },
    ]);
  });
});

test('phrases are where the sound is, with 30 ms on either side', () => {
  const samples = new Float32Array(5 * 16000);
  const tone = (from: number, to: number) => {
    for (let i = from * 16000; i < to * 16000; i++) samples[i] = 0.1 * Math.sin(i / 5);
  };
  tone(1, 2);
  tone(2.2, 2.5); // 0.2 s of quiet do not end a phrase
  tone(3.5, 4.5);
  tone(4.9, 4.95); // too short to be one
  const found = phrasesOf(samples, 16000);
  expect(found).toHaveLength(2);
  const expected = [0.97, 2.53, 3.47, 4.53];
  found
    .flatMap(({ start, end }) => [start, end])
    .forEach((time, i) => {
      expect(time).toBeCloseTo(expected[i], 6);
    });
});

test('a convolution is the sum it stands for', () => {
  const random = new RandomState(3);
  const signal = Float32Array.from({ length: 1000 }, () => random.random() - 0.5);
  const response = Float32Array.from({ length: 37 }, () => random.random() - 0.5);
  const found = convolve(signal, response);
  expect(found).toHaveLength(1000);
  found.forEach((value, n) => {
    let sum = 0;
    for (let k = 0; k <= Math.min(n, 36); k++) sum += response[k] * signal[n - k];
    expect(Math.abs(value - sum)).toBeLessThan(1e-5);
  });
});

test('a room answers at once, then with the echo of its nearest wall, and falls by 60 dB in its reverberation time', () => {
  const room = { size: [6, 5, 3], rt60: 0.5 } as const;
  // Microphone and mouth at one height, 2 m apart; the floor and its echo: 2 · hypot(1, 1.5) = 3.606 m, 1.606 m later.
  const response = impulseResponse(room, [2, 2.5, 1.5], [4, 2.5, 1.5], 16000);
  expect(response[0]).toBeCloseTo(1, 6);
  const echo = ((2 * Math.hypot(1, 1.5) - 2) / 343) * 16000; // sample 74.9, of the floor and of the ceiling
  expect(response.slice(1, Math.floor(echo)).every((value) => value === 0)).toBe(true);
  const wall = Math.sqrt(1 - (0.161 * 6 * 5 * 3) / (0.5 * 2 * (30 + 15 + 18)));
  expect(response[Math.floor(echo)] + response[Math.floor(echo) + 1]).toBeCloseTo((2 * 2 * wall) / 3.6056, 3);
  const energy = (from: number, to: number) =>
    10 * Math.log10(response.subarray(from * 16000, to * 16000).reduce((sum, value) => sum + value * value, 0));
  const fall = (energy(0.1, 0.15) - energy(0.3, 0.35)) / 0.2; // dB a second; 60 dB in 0.5 s are 120
  expect(fall).toBeGreaterThan(80);
  expect(fall).toBeLessThan(160);
});

test('a telephone passes 1 kHz and stops 100 Hz and 6 kHz', () => {
  const rms = (samples: Float32Array) =>
    Math.sqrt(samples.subarray(4000, 12000).reduce((sum, value) => sum + value * value, 0) / 8000);
  const tone = (hertz: number) =>
    Float32Array.from({ length: 16000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / 16000));
  const level = (hertz: number) => 20 * Math.log10(rms(telephone(tone(hertz), 16000)) / rms(tone(hertz)));
  expect(Math.abs(level(1000))).toBeLessThan(0.5);
  expect(level(100)).toBeLessThan(-15);
  expect(level(6000)).toBeLessThan(-60);
});
