import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import {
  attributesOf,
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
import { withWinograd } from './winograd.ts';
import { viewOf } from './wire.ts';

/** Numbers in [-1, 1] that look like nothing in particular. */
function noise(length: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => ((state = (state * 48271) % 2147483647) / 2147483647) * 2 - 1);
}

async function run(model: Uint8Array, data: Float32Array, dims: number[]): Promise<ort.Tensor> {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const;
  const session = await ort.InferenceSession.create(model, options);
  const outputs = await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', data, dims) });
  await session.release();
  return outputs[session.outputNames[0]];
}

/** y = convolutions of x, (batch, 64, bands, frames), each given as [kernel height and width, stride, with ReLU]. */
function network(numBands: number, layers: readonly (readonly [number, number, boolean])[], opset = 17): Uint8Array {
  const initializers = layers.flatMap(([size], i) => [
    makeTensor(`w${i}`, DATA_TYPE.float, [64, 64, size, size], viewOf(noise(64 * 64 * size * size, 2 * i + 3))),
    makeTensor(`b${i}`, DATA_TYPE.float, [64], viewOf(noise(64, 2 * i + 4))),
  ]);
  let last = 'x';
  const nodes: OnnxNode[] = [];
  layers.forEach(([size, stride, relu], i) => {
    const pads = Array.from({ length: 4 }, () => (size - 1) / 2);
    const attributes = { kernel_shape: [size, size], strides: [stride, stride], pads };
    nodes.push(makeNode('Conv', [last, `w${i}`, `b${i}`], [`c${i}`], attributes));
    if (relu) nodes.push(makeNode('Relu', [`c${i}`], [`r${i}`]));
    last = relu ? `r${i}` : `c${i}`;
  });
  nodes.push(makeNode('Add', [last, last], ['y']));
  const inputs = [makeValue('x', DATA_TYPE.float, ['batch', 64, numBands, 'frames'])];
  const outputs = [makeValue('y', DATA_TYPE.float)];
  return writeModel(makeModel({ nodes, initializers, inputs, outputs, values: [], rest: [] }, opset));
}

function away(got: ort.Tensor, expected: ort.Tensor): number {
  expect(got.dims).toEqual(expected.dims);
  const [a, b] = [got.data as Float32Array, expected.data as Float32Array];
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    worst = Math.max(worst, Math.abs(a[i] - b[i]));
    largest = Math.max(largest, Math.abs(b[i]));
  }
  return worst / largest;
}

const operations = (model: Uint8Array): string[] => readModel(model).graph.nodes.map(({ op }) => op);

test('the filter of three taps gives the sums of products done by hand', async () => {
  // Bands 1 2 3 4 in every channel, taps 1 10 100 in the middle column of one kernel: 0·1 + 1·10 + 2·100, and so on.
  const plain = readModel(network(4, [[3, 1, false]]));
  const weight = new Float32Array(64 * 64 * 9);
  for (const [row, tap] of [1, 10, 100].entries()) weight[row * 3 + 1] = tap; // output 0, input 0
  const initializers = [
    makeTensor('w0', DATA_TYPE.float, [64, 64, 3, 3], viewOf(weight)),
    makeTensor('b0', DATA_TYPE.float, [64], viewOf(new Float32Array(64))),
  ];
  const rewritten = withWinograd(writeModel({ ...plain, graph: { ...plain.graph, initializers } }));
  const x = new Float32Array(64 * 4);
  x.set([1, 2, 3, 4]);
  const { data } = await run(rewritten, x, [1, 64, 4, 1]);
  const expected = [210, 321, 432, 43].map((sum) => 2 * sum); // the network ends in y + y
  expected.forEach((sum, band) => {
    expect(data[band]).toBeCloseTo(sum, 3);
  });
});

test.each([
  ['four bands at once', 8],
  ['two bands at once', 10],
])('a chain of convolutions gives what the runtime’s own give: %s', async (_, numBands) => {
  const layers = [
    [3, 1, true],
    [3, 1, true],
    [3, 2, false],
    [1, 1, true],
  ] as const;
  for (const opset of [11, 13, 17, 21]) {
    const plain = network(numBands, layers, opset);
    const rewritten = withWinograd(plain);
    expect(operations(rewritten).length).toBeGreaterThan(operations(plain).length + 20);
    for (const numFrames of [1, 2, 37]) {
      const x = noise(2 * 64 * numBands * numFrames, numFrames);
      const dims = [2, 64, numBands, numFrames];
      expect(away(await run(rewritten, x, dims), await run(plain, x, dims))).toBeLessThan(5e-6);
    }
  }
});

test.each([
  [8, 2], // 6 products for 4 bands: 18 multiplications where there were 36
  [10, 1.5], // 4 for 2: 12 where there were 18
])('over %i bands there is %f times less to multiply', (numBands, times) => {
  const plain = network(numBands, [[3, 1, true]]);
  const products = readModel(withWinograd(plain)).graph.nodes.filter((node) => {
    return node.op === 'Conv' && (attributesOf(node).get('group')?.integer ?? 1) === 1;
  });
  const rows = numBands === 8 ? 2 : 5; // of each phase
  expect(products.length * 3 * rows).toBe((9 * numBands) / times); // per frame and pair of channels
});

test('a graph without such convolutions stays as it is, to the byte', () => {
  for (const layers of [[[1, 1, true]], [[3, 2, true]]] as const) {
    const plain = network(8, layers);
    expect(withWinograd(plain)).toBe(plain);
  }
  const odd = network(7, [[3, 1, true]]);
  expect(withWinograd(odd)).toBe(odd);
});

test('a ResNet’s trunk gives its features, and those of a crop are its features to the last bit', async () => {
  const tail = readFileSync(new URL('../../../../fixtures/models/seedA-small/embedding-tail.onnx', import.meta.url));
  const { trunk } = splitEmbedding(tail);
  const rewritten = withWinograd(trunk);
  expect(operations(rewritten)).not.toEqual(operations(trunk));
  const fbank = noise(998 * 80, 5).map((value) => 4 * value);
  const [whole, plain] = [await run(rewritten, fbank, [1, 998, 80]), await run(trunk, fbank, [1, 998, 80])];
  expect(away(whole, plain)).toBeLessThan(2e-5); // single precision, 16 blocks deep
  // Frames 200 to 598, 128 more on either side: steps 41 to 74 lie well inside.
  const crop = await run(rewritten, fbank.slice(72 * 80, 728 * 80), [1, 656, 80]);
  const [numSteps, numCropSteps] = [whole.dims.at(-1)!, crop.dims.at(-1)!];
  const numChannels = whole.data.length / numSteps;
  for (let channel = 0; channel < numChannels; channel++) {
    for (let step = 25; step < 75; step++) {
      const inCrop = crop.data[channel * numCropSteps + step - 9];
      expect(inCrop).toBe(whole.data[channel * numSteps + step]);
    }
  }
});
