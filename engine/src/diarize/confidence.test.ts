import { expect, test } from 'vitest';
import type { Diarization } from '../core/diarization.ts';
import { leastSure, withConfidence } from './confidence.ts';
import { gatherEvidence } from './evidence.ts';

// Two chunks of two frames, one second apart: frame 1 is heard by both. Two local speakers, sets {}, {0}, {1}, {0, 1}.
const grid = { start: 0, duration: 1, step: 1 };
const sets = (best: number, set: number) =>
  Array.from({ length: 4 }, (_, k) => Math.log(k === set ? best : (1 - best) / 3));

function heard() {
  const gatherer = gatherEvidence({ numFrames: 2, numSpeakers: 2, numClasses: 4 });
  gatherer.observe({
    type: 'scores',
    firstChunk: 0,
    numChunks: 2,
    scores: Float32Array.from([...sets(0.9, 1), ...sets(0.6, 3), ...sets(0.8, 2), ...sets(0.5, 2)]),
  });
  gatherer.observe({
    type: 'activity',
    activity: {
      chunks: { start: 0, duration: 2, step: 1 },
      numChunks: 2,
      grid,
      numFrames: 2,
      width: 2,
      talking: Uint8Array.of(1, 3, 2, 2),
    },
  });
  return gatherer;
}

function decided({ labels = [0, 1, 1], discrete = [1, 0, 0, 1, 0, 1] } = {}) {
  const gatherer = heard();
  const rows = { chunk: Int32Array.of(0, 0, 1), speaker: Int32Array.of(0, 1, 1) };
  gatherer.observe({
    type: 'embeddings',
    embeddings: { ...rows, dimension: 1, numRows: 3, numSolo: Int32Array.of(1, 0, 2), vectors: new Float32Array(3) },
  });
  // 1 + cosine to each cluster: the first row is 0.9 like cluster 0, 0.1 like 1 …
  const similarity = Float64Array.of(1.9, 1.1, 1.4, 1.8, 1.6, 1.6);
  gatherer.observe({
    type: 'clusters',
    clusters: {
      labels: Int32Array.from(labels),
      numClusters: 2,
      centroids: new Float64Array(2),
      similarity,
    },
  });
  const data = Uint8Array.from(discrete);
  gatherer.observe({ type: 'discrete', discrete: { grid, numFrames: 3, numSpeakers: 2, data } });
  return gatherer.read()!;
}

test('a frame is as sure as the chunks that decided the same, and those that did not count as 0', () => {
  // frame 0: 0.9; frame 1: chunk 0 heard both, chunk 1 one with 0.8; frame 2: 0.5
  const { values } = decided().frames;
  expect([...values].map((value) => Math.round(value * 100) / 100)).toEqual([0.9, 0.4, 0.5]);
});

test('two local speakers of one cluster are one person', () => {
  // frame 1: chunk 0 heard both, who are cluster 0, chunk 1 somebody of cluster 1
  const frame = (discrete: number[]) => decided({ labels: [0, 0, 1], discrete }).frames.values[1];
  expect(frame([1, 0, 1, 0, 0, 1])).toBeCloseTo((0.6 + 0) / 2);
  expect(frame([1, 0, 1, 1, 0, 1])).toBe(0);
});

test('a turn is as sure as the network and the voice, by hand', () => {
  const [first, second] = decided().turns;
  const sigma = (x: number) => 1 / (1 + Math.exp(-x));
  expect(first.own).toBeCloseTo(0.9 * sigma(5 * 0.8), 2);
  // frame 1 (the last one only ends the turn): heard with 0.6, the voice 0.4 nearer than the next; and with 0.8, as near
  expect(second.own).toBeCloseTo(((0.6 + 0.8) / 2) * ((sigma(5 * 0.4) + sigma(0)) / 2), 2);
  expect(second.voice[0] + second.voice[1]).toBeCloseTo(1, 12);
});

test('a speaker is the mean of its turns, less what a second of speech leaves open', () => {
  const { turns, speakers } = decided();
  for (const { cluster, own, start, end } of turns)
    expect(speakers.get(cluster)).toBeCloseTo((own * (end - start)) / (end - start + 5), 12);
});

const result: Diarization = {
  duration: 3,
  turns: [
    { start: 0.5, end: 1.5, speaker: 'SPEAKER_00' },
    { start: 1.5, end: 2.5, speaker: 'SPEAKER_01' },
  ],
  exclusiveTurns: [{ start: 1.5, end: 2, speaker: 'SPEAKER_01' }],
  speakers: [
    { label: 'SPEAKER_00', speechDuration: 1 },
    { label: 'SPEAKER_01', speechDuration: 1 },
  ],
  model: { name: 'm', version: '1', licence: 'MIT' },
  warnings: [],
};

test("a model's curves make probabilities of it, in turns, speakers and frames", () => {
  const level = (value: number) => [[0, value]] as const;
  const maps = { frame: level(0.7), turn: level(0.8), speaker: level(0.6), origin: 'a test' };
  const { turns, exclusiveTurns, speakers, confidence } = withConfidence(result, decided(), maps);
  expect([...turns, ...exclusiveTurns].map((turn) => turn.confidence)).toEqual([0.8, 0.8, 0.8]);
  expect(speakers.map((speaker) => speaker.confidence)).toEqual([0.6, 0.6]);
  expect(confidence!.calibrated).toBe(true);
  expect(confidence!.frames.values[0]).toBeCloseTo(0.7, 6);
  expect(confidence!.shares[0]['SPEAKER_00']).toBe(0.8);
  expect(confidence!.shares[0]['SPEAKER_01']).toBeCloseTo(0.2, 12);
});

test('without curves the evidence is given as it is, and said not to be calibrated', () => {
  const evidence = decided();
  const { turns, confidence } = withConfidence(result, evidence, undefined);
  expect(turns.map((turn) => turn.confidence)).toEqual(evidence.turns.map(({ own }) => own));
  expect(confidence!.calibrated).toBe(false);
});

test('where nobody is found, frames are as sure as the silence is', () => {
  const gatherer = gatherEvidence({ numFrames: 2, numSpeakers: 2, numClasses: 4 });
  const scores = Float32Array.from([...sets(0.9, 0), ...sets(0.7, 0)]);
  gatherer.observe({ type: 'scores', firstChunk: 0, numChunks: 1, scores });
  const chunks = { start: 0, duration: 2, step: 1 };
  const activity = { chunks, numChunks: 1, grid, numFrames: 2, width: 2, talking: new Uint8Array(2) };
  gatherer.observe({ type: 'activity', activity });
  const { frames, turns } = gatherer.read()!;
  expect(turns).toEqual([]);
  expect([...frames.values].slice(0, 2).map((value) => Math.round(value * 100))).toEqual([90, 70]);
});

test('networks with a probability a speaker are as sure as all speakers are together', () => {
  const gatherer = gatherEvidence({ numFrames: 1, numSpeakers: 2, numClasses: 2 });
  gatherer.observe({ type: 'scores', firstChunk: 0, numChunks: 1, scores: Float32Array.of(0.2, 0.1) });
  const chunks = { start: 0, duration: 1, step: 1 };
  const activity = { chunks, numChunks: 1, grid, numFrames: 1, width: 2, talking: new Uint8Array(1) };
  gatherer.observe({ type: 'activity', activity });
  expect(gatherer.read()!.frames.values[0]).toBeCloseTo(0.8 * 0.9, 2);
});

test('a reviewer sees the least sure turn first, of equals the longer', () => {
  const turns = [
    { start: 0, end: 1, speaker: 'A', confidence: 0.9 },
    { start: 1, end: 2, speaker: 'B', confidence: 0.3 },
    { start: 2, end: 5, speaker: 'A', confidence: 0.3 },
  ];
  expect(leastSure(turns).map(({ start }) => start)).toEqual([2, 1, 0]);
});
