import { expect, test } from 'vitest';
import { scriptedModel } from '../../../test/toolkit/scriptedModel.ts';
import { streamOf } from '../../audio/samples.ts';
import { middleOf } from '../../core/window.ts';
import { changesOf, detectChanges } from './speakerChange.ts';
import { segmentSpeakers, windowTurns } from './speakerSegmentation.ts';
import { stitch } from './stitch.ts';
import type { WindowScores } from './windowScores.ts';

const grid = { start: 0, duration: 0.0619375, step: 0.016875 };
const tenSeconds = () => streamOf({ sampleRate: 16000, samples: new Float32Array(160000) });
const at = (frame: number): number => middleOf(grid, frame);
// silence, A, A and B, B, silence, B, silence, C
const script = (frame: number): number => [0, 1, 4, 2, 0, 2, 0, 3][Math.min(7, Math.floor(frame / 70))];

test('any change of the set of speakers is a change, at the frame that is the first to differ', async () => {
  const { changes } = await detectChanges(tenSeconds(), scriptedModel(script));
  expect(changes.map(({ time }) => time)).toEqual([70, 140, 210, 280, 350, 420, 490].map(at));
  for (const { score } of changes) expect(score).toBeCloseTo(1, 6);
});

test('changes between speakers are those where somebody talks who did not before, across silence too', async () => {
  const { changes } = await detectChanges(tenSeconds(), scriptedModel(script), { between: 'speakers' });
  expect(changes.map(({ time }) => time)).toEqual([140, 490].map(at));
});

test('of two peaks closer than the least distance the higher stays, of a plateau the first frame', () => {
  const data = Float32Array.of(0, 0.5, 0.9, 0, 0.6, 0.6, 0, 0, 0, 0, 0.4);
  const frames = { grid, numFrames: data.length, width: 1, data };
  const frameOf = ({ time }: { time: number }): number => Math.round((time - at(0)) / grid.step);
  expect(changesOf(frames, { minDuration: 0.017 }).map(frameOf)).toEqual([2, 4, 10]);
  expect(changesOf(frames, { minDuration: 0.05 }).map(frameOf)).toEqual([2, 10]);
  expect(changesOf(frames, { threshold: 0.95 })).toEqual([]);
  expect(() => changesOf(frames, { threshold: 0 })).toThrow('threshold of 0');
  expect(() => changesOf({ ...frames, width: 2 })).toThrow('Got scores of 2 columns when 1 was expected.');
});

/** 60 s in windows of 10 s: who talks at each time, under numbers that differ from window to window. */
function made(talks: (person: number, time: number) => boolean, order: (window: number) => readonly number[]) {
  const numChunks = 51;
  const data = new Uint8Array(numChunks * 589 * 3);
  for (let window = 0; window < numChunks; window++)
    order(window).forEach((person, speaker) => {
      for (let frame = 0; frame < 589; frame++)
        data[(window * 589 + frame) * 3 + speaker] = talks(person, window + at(frame)) ? 1 : 0;
    });
  const chunks = { start: 0, duration: 10, step: 1 };
  const windows: WindowScores = {
    chunks,
    numChunks,
    grid,
    numFrames: 589,
    width: 3,
    data,
    duration: 60,
    padded: false,
  };
  return windows;
}

test('people keep their name while windows can follow them, whatever number each window gives them', () => {
  const talks = (person: number, time: number): boolean => Math.floor(time / 4) % 3 === person;
  const orders = [
    [0, 1, 2],
    [2, 0, 1],
    [1, 0, 2],
    [2, 1, 0],
  ];
  const { speakers } = stitch(made(talks, (window) => orders[(window * 7) % 4]));
  expect(speakers.length).toBe(3);
  // 60 s less the last frames, which no window reaches, a third each: frames on either side of a change may be shared
  for (const { scores } of speakers)
    expect(scores.reduce((sum, score) => sum + (score > 0.5 ? 1 : 0), 0) * grid.step).toBeCloseTo(20, 0);
});

test('who is silent for longer than a window comes back as somebody else', () => {
  const talks = (person: number, time: number): boolean => person === 0 && (time < 12 || (time > 30 && time < 40));
  const { speakers, numFrames } = stitch(made(talks, () => [0, 1, 2]));
  expect(speakers.length).toBe(2);
  expect(numFrames).toBe(3557); // rint(60 / 0.016875) + 1
});

test('turns of the whole and of each window', async () => {
  const result = await segmentSpeakers(tenSeconds(), scriptedModel(script));
  expect(result.turns).toEqual([
    { start: at(70), end: at(210), speaker: 'LOCAL_000' },
    { start: at(140), end: at(280), speaker: 'LOCAL_001' },
    { start: at(350), end: at(420), speaker: 'LOCAL_001' },
    { start: at(490), end: at(588), speaker: 'LOCAL_002' },
  ]);
  const [first, ...others] = windowTurns(result.windows);
  expect(others).toEqual([]);
  expect(first.map(({ speaker }) => speaker)).toEqual(['0.0', '0.1', '0.1', '0.2']);
  expect(first[0]).toEqual({ start: at(70), end: at(210), speaker: '0.0' });
});
