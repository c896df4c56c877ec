import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { compareEmbeddings, compareScores } from './accuracy.ts';
import { inspectModel } from './inspect.ts';
import { calibrationModel, quantizeInt8, type Range } from './int8.ts';
import { DATA_TYPE, makeModel, makeNode, makeTensor, makeValue, writeModel } from './proto.ts';
import { splitEmbedding } from './split.ts';
import { storeFp16 } from './storeFp16.ts';
import { viewOf } from './wire.ts';

type Feeds = Record<string, [data: Float32Array, dims: number[]]>;

async function run(model: Uint8Array, feeds: Feeds): Promise<Record<string, Float32Array>> {
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const tensors = Object.entries(feeds).map(([name, [data, dims]]) => [name, new ort.Tensor('float32', data, dims)]);
  const outputs = await session.run(Object.fromEntries(tensors));
  await session.release();
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]));
}

function noise(length: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => ((state = (state * 48271) % 2147483647) / 2147483647) * 6 - 3);
}

const tail = readFileSync(new URL('../../../../fixtures/models/seedA-small/embedding-tail.onnx', import.meta.url));
const sound: Feeds = { fbank: [noise(200 * 80), [1, 200, 80]], weights: [new Float32Array(100).fill(1), [1, 100]] };

async function measure(model: Uint8Array, feeds: Feeds): Promise<Map<string, Range>> {
  const calibration = calibrationModel(model);
  const outputs = await run(calibration.model, feeds);
  return new Map(
    calibration.tensors.map(({ name, lowOutput, highOutput }) => [
      name,
      { low: outputs[lowOutput][0], high: outputs[highOutput][0] },
    ]),
  );
}

test('halves take half the room and change an embedding by a thousandth', async () => {
  const half = storeFp16(tail);
  expect(half.length / tail.length).toBeLessThan(0.51);
  expect(inspectModel(half).weightBytes['float16']).toBeGreaterThan(1_300_000);
  const [before, after] = [await run(tail, sound), await run(half, sound)];
  const size = Math.max(...before['output'].map(Math.abs));
  expect(Math.max(...before['output'].map((v, i) => Math.abs(v - after['output'][i]))) / size).toBeLessThan(5e-3);
});

test('storing as halves what is stored as halves changes nothing more', () => {
  const once = storeFp16(tail);
  expect(inspectModel(storeFp16(once)).weightBytes).toEqual(inspectModel(once).weightBytes);
});

test('numbers that halves cannot hold stay as they are', () => {
  const big = makeTensor('w', DATA_TYPE.float, [300], viewOf(new Float32Array(300).fill(70_000)));
  const values = [makeValue('x', DATA_TYPE.float, [300]), makeValue('y', DATA_TYPE.float, [300])];
  const graph = { nodes: [makeNode('Add', ['x', 'w'], ['y'])], initializers: [big] };
  const model = makeModel({ ...graph, inputs: values.slice(0, 1), outputs: values.slice(1), values: [], rest: [] }, 17);
  expect(inspectModel(storeFp16(writeModel(model))).weightBytes).toEqual({ float32: 1200 });
});

test('a convolution in 8 bits is the one the paper’s formulas give', async () => {
  const [channels, kernel, length] = [4, 3, 50];
  const weight = noise(channels * 2 * kernel, 3);
  const bias = noise(channels, 4);
  const graph = {
    nodes: [
      makeNode('Conv', ['x', 'w', 'b'], ['c'], { pads: [1, 1] }),
      makeNode('Relu', ['c'], ['r']),
      makeNode('Identity', ['r'], ['y']),
    ],
    initializers: [
      makeTensor('w', DATA_TYPE.float, [channels, 2, kernel], viewOf(weight)),
      makeTensor('b', DATA_TYPE.float, [channels], viewOf(bias)),
    ],
    inputs: [makeValue('x', DATA_TYPE.float, ['batch', 2, 'steps'])],
    outputs: [makeValue('y', DATA_TYPE.float, ['batch', channels, 'steps'])],
    values: [],
    rest: [],
  };
  const model = writeModel(makeModel(graph, 17));
  const x = noise(2 * length, 5);
  const feeds: Feeds = { x: [x, [1, 2, length]] };
  const ranges = await measure(model, feeds);
  const int8 = quantizeInt8(model, ranges);
  expect(inspectModel(int8).operations).not.toHaveProperty('Relu');
  const { y } = await run(int8, feeds);

  // The same by hand: integers, then one rounding to the output's step.
  const [low, high] = [Math.min(...x), Math.max(...x)];
  const inStep = (high - low) / 255;
  const zero = Math.round(-low / inStep);
  const quantized = [...x].map((value) => Math.min(255, Math.max(0, Math.round(value / inStep) + zero)) - zero);
  const outStep = ranges.get('r')!.high / 255;
  for (let c = 0; c < channels; c++) {
    const row = weight.slice(c * 2 * kernel, (c + 1) * 2 * kernel);
    const step = Math.max(...row.map(Math.abs)) / 127;
    for (let t = 0; t < length; t++) {
      let sum = Math.round(bias[c] / (step * inStep));
      for (let i = 0; i < 2; i++)
        for (let k = 0; k < kernel; k++) {
          const at = t + k - 1;
          if (at >= 0 && at < length) sum += quantized[i * length + at] * Math.round(row[i * kernel + k] / step);
        }
      const expected = Math.min(255, Math.max(0, Math.round((sum * step * inStep) / outStep))) * outStep;
      expect(Math.abs(y[c * length + t] - expected)).toBeLessThan(1.01 * outStep); // halves may round either way
    }
  }
});

test('a trunk in 8 bits is a quarter of the size and keeps its shape', async () => {
  const { trunk } = splitEmbedding(tail);
  const feeds = { fbank: sound['fbank'] };
  const int8 = quantizeInt8(trunk, await measure(trunk, feeds));
  expect(int8.length / trunk.length).toBeLessThan(0.31); // weights a quarter, the rest is names and scales
  const { operations, weightBytes, outputs } = inspectModel(int8);
  expect(operations).toMatchObject({ Conv: 36, Add: 16 });
  expect(weightBytes['int8']).toBeGreaterThan(300_000);
  expect(outputs).toEqual(inspectModel(trunk).outputs);
  const [before, after] = [(await run(trunk, feeds))['features'], (await run(int8, feeds))['features']];
  // ONNX Runtime's own quantize_static, same settings and sound, is as far off: these weights are random, 8 channels wide.
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
  expect(dot(before, after) / Math.sqrt(dot(before, before) * dot(after, after))).toBeGreaterThan(0.97);
});

test('a tensor without a range, or a model without convolutions, is refused', () => {
  expect(() => quantizeInt8(tail, new Map())).toThrow('no range for the tensor "/Unsqueeze_output_0"');
  expect(() => calibrationModel(splitEmbedding(tail).head)).toThrow('without convolutions');
});

test('embeddings are compared by angle, distance and neighbour', () => {
  // Three vectors of which one turns by 90°: worked out by hand.
  const before = Float32Array.of(1, 0, 0.8, 0.6, 0, 1);
  const after = Float32Array.of(1, 0, 0.8, 0.6, -1, 0);
  const report = compareEmbeddings(before, after, 2);
  expect(report.count).toBe(3);
  expect(report.cosine.mean).toBeCloseTo(2 / 3, 6);
  expect(report.cosine.median).toBeCloseTo(1, 6);
  expect(report.cosine.smallest).toBeCloseTo(0, 6);
  // Cosines of the pairs: (0.8, 0, 0.6) before, (0.8, -1, -0.8) after.
  expect(report.distanceChange.largest).toBeCloseTo(1.4, 6);
  expect(report.distanceChange.mean).toBeCloseTo((0 + 1 + 1.4) / 3, 6);
  expect(report.sameNeighbour).toBe(1);
  expect(compareEmbeddings(before, before, 2)).toMatchObject({ sameNeighbour: 1, distanceChange: { largest: 0 } });
  expect(() => compareEmbeddings(before, after, 4)).toThrow('vectors of 4');
});

test('scores are compared by the class they choose', () => {
  const report = compareScores(Float32Array.of(0.9, 0.1, 0.2, 0.8), Float32Array.of(0.4, 0.6, 0.1, 0.9), 2);
  expect(report.changedFrames).toBe(0.5);
  expect(report.largestChange).toBeCloseTo(0.5, 6);
});
