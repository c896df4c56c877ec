import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixturePath, readSamples } from '../../../test/toolkit/fixtures.ts';
import { centre, fbank } from '../../audio/fbank.ts';
import { streamOf } from '../../audio/samples.ts';
import { runTrunk } from '../../model/embed/runTrunk.ts';
import type { EmbeddingModel } from '../../model/embedding.ts';
import { DATA_TYPE, makeModel, makeNode, makeValue, writeModel } from '../../model/onnx/proto.ts';
import { splitEmbedding } from '../../model/onnx/split.ts';
import { createRuntime } from '../../node/runtime/device.ts';
import { openEmbeddingModel } from '../../node/toolkit.ts';
import { embedWhole, embedWindows } from './embedRecording.ts';
import { embedTurns } from './embedTurns.ts';

// Reference: pyannote.audio 4.0.7, the random ResNet34 of the fixtures called on a whole recording and on its first 4 s.
const { embeddings } = JSON.parse(readFileSync(fixturePath('toolkit/whole_file_embeddings.json'), 'utf8')) as {
  embeddings: Record<string, readonly number[]>;
};

let runtime: Awaited<ReturnType<typeof createRuntime>>;
let resnet: EmbeddingModel;
let embedded: EmbeddingModel;
beforeAll(async () => {
  runtime = await createRuntime({ device: 'cpu', threads: 1 });
  const tail = fixturePath('models/seedA-small/embedding-tail.onnx');
  resnet = (await openEmbeddingModel({ embedding: tail }, runtime)).network;
  embedded = (await openEmbeddingModel({}, runtime)).network;
});
afterAll(() => runtime.close());

const cosine = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] ** 2;
    bb += b[i] ** 2;
  }
  return ab / Math.sqrt(aa * bb);
};

/** Tolerances of the parity data: 1e-3 for a number, 1e-5 for the cosine. */
function expectSame(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(Math.abs(found[i] - expected[i])).toBeLessThan(1e-3);
  expect(1 - cosine(found, expected)).toBeLessThan(1e-5);
}

test.each(Object.keys(embeddings))('the whole of %s has the vector that pyannote computes', async (name) => {
  const [recording, part] = name.split('|');
  const { sampleRate, samples } = readSamples(recording);
  const taken = part === 'first_4s' ? samples.subarray(0, 4 * sampleRate) : samples;
  expect(part === undefined || part === 'first_4s').toBe(true);
  const { vector, duration } = await embedWhole(streamOf({ sampleRate, samples: taken }), resnet);
  expect(duration).toBe(taken.length / sampleRate);
  expectSame(vector, embeddings[name]);
});

test('a turn has the vector of its samples alone, wherever it lies', async () => {
  const { sampleRate, samples } = readSamples('oddlen');
  const shifted = new Float32Array(samples.length + 12345);
  shifted.set(samples, 12345);
  const start = 12345 / sampleRate;
  const turns = [
    { start, end: start + 4, speaker: 'a' },
    { start: 0, end: 0.01, speaker: 'b' },
    { start: 100, end: 101, speaker: 'c' },
    { start, end: 1000, speaker: 'a' },
  ];
  const found = (await embedTurns(streamOf({ sampleRate, samples: shifted }), resnet, turns)).turns;
  expectSame(found[0].vector!, embeddings['oddlen|first_4s']);
  expect(found[1]).toEqual({ ...turns[1], reason: 'too short' });
  expect(found[2]).toEqual({ ...turns[2], reason: 'outside' });
  expectSame(found[3].vector!, embeddings.oddlen);
});

test('windows: as many as pyannote slides, each the vector of its ten seconds, the last filled up with silence', async () => {
  const { sampleRate, samples } = readSamples('oddlen');
  const found = await embedWindows(streamOf({ sampleRate, samples }), resnet, { duration: 4, step: 5 });
  // 373,211 samples: windows begin at 0, 5, 10, 15 and 20 s; the last holds 3.3 s
  expect(found.numFrames).toBe(Math.floor((samples.length - 64000) / 80000) + 2);
  expect(found.grid).toEqual({ start: 0, duration: 4, step: 5 });
  expectSame(found.data.subarray(0, 256), embeddings['oddlen|first_4s']);
  const last = new Float32Array(64000);
  last.set(samples.subarray((found.numFrames - 1) * 80000));
  const alone = await embedWhole(streamOf({ sampleRate, samples: last }), resnet);
  expectSame(found.data.subarray((found.numFrames - 1) * 256), alone.vector);
});

test('a long recording through the trunk in pieces has the features that it has in one', async () => {
  const { trunk } = splitEmbedding(readFileSync(fixturePath('models/seedA-small/embedding-tail.onnx')));
  const session = await runtime.load({ bytes: trunk });
  const frames = Float32Array.from({ length: 1003 * 80 }, (_, i) => Math.sin(i * i) * 3);
  const geometry = { stride: 8, margin: 128 };
  const whole = await runTrunk(session, frames.slice(), geometry);
  const pieces = await runTrunk(session, frames.slice(), { ...geometry, maxFrames: 300 });
  expect(pieces.numSteps).toBe(126);
  expect({ ...pieces, data: undefined }).toEqual({ ...whole, data: undefined });
  let most = 0;
  for (let i = 0; i < whole.data.length; i++) most = Math.max(most, Math.abs(whole.data[i] - pieces.data[i]));
  expect(most).toBeLessThan(1e-4);
});

test('a network of frames alone, given by its path, hears all frames minus their mean', async () => {
  // the greatest of each bin: simple enough to compute beside it
  const { float } = DATA_TYPE;
  const graph = {
    nodes: [makeNode('ReduceMax', ['feats'], ['embs'], { axes: [1], keepdims: 0 })],
    initializers: [],
    inputs: [makeValue('feats', float, ['batch', 'frames', 80])],
    outputs: [makeValue('embs', float, ['batch', 80])],
    values: [],
    rest: [],
  };
  const folder = mkdtempSync(join(tmpdir(), 'diarist-plain-'));
  try {
    const path = join(folder, 'plain.onnx');
    writeFileSync(path, writeModel(makeModel(graph, 13)));
    const { network, name } = await openEmbeddingModel({ embedding: path }, runtime);
    expect([name, network.dimension]).toEqual(['plain.onnx', 80]);
    const { sampleRate, samples } = readSamples('clip3s');
    const { vector } = await embedWhole(streamOf({ sampleRate, samples }), network);
    const frames = centre(fbank(samples));
    const greatest = Float32Array.from({ length: 80 }, (_, bin) =>
      frames.reduce((most, value, i) => (i % 80 === bin ? Math.max(most, value) : most), Number.NEGATIVE_INFINITY),
    );
    expect(vector).toEqual(greatest);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the embedded network takes any step and turn length; a turn that is everything is the whole', async () => {
  const { sampleRate, samples } = readSamples('dev00');
  const audio = () => streamOf({ sampleRate, samples });
  const windows = await embedWindows(audio(), embedded, { duration: 2.5, step: 0.37 });
  expect(windows.width).toBe(192);
  expect(windows.numFrames).toBe(Math.ceil((30 - 2.5) / 0.37) + 1);
  expect(windows.data.every(Number.isFinite)).toBe(true);
  const turns = [0.5, 1.234, 3.3, 7.777].map((start, i) => ({ start, end: start + 1.1 + i / 3, speaker: 'x' }));
  for (const { vector } of (await embedTurns(audio(), embedded, turns)).turns) {
    expect(vector?.length).toBe(192);
    expect(vector?.every(Number.isFinite)).toBe(true);
  }
  const whole = await embedWhole(audio(), embedded);
  const [long] = (await embedTurns(audio(), embedded, [{ start: 0, end: 30, speaker: 'x' }])).turns;
  expect(1 - cosine(whole.vector, long.vector!)).toBeLessThan(1e-9);
});

test('too little sound, no sound, odd windows and other rates are refused by name', async () => {
  const audio = (numSamples: number) => streamOf({ sampleRate: 16000, samples: new Float32Array(numSamples) });
  await expect(embedWhole(audio(0), resnet)).rejects.toThrow('holds no samples');
  await expect(embedWhole(audio(399), resnet)).rejects.toThrow('too short for a voice');
  await expect(embedWindows(audio(16000), resnet, { duration: 0.01 })).rejects.toThrow('windows of 0.01 s');
  await expect(embedWindows(audio(16000), resnet, { step: 0.0333 })).rejects.toThrow('multiple of 0.01');
  await expect(embedWindows(audio(0), resnet)).rejects.toThrow('holds no samples');
  await expect(embedTurns(audio(9), resnet, [{ start: Number.NaN, end: 1, speaker: 'a' }])).rejects.toThrow('NaN');
  await expect(embedWhole({ ...audio(9), sampleRate: 8000 }, resnet)).rejects.toThrow('8000 Hz');
});
