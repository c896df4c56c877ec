import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { indexGraph, subModel } from './graph.ts';
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
import { splitUnweighted } from './unweighted.ts';
import { viewOf } from './wire.ts';

type Feeds = Record<string, [data: Float32Array, dims: number[]]>;

async function run(model: Uint8Array, feeds: Feeds): Promise<[data: Float32Array, dims: number[]]> {
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const tensors = Object.entries(feeds).map(([name, [data, dims]]) => [name, new ort.Tensor('float32', data, dims)]);
  const outputs = await session.run(Object.fromEntries(tensors));
  const { data, dims } = outputs[session.outputNames[0]];
  await session.release();
  return [data as Float32Array, [...dims]];
}

function noise(length: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => ((state = (state * 48271) % 2147483647) / 2147483647) * 6 - 3);
}

function furthest(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

const tail = readFileSync(new URL('../../../../fixtures/models/seedA-small/embedding-tail.onnx', import.meta.url));
const maps = '/layer4/layer4.2/Relu_1_output_0'; // [batch, 64, 10, steps]

/**
 * The same network as WeSpeaker's export_onnx.py writes it: `feats` → `embs`, opset 14, no weights. The pooling's nodes
 * are those of PyTorch's exporter for `x.mean(-1)` and `sqrt(x.var(-1) + 1e-7)` (torch.onnx symbolic `_var_mean`).
 */
function publicModel({ pooling = pooled(), last = ends() } = {}): Uint8Array {
  const whole = readModel(tail);
  const graph = indexGraph(whole.graph);
  const relu = makeValue(maps, DATA_TYPE.float, ['batch', 64, 10, 'steps']);
  const trunk = subModel(whole, graph, graph.inputs.slice(0, 1), [relu]);
  const scalar = (name: string, value: number): ReturnType<typeof makeTensor> =>
    makeTensor(name, DATA_TYPE.float, [], viewOf(Float32Array.of(value)));
  const layer = graph.initializers.filter(({ name }) => name.startsWith('r.seg_1'));
  return writeModel(
    makeModel(
      {
        ...trunk.graph,
        nodes: [...trunk.graph.nodes, ...pooling, ...last],
        initializers: [
          ...trunk.graph.initializers,
          ...layer,
          scalar('one', 1),
          scalar('epsilon', 1e-7),
          makeTensor('last_axis', DATA_TYPE.int64, [], viewOf(BigInt64Array.of(-1n))),
          makeTensor('mean_vec', DATA_TYPE.float, [256], viewOf(noise(256, 5))),
        ],
        outputs: [makeValue('embs', DATA_TYPE.float, ['batch', 256])],
      },
      14,
    ),
  );
}

function pooled(): OnnxNode[] {
  return [
    makeNode('ReduceMean', [maps], ['mean'], { axes: [-1], keepdims: 0 }),
    makeNode('ReduceMean', [maps], ['var_mean'], { axes: [-1], keepdims: 1 }),
    makeNode('Shape', [maps], ['shape']),
    makeNode('Gather', ['shape', 'last_axis'], ['steps'], { axis: 0 }),
    makeNode('ReduceProd', ['steps'], ['count'], { keepdims: 0 }),
    makeNode('Sub', [maps, 'var_mean'], ['away']),
    makeNode('Mul', ['away', 'away'], ['squares']),
    makeNode('ReduceMean', ['squares'], ['biased'], { axes: [-1], keepdims: 0 }),
    makeNode('Cast', ['count'], ['n'], { to: DATA_TYPE.float }),
    makeNode('Mul', ['biased', 'n'], ['sum_squares']),
    makeNode('Sub', ['n', 'one'], ['n_1']),
    makeNode('Div', ['sum_squares', 'n_1'], ['var']),
    makeNode('Add', ['var', 'epsilon'], ['var_epsilon']),
    makeNode('Sqrt', ['var_epsilon'], ['std']),
    makeNode('Flatten', ['mean'], ['flat_mean'], { axis: 1 }),
    makeNode('Flatten', ['std'], ['flat_std'], { axis: 1 }),
    makeNode('Concat', ['flat_mean', 'flat_std'], ['stats'], { axis: 1 }),
  ];
}

function ends(): OnnxNode[] {
  return [
    makeNode('Gemm', ['stats', 'r.seg_1.weight', 'r.seg_1.bias'], ['embed'], { transB: 1 }),
    makeNode('Sub', ['embed', 'mean_vec'], ['embs']),
  ];
}

test('with all weights 1 our head gives what the model gives by itself', async () => {
  const model = publicModel();
  const { trunk, head, features, cutAt, pooling } = splitUnweighted(model);
  expect(cutAt).toBe(maps);
  expect(pooling).toEqual({ epsilon: Math.fround(1e-7), correction: 1 });
  for (const numFrames of [998, 200]) {
    const fbank: Feeds[string] = [noise(numFrames * 80), [1, numFrames, 80]];
    const between = await run(trunk, { fbank });
    const [ours] = await run(head, { [features]: between, weights: [new Float32Array(589).fill(1), [1, 589]] });
    const [whole] = await run(model, { fbank });
    expect(furthest(ours, whole)).toBeLessThan(2e-6); // sums in another order
  }
});

test('with a mask it gives what pyannote’s weighted model gives, less the mean vector', async () => {
  const { trunk, head, features } = splitUnweighted(publicModel());
  const fbank: Feeds[string] = [noise(998 * 80), [1, 998, 80]];
  const mask = Float32Array.from({ length: 589 }, (_, i) => Number(i > 90 && i < 300));
  const [ours] = await run(head, { [features]: await run(trunk, { fbank }), weights: [mask, [1, 589]] });
  const [theirs] = await run(tail, { fbank, weights: [mask, [1, 589]] });
  const meanVec = noise(256, 5);
  expect(
    furthest(
      ours,
      theirs.map((value, i) => value - meanVec[i]),
    ),
  ).toBeLessThan(1e-5); // pyannote adds no epsilon
});

test('one window’s features meet many masks, an empty one among them', async () => {
  const { trunk, head, features, gemm } = splitUnweighted(publicModel());
  const between = await run(trunk, { fbank: [noise(400 * 80), [1, 400, 80]] });
  const masks = Float32Array.from({ length: 3 * 50 }, (_, i) => Number(i < 20 || (i >= 60 && i < 100)));
  const [together, dims] = await run(head, { [features]: between, weights: [masks, [3, 50]] });
  expect(dims).toEqual([3, 256]);
  for (const row of [0, 1, 2]) {
    const weights: Feeds[string] = [masks.slice(row * 50, row * 50 + 50), [1, 50]];
    const [alone] = await run(head, { [features]: between, weights });
    expect(furthest(alone, together.slice(row * 256, row * 256 + 256))).toBeLessThan(1e-6);
  }
  // No frame: mean 0, deviation √ε, hence the bias but for a little.
  expect(furthest(together.slice(512), gemm.bias)).toBeLessThan(0.01);
});

test('the affine layer is read out, what is taken off behind it folded in', async () => {
  const { gemm, trunk } = splitUnweighted(publicModel());
  expect([gemm.numInputs, gemm.numOutputs]).toEqual([1280, 256]);
  const fbank: Feeds[string] = [noise(160 * 80), [1, 160, 80]];
  const [x, dims] = await run(trunk, { fbank });
  expect(dims).toEqual([1, 64, 10, 20]);
  // Pooling by hand, in double precision.
  const stats: number[] = [];
  for (let d = 0; d < 640; d++) stats.push(x.slice(d * 20, d * 20 + 20).reduce((sum, value) => sum + value, 0) / 20);
  for (let d = 0; d < 640; d++)
    stats.push(Math.sqrt(x.slice(d * 20, d * 20 + 20).reduce((sum, v) => sum + (v - stats[d]) ** 2, 0) / 19 + 1e-7));
  const ours = gemm.bias.map((bias, row) => stats.reduce((sum, s, i) => sum + s * gemm.weight[row * 1280 + i], bias));
  const [whole] = await run(publicModel(), { fbank });
  expect(furthest(ours, whole)).toBeLessThan(2e-6);
});

test('a population standard deviation and a batch norm at the end are understood', async () => {
  const plain = pooled()
    .filter(({ op }) => !/Shape|Gather|ReduceProd|Cast|Div/.test(op))
    .filter(({ outputs }) => !/sum_squares|n_1|var_epsilon/.test(outputs[0]));
  const sqrt = plain.findIndex(({ op }) => op === 'Sqrt');
  plain[sqrt] = makeNode('Sqrt', ['biased'], ['std']);
  const vectors = ['r.seg_1.bias', 'mean_vec', 'mean_vec', 'spread'];
  const last = [
    makeNode('Gemm', ['stats', 'r.seg_1.weight', 'r.seg_1.bias'], ['embed'], { transB: 1 }),
    makeNode('BatchNormalization', ['embed', ...vectors], ['embs']),
  ];
  const { graph } = readModel(publicModel({ pooling: plain, last }));
  const spread = makeTensor('spread', DATA_TYPE.float, [256], viewOf(noise(256, 7).map((v) => Math.abs(v) + 0.5)));
  const model = writeModel(makeModel({ ...graph, initializers: [...graph.initializers, spread] }, 14));
  const { trunk, head, features, pooling } = splitUnweighted(model);
  expect(pooling).toEqual({ epsilon: 0, correction: 0 });
  const fbank: Feeds[string] = [noise(300 * 80), [1, 300, 80]];
  const ones = new Float32Array(38).fill(1);
  const [ours] = await run(head, { [features]: await run(trunk, { fbank }), weights: [ones, [1, 38]] });
  expect(furthest(ours, (await run(model, { fbank }))[0])).toBeLessThan(1e-5); // the norm scales by up to 4
});

test('attention, a second layer or weights of its own are refused by name', () => {
  const attended = pooled().map((node) =>
    node.outputs[0] === 'mean' ? makeNode('ReduceSum', [maps, 'last_axis'], ['mean'], { keepdims: 0 }) : node,
  );
  expect(() => splitUnweighted(publicModel({ pooling: attended }))).toThrow('pooled first is a ReduceSum');
  const twice = [ends()[0], makeNode('Relu', ['embed'], ['embs'])];
  expect(() => splitUnweighted(publicModel({ last: twice }))).toThrow('ends in Relu');
  expect(() => splitUnweighted(tail)).toThrow('it has weights');
});
