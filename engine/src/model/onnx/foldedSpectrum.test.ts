import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { withFoldedSpectrum } from './foldedSpectrum.ts';
import { DATA_TYPE, makeModel, makeNode, makeTensor, makeValue, writeModel } from './proto.ts';
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

function away(got: ort.Tensor, expected: ort.Tensor): number {
  expect(got.dims).toEqual(expected.dims);
  const expectedData = expected.data as Float32Array;
  return (got.data as Float32Array).reduce((worst, value, i) => Math.max(worst, Math.abs(value - expectedData[i])), 0);
}

interface Shape {
  readonly width?: number;
  readonly hop?: number;
  /** Where in the frame the cosines have their top. */
  readonly centre?: number;
  readonly window?: (n: number, width: number) => number;
  readonly withBands?: boolean;
}

/** Five bins' powers, or two bands of them, of x, (batch, 1, samples): |Σ window[n] x[n] e^{jωn}|². */
function spectrum({ width = 40, hop = 27, centre = 0, window = hann, withBands = false }: Shape = {}): Uint8Array {
  const filters = new Float32Array(10 * width);
  for (let bin = 0; bin < 5; bin++) {
    for (let n = 0; n < width; n++) {
      const angle = (2 * Math.PI * (bin + 1) * (n - centre)) / width;
      filters[bin * width + n] = window(n, width) * Math.cos(angle);
      filters[(5 + bin) * width + n] = window(n, width) * Math.sin(angle);
    }
  }
  const integers = (name: string, value: number) =>
    makeTensor(name, DATA_TYPE.int64, [1], viewOf(BigInt64Array.of(BigInt(value))));
  const power = withBands ? 'p' : 'y';
  const nodes = [
    makeNode('Conv', ['x', 'w'], ['c'], { kernel_shape: [width], strides: [hop], pads: [0, 0] }),
    makeNode('Slice', ['c', '0', '5', '1'], ['re']),
    makeNode('Mul', ['re', 're'], ['re2']),
    makeNode('Slice', ['c', '5', '10', '1'], ['im']),
    makeNode('Mul', ['im', 'im'], ['im2']),
    makeNode('Add', ['re2', 'im2'], [power]),
  ];
  if (withBands) nodes.push(makeNode('Conv', ['p', 'b'], ['y'], { kernel_shape: [1] }));
  const initializers = [
    makeTensor('w', DATA_TYPE.float, [10, 1, width], viewOf(filters)),
    makeTensor('b', DATA_TYPE.float, [2, 5, 1], viewOf(noise(10, 9))),
    ...[0, 1, 5, 10].map((value) => integers(String(value), value)),
  ];
  const inputs = [makeValue('x', DATA_TYPE.float, ['batch', 1, 'samples'])];
  const outputs = [makeValue('y', DATA_TYPE.float)];
  return writeModel(makeModel({ nodes, initializers, inputs, outputs, values: [], rest: [] }, 17));
}

/** The same from either end. */
function hann(n: number, width: number): number {
  return 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / width);
}

test.each<[string, Shape]>([
  ['phase zero at the first sample', {}],
  ['phase zero in the middle', { centre: 19.5 }],
  ['phase zero anywhere', { centre: 3.21 }],
  ['with bands behind it', { withBands: true }],
  ['frames that do not overlap', { hop: 40 }],
  ['frames with gaps between them', { hop: 53 }],
  ['frames over three hops', { hop: 15, withBands: true }],
])('powers are what they were: %s', async (_, shape) => {
  const plain = spectrum(shape);
  const folded = withFoldedSpectrum(plain);
  expect(folded).not.toBe(plain);
  for (const numSamples of [40, 66, 67, 68, 500]) {
    const x = noise(2 * numSamples, numSamples);
    const dims = [2, 1, numSamples];
    expect(away(await run(folded, x, dims), await run(plain, x, dims)), `${numSamples} samples`).toBeLessThan(1e-4);
  }
});

test('filters that are not their own mirror image stay as they are, to the byte', () => {
  const plain = spectrum({ window: (n) => n });
  expect(withFoldedSpectrum(plain)).toBe(plain);
});

test('a network without a spectrum stays as it is, to the byte', () => {
  const plain = readFileSync(new URL('../../../../fixtures/models/seedA-small/segmentation.onnx', import.meta.url));
  expect(withFoldedSpectrum(plain)).toBe(plain);
});

test('the embedded segmentation says the same, as far as filters stored as halves can tell', async () => {
  const plain = readFileSync(new URL('../../../models/embedded-v0/segmentation.fp16.onnx', import.meta.url));
  const folded = withFoldedSpectrum(plain);
  expect(folded).not.toBe(plain);
  for (const numSamples of [160000, 80000]) {
    const x = noise(2 * numSamples).map((value) => 0.1 * value);
    const dims = [2, 1, numSamples];
    expect(away(await run(folded, x, dims), await run(plain, x, dims))).toBeLessThan(4e-3); // what its card allows halves
  }
});
