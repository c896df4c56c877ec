/**
 * Convolutions in 8-bit integers, by quantize-dequantize pairs: every tensor a convolution reads or writes passes
 * through a byte, and a runtime that has integer kernels (VNNI, AMX, dot-product instructions) runs what lies between
 * the pairs in integers; any other computes the same numbers in floats.
 *
 *   x ─ Q ─ DQ ─ Conv ─ Q ─ DQ ─►        Q(x) = clip(round(x / scale) + zero, 0, 255), scale = (high - low) / 255
 *     weights ─ DQ ┘                     weights: one scale a channel, -127..127; biases: 32 bits
 *
 * The ranges [low, high] come from running the network on sound like the user's: `calibrationModel` gives a model that
 * reports them, `quantizeInt8` uses them. A ReLU behind a convolution is what clipping at a low of 0 does, and goes.
 *
 * Source: Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference
 * (2018), sections 2.1 to 2.4; the layout is ONNX Runtime's static QDQ format with min-max calibration.
 */
import { ModelError } from '../../core/errors.ts';
import { rint } from '../../math/round.ts';
import { constantOf, type FloatConstant } from './constants.ts';
import { type IndexedGraph, indexGraph, subModel } from './graph.ts';
import {
  DATA_TYPE,
  makeNode,
  makeTensor,
  makeValue,
  type OnnxNode,
  type OnnxTensor,
  readModel,
  renameInputs,
  renameTensors,
  withMetadata,
  writeModel,
} from './proto.ts';
import { viewOf } from './wire.ts';

/** What a tensor's numbers lie between. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export interface CalibrationModel {
  /** The model with two more outputs, smallest and largest number, for each tensor. */
  readonly model: Uint8Array;
  readonly tensors: readonly { readonly name: string; readonly lowOutput: string; readonly highOutput: string }[];
}

export interface Int8Options {
  /** The largest weight: 63 where the processor adds two products in 16 bits (AVX2 without VNNI), else 127. */
  readonly weightMax?: 63 | 127;
}

/** A model that reports, beside its results, what range each tensor to be quantized has. */
export function calibrationModel(bytes: Uint8Array): CalibrationModel {
  const model = readModel(bytes);
  const graph = indexGraph(model.graph);
  const { tensors: names } = plan(graph);
  const tensors = [...names].map((name) => ({ name, lowOutput: `${name}_low`, highOutput: `${name}_high` }));
  const nodes = tensors.flatMap(({ name, lowOutput, highOutput }) => [
    makeNode('ReduceMin', [name], [lowOutput], { keepdims: 0 }),
    makeNode('ReduceMax', [name], [highOutput], { keepdims: 0 }),
  ]);
  const outputs = nodes.map((node) => makeValue(node.outputs[0], DATA_TYPE.float, []));
  return {
    model: writeModel({
      ...model,
      graph: { ...model.graph, nodes: [...graph.nodes, ...nodes], outputs: [...graph.outputs, ...outputs] },
    }),
    tensors,
  };
}

/** The same network with its convolutions in 8 bits. */
export function quantizeInt8(
  bytes: Uint8Array,
  ranges: ReadonlyMap<string, Range>,
  { weightMax = 127 }: Int8Options = {},
): Uint8Array {
  const model = readModel(bytes);
  const graph = indexGraph(model.graph);
  const version = model.opsets.find(({ domain }) => domain === '')?.version ?? 0;
  if (version < 13)
    throw new ModelError('model_invalid', `Got a model of opset ${version}; 8 bits a channel need 13 or later.`);
  const { convs, tensors, gone } = plan(graph);
  const stored: OnnxTensor[] = [];
  const pairs = new Map<string, OnnxNode[]>();
  const renamed = new Map<string, string>();
  const steps = new Map<string, number>();
  for (const name of tensors) {
    const range = ranges.get(name);
    if (!range) throw new RangeError(`Got no range for the tensor "${name}": run the calibration model first.`);
    const { scale, zero } = byteScale(range);
    steps.set(name, scale);
    renamed.set(name, `${name}_dq`);
    stored.push(makeTensor(`${name}_scale`, DATA_TYPE.float, [], viewOf(Float32Array.of(scale))));
    stored.push(makeTensor(`${name}_zero`, DATA_TYPE.uint8, [], Uint8Array.of(zero)));
    const by = [`${name}_scale`, `${name}_zero`];
    pairs.set(name, [
      makeNode('QuantizeLinear', [name, ...by], [`${name}_q`]),
      makeNode('DequantizeLinear', [`${name}_q`, ...by], [`${name}_dq`]),
    ]);
  }

  const nodes: OnnxNode[] = graph.feeds.flatMap(({ name }) => pairs.get(name) ?? []);
  const emitted = new Set<string>();
  graph.nodes.forEach((node, index) => {
    if (gone.has(index)) return;
    const conv = convs.get(index);
    let emit = conv ? quantizedConv(conv, node, steps.get(node.inputs[0])!) : renameInputs(node, renamed);
    if (conv?.result !== undefined) emit = renameTensors(emit, new Map([[node.outputs[0], conv.result]]));
    nodes.push(emit);
    for (const output of emit.outputs) nodes.push(...(pairs.get(output) ?? []));
  });
  const whole = { ...model.graph, nodes, initializers: [...graph.initializers, ...stored], values: [] };
  const pruned = subModel(model, indexGraph(whole), graph.feeds, graph.outputs);
  return writeModel(withMetadata(pruned, { 'diarist.stored': 'int8' }));

  /** The convolution on bytes; its weights are stored and made floats again in front of it. */
  function quantizedConv({ weight, bias }: Conv, node: OnnxNode, step: number): OnnxNode {
    const [x, w, b] = node.inputs;
    const { bytes: small, scales } = byChannel(weight, weightMax);
    if (!emitted.has(w)) {
      emitted.add(w);
      store(w, DATA_TYPE.int8, weight.dims, viewOf(small), scales);
    }
    const inputs = [`${x}_dq`, `${w}_dq`];
    if (bias) {
      // A bias adds to sums of products, so its unit is that of the products: input step times weight step.
      const units = scales.map((scale) => scale * step);
      const name = `${node.outputs[0]}_bias`; // two convolutions may share a bias but not its units
      store(
        name,
        DATA_TYPE.int32,
        [units.length],
        viewOf(Int32Array.from(bias.data, (v, i) => rint(v / units[i]))),
        units,
      );
      inputs.push(`${name}_dq`);
    }
    const names = new Map([x, w, ...(bias ? [b] : [])].map((name, i) => [name, inputs[i]]));
    return renameInputs(node, names);
  }

  function store(name: string, type: number, dims: readonly number[], raw: Uint8Array, scales: Float32Array): void {
    const width = type === DATA_TYPE.int8 ? 1 : 4;
    stored.push(makeTensor(`${name}_i`, type, dims, raw));
    stored.push(makeTensor(`${name}_scale`, DATA_TYPE.float, [scales.length], viewOf(scales)));
    stored.push(makeTensor(`${name}_zero`, type, [scales.length], new Uint8Array(scales.length * width)));
    nodes.push(
      makeNode('DequantizeLinear', [`${name}_i`, `${name}_scale`, `${name}_zero`], [`${name}_dq`], { axis: 0 }),
    );
  }
}

interface Conv {
  readonly weight: FloatConstant;
  readonly bias?: FloatConstant;
  /** The output of the ReLU behind it, where that takes over. */
  readonly result?: string;
}

interface Plan {
  readonly convs: ReadonlyMap<number, Conv>;
  /** What passes through a byte. */
  readonly tensors: ReadonlySet<string>;
  /** ReLUs that clipping replaces. */
  readonly gone: ReadonlySet<number>;
}

function plan(graph: IndexedGraph): Plan {
  const convs = new Map<number, Conv>();
  const tensors = new Set<string>();
  const gone = new Set<number>();
  const results = new Set(graph.outputs.map(({ name }) => name));
  graph.nodes.forEach((node, index) => {
    const weight = node.op === 'Conv' ? constantOf(graph, node.inputs[1]) : undefined;
    const bias = node.inputs[2] ? constantOf(graph, node.inputs[2]) : undefined;
    // Kernels over one channel of samples are filters of a front end, whose phases 8 bits would lose.
    const isFilter = weight?.dims.length === 3 && weight.dims[1] === 1;
    if (!weight || isFilter || (node.inputs[2] && !bias)) return;
    const [output] = node.outputs;
    const readers = graph.nodes.flatMap((_, i) => (graph.reads[i].includes(output) ? [i] : []));
    const reader = readers.length === 1 && !results.has(output) ? graph.nodes[readers[0]] : undefined;
    const result = reader?.op === 'Relu' && !results.has(reader.outputs[0]) ? reader.outputs[0] : undefined;
    if (result !== undefined) gone.add(readers[0]);
    convs.set(index, { weight, bias, result });
    tensors.add(node.inputs[0]);
    if (!results.has(result ?? output)) tensors.add(result ?? output);
  });
  if (convs.size === 0) throw new ModelError('model_invalid', 'Got a model without convolutions to quantize.');
  return { convs, tensors, gone };
}

/** One scale an output channel, symmetric. */
function byChannel({ data, dims }: FloatConstant, largest: number): { bytes: Int8Array; scales: Float32Array } {
  const size = data.length / dims[0];
  const scales = new Float32Array(dims[0]);
  const bytes = new Int8Array(data.length);
  for (let channel = 0; channel < dims[0]; channel++) {
    let most = 0;
    for (let i = channel * size; i < (channel + 1) * size; i++) most = Math.max(most, Math.abs(data[i]));
    scales[channel] = most > 0 ? most / largest : 1;
    for (let i = channel * size; i < (channel + 1) * size; i++) bytes[i] = rint(data[i] / scales[channel]);
  }
  return { bytes, scales };
}

/** 0 must be exact: it is what convolutions pad with. */
function byteScale({ low, high }: Range): { scale: number; zero: number } {
  const from = Math.min(low, 0);
  const scale = Math.fround((Math.max(high, 0) - from) / 255 || 1);
  return { scale, zero: rint(-from / scale) };
}
