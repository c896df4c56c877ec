import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDiarizer, type Diarizer } from '../src/node/index.ts';

const MEETING = join(import.meta.dirname, '../samples/meeting.flac');
let diarizer: Diarizer;
beforeAll(async () => {
  diarizer = await createDiarizer({ model: 'embedded', device: 'cpu' });
});
afterAll(() => diarizer.close());

test('the embedded model says how sure it is, with curves of its own, and finds the same turns', async () => {
  const plain = await diarizer.diarize(MEETING);
  const { turns, exclusiveTurns, speakers, confidence } = await diarizer.diarize(MEETING, { confidence: true });
  expect(turns.map(({ confidence: _, ...turn }) => turn)).toEqual(plain.turns);
  expect(exclusiveTurns.map(({ confidence: _, ...turn }) => turn)).toEqual(plain.exclusiveTurns);
  expect(plain).not.toHaveProperty('confidence');
  expect(confidence!.calibrated).toBe(true);
  for (const { confidence: sure } of [...turns, ...exclusiveTurns, ...speakers]) {
    expect(sure).toBeGreaterThan(0);
    expect(sure).toBeLessThan(1);
  }
  const { values, grid } = confidence!.frames;
  expect(values.length * grid.step).toBeGreaterThan(60);
  expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
  expect(confidence!.shares).toHaveLength(turns.length);
  for (const [i, shares] of confidence!.shares.entries()) {
    expect(Object.keys(shares).sort()).toEqual(speakers.map(({ label }) => label).sort());
    expect(shares[turns[i].speaker]).toBe(turns[i].confidence);
    expect(Object.values(shares).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
  }
});

test('a recording in which nobody talks is sure of its silence', async () => {
  const samples = new Float32Array(16_000 * 12);
  const { turns, confidence } = await diarizer.diarize({ sampleRate: 16_000, samples }, { confidence: true });
  expect(turns).toEqual([]);
  const middle = confidence!.frames.values.slice(60, 600);
  expect(Math.min(...middle)).toBeGreaterThan(0.8);
});
