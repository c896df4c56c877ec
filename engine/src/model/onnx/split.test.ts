import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { inspectModel } from './inspect.ts';
import {
  DATA_TYPE,
  makeModel,
  makeNode,
  makeTensor,
  makeValue,
  type OnnxNode,
  readModel,
  writeModel,
} from './proto.ts';
import { splitEmbedding } from './split.ts';
import { viewOf } from './wire.ts';

type Feeds = Record<string, [data: Float32Array, dims: number[]]>;

async function run(model: Uint8Array, feeds: Feeds): Promise<{ data: Float32Array; dims: readonly number[] }> {
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const tensors = Object.entries(feeds).map(([name, [data, dims]]) => [name, new ort.Tensor('float32', data, dims)]);
  const outputs = await session.run(Object.fromEntries(tensors));
  const { data, dims } = outputs[session.outputNames[0]];
  await session.release();
  return { data: data as Float32Array, dims };
}

/** Numbers in [-3, 3] that look like nothing in particular. */
function noise(length: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => ((state = (state * 48271) % 2147483647) / 2147483647) * 6 - 3);
}

function mask(numFrames: number, from: number, to: number): Float32Array {
  return Float32Array.from({ length: numFrames }, (_, i) => Number(i >= from && i < to));
}

const tail = readFileSync(new URL('../../../../fixtures/models/seedA-small/embedding-tail.onnx', import.meta.url));

test('the head on the trunk’s features gives the embedding of the whole, bit for bit', async () => {
  const { trunk, head, features } = splitEmbedding(tail);
  for (const numFrames of [998, 500, 203, 64]) {
    const fbank = noise(numFrames * 80, numFrames);
    const { data, dims } = await run(trunk, { fbank: [fbank, [1, numFrames, 80]] });
    expect(dims).toEqual([1, 640, Math.ceil(numFrames / 8)]); // 64 channels of 10 bands, every 8th frame
    for (const weights of [mask(589, 0, 589), mask(589, 100, 400), mask(589, 7, 9), mask(589, 0, 0)]) {
      const whole = await run(tail, { fbank: [fbank, [1, numFrames, 80]], weights: [weights, [1, 589]] });
      const parts = await run(head, { [features]: [data, [...dims]], weights: [weights, [1, 589]] });
      expect(parts.dims).toEqual([1, 256]);
      expect(parts.data).toEqual(whole.data);
    }
  }
});

test('one window’s features meet many masks in one run of the head', async () => {
  const { trunk, head, features } = splitEmbedding(tail);
  const fbank = noise(998 * 80);
  const { data, dims } = await run(trunk, { fbank: [fbank, [1, 998, 80]] });
  const masks = [mask(589, 0, 200), mask(589, 150, 589), mask(589, 0, 0)];
  const three = Float32Array.from(masks.flatMap((weights) => [...weights]));
  const together = await run(head, { [features]: [data, [...dims]], weights: [three, [3, 589]] });
  expect(together.dims).toEqual([3, 256]);
  for (const [i, weights] of masks.entries()) {
    const whole = await run(tail, { fbank: [fbank, [1, 998, 80]], weights: [weights, [1, 589]] });
    // One matrix product of three rows sums in another order than three of one.
    const away = Math.max(...whole.data.map((value, k) => Math.abs(value - together.data[i * 256 + k])));
    expect(away).toBeLessThan(1e-6);
  }
});

test('a batch of windows goes through trunk and head as through the whole', async () => {
  const { trunk, head, features } = splitEmbedding(tail);
  const fbank: [Float32Array, number[]] = [noise(2 * 120 * 80), [2, 120, 80]];
  const weights: [Float32Array, number[]] = [Float32Array.from([...mask(70, 5, 40), ...mask(70, 30, 70)]), [2, 70]];
  const { data, dims } = await run(trunk, { fbank });
  const parts = await run(head, { [features]: [data, [...dims]], weights });
  expect(parts.data).toEqual((await run(tail, { fbank, weights })).data);
});

test('a trunk on a stretch of the fbank gives the very features of the whole, 112 frames of margin given', async () => {
  const { trunk } = splitEmbedding(tail);
  const fbank = noise(998 * 80);
  const whole = await run(trunk, { fbank: [fbank, [1, 998, 80]] });
  const furthest = async (start: number, end: number, margin: number): Promise<number> => {
    const from = Math.floor((start - margin) / 8) * 8; // the trunk's stride
    const to = Math.min(998, Math.ceil((end + margin) / 8) * 8);
    const part = await run(trunk, { fbank: [fbank.slice(from * 80, to * 80), [1, to - from, 80]] });
    let most = 0;
    for (let channel = 0; channel < 640; channel++) {
      for (let step = Math.floor(start / 8); step < Math.ceil(end / 8); step++) {
        const there = part.data[channel * part.dims[2] + step - from / 8];
        most = Math.max(most, Math.abs(whole.data[channel * 125 + step] - there));
      }
    }
    return most;
  };
  for (const [start, end] of [
    [300, 500],
    [600, 998],
    [437, 441],
  ])
    expect(await furthest(start, end, 112)).toBe(0);
  expect(await furthest(300, 500, 64)).toBeGreaterThan(1e-3); // half the receptive field is 111 frames
});

test('the parts say what they are and share no weights', () => {
  const { trunk, head, cutAt } = splitEmbedding(tail);
  expect(cutAt).toBe('/Reshape_output_0');
  const [whole, first, second] = [tail, trunk, head].map(inspectModel);
  expect(first.numParameters + second.numParameters).toBe(whole.numParameters);
  expect(first.operations['Conv']).toBe(36); // 33 of the ResNet34's blocks and stem, 3 shortcuts
  expect(second.operations['Conv']).toBeUndefined();
  expect(first.outputs[0].dims).toEqual(['batch', 640, 'feature_steps']);
  expect(first.metadata['diarist.part']).toBe('trunk');
  expect(second.metadata['diarist.cut_at']).toBe(cutAt);
  expect(first.inputs).toEqual(whole.inputs.slice(0, 1));
  // The axes of masks and features have names of their own: a runtime may hold equal names to equal sizes.
  expect(second.inputs.map(({ dims }) => dims[0])).toEqual(['batch', 'masks']);
});

/** waveform [B, 1, S] → 80 bands, centred → two convolutions → features pooled by weights [B, W = steps]. */
function fusedModel(pool: readonly OnnxNode[]): Uint8Array {
  const floats = (name: string, dims: number[], seed: number): ReturnType<typeof makeTensor> =>
    makeTensor(
      name,
      DATA_TYPE.float,
      dims,
      viewOf(
        noise(
          dims.reduce((a, b) => a * b),
          seed,
        ),
      ),
    );
  const integers = (name: string, ...values: number[]): ReturnType<typeof makeTensor> =>
    makeTensor(name, DATA_TYPE.int64, [values.length], viewOf(BigInt64Array.from(values, BigInt)));
  const nodes = [
    makeNode('Conv', ['waveform', 'kernel'], ['spectrum'], { strides: [16] }),
    makeNode('Transpose', ['spectrum'], ['frames'], { perm: [0, 2, 1] }),
    makeNode('MatMul', ['frames', 'mel'], ['bands']),
    makeNode('ReduceMean', ['bands'], ['mean'], { axes: [1], keepdims: 1 }),
    makeNode('Sub', ['bands', 'mean'], ['fbank']),
    makeNode('Transpose', ['fbank'], ['across'], { perm: [0, 2, 1] }),
    makeNode('Conv', ['across', 'conv'], ['deep'], { strides: [2] }),
    makeNode('Relu', ['deep'], ['features']),
    makeNode('Unsqueeze', ['weights', 'one'], ['rows']),
    ...pool,
  ];
  const graph = {
    nodes,
    initializers: [
      floats('kernel', [20, 1, 40], 2),
      floats('mel', [20, 80], 3),
      floats('conv', [6, 80, 3], 4),
      integers('one', 1),
      integers('two', 2),
      integers('zero', 0),
      integers('minus', -1),
    ],
    inputs: [
      makeValue('waveform', DATA_TYPE.float, ['batch', 1, 'samples']),
      makeValue('weights', DATA_TYPE.float, ['batch', 'steps']),
    ],
    outputs: [makeValue('output', DATA_TYPE.float, ['batch', 6])],
    values: [],
    rest: [],
  };
  return writeModel(makeModel(graph, 17));
}

const weightedSum = [
  makeNode('Mul', ['features', 'rows'], ['weighted']),
  makeNode('ReduceSum', ['weighted', 'two'], ['output'], { keepdims: 0 }),
];

test('a model from the waveform is cut at its fbank too, and shows the log-mel before the mean', async () => {
  const model = fusedModel(weightedSum);
  const { head, features, frontEnd } = splitEmbedding(model);
  expect(frontEnd).toMatchObject({ cutAt: 'fbank', logMel: 'bands' });
  const waveform: [Float32Array, number[]] = [noise(2 * 1000), [2, 1, 1000]];
  const weights: [Float32Array, number[]] = [noise(2 * 30), [2, 30]];
  const fbank = await run(frontEnd!.fbank, { waveform });
  expect(fbank.dims).toEqual([2, 61, 80]); // (1000 - 40) / 16 + 1
  const middle = await run(frontEnd!.trunk, { fbank: [fbank.data, [...fbank.dims]] });
  const parts = await run(head, { [features]: [middle.data, [...middle.dims]], weights });
  expect(parts.data).toEqual((await run(model, { waveform, weights })).data);
});

test('a head that reads the batch size off the waveform reads it off the features instead', async () => {
  const model = fusedModel([
    makeNode('Shape', ['waveform'], ['size']),
    makeNode('Gather', ['size', 'zero'], ['batch']),
    makeNode('Concat', ['batch', 'minus'], ['flat'], { axis: 0 }),
    weightedSum[0],
    makeNode('ReduceSum', ['weighted', 'two'], ['sum']),
    makeNode('Reshape', ['sum', 'flat'], ['output']),
  ]);
  const { trunk, head, features } = splitEmbedding(model);
  const waveform: [Float32Array, number[]] = [noise(2 * 1000), [2, 1, 1000]];
  const weights: [Float32Array, number[]] = [noise(2 * 30), [2, 30]];
  const middle = await run(trunk, { waveform });
  const parts = await run(head, { [features]: [middle.data, [...middle.dims]], weights });
  expect(parts.data).toEqual((await run(model, { waveform, weights })).data);
});

test('a model whose weights touch the sound itself is refused', () => {
  const { graph } = readModel(fusedModel(weightedSum));
  const nodes = [makeNode('Mul', ['waveform', 'weights'], ['output'])];
  const model = writeModel(makeModel({ ...graph, nodes, initializers: [] }, 17));
  expect(() => splitEmbedding(model)).toThrow('Found no tensor between "waveform" and the use of "weights" to cut at');
});

test('a model that isn’t an embedding is refused with its tensors named', () => {
  const graph = readModel(fusedModel(weightedSum)).graph;
  const alone = writeModel(makeModel({ ...graph, inputs: graph.inputs.slice(0, 1) }, 17));
  expect(() => splitEmbedding(alone)).toThrow('waveform [batch, 1, samples] → output [batch, 6]');
});
