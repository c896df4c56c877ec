/**
 * The same convolutions with half the multiplications: Winograd's minimal filtering, written into the graph.
 *
 * Four neighbouring outputs of a filter of three taps take 12 products done plainly and 6 done so: inputs are added up
 * first (B), multiplied by sums of the taps (G), and the products added up (A): y = A [(G g) ⊙ (B d)]. Two outputs take
 * 4 for 6. We do it along the bands (axis 2) of 3×3 convolutions, so the number of frames stays free, and keep a tensor as
 * its phases, every 4th (or 2nd) band, from one convolution to the next:
 *
 *   bands  0 1 2 3 4 5 6 7 …  ─►  phase 0: 0 4 …   phase 1: 1 5 …   phase 2: 2 6 …   phase 3: 3 7 …
 *
 * Each phase is an ordinary tensor, each product a 1×3 convolution along the frames, and each sum an Add or a depthwise
 * convolution, so a runtime needs no kernel of ours. Between convolutions ReLU and residual sums stay in phases.
 * Results differ by single precision's rounding, about one part in a million.
 *
 * Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016, F(2, 3) and F(4, 3) in one dimension.
 */
import { constantOf, type FloatConstant } from './constants.ts';
import { type IndexedGraph, indexGraph } from './graph.ts';
import {
  attributesOf,
  DATA_TYPE,
  makeNode,
  makeTensor,
  makeValue,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
  readModel,
  withMetadata,
  writeModel,
} from './proto.ts';
import { inferShapes, type Shape, type Shapes } from './shapes.ts';
import { viewOf } from './wire.ts';

/** Part of the key of what is kept: goes up when the rewriting changes. */
export const WINOGRAD_VERSION = 'winograd 1';

/** Channels below this leave more to add than there is to multiply. */
const MIN_CHANNELS = 64;

/** The model with its 3×3 convolutions rewritten; the very bytes where it has none that fit. */
export function withWinograd(bytes: Uint8Array): Uint8Array {
  const model = readModel(bytes);
  const graph = indexGraph(model.graph);
  if (graph.hasSubgraphs) return bytes;
  const shapes = inferShapes(graph);
  const fits = graph.nodes.map((node) => fittingConvolution(graph, shapes, node));
  if (!fits.some(Boolean)) return bytes;

  const rewrite = createRewrite(shapes);
  graph.nodes.forEach((node, index) => {
    const convolution = fits[index];
    if (convolution) rewrite.convolve(node, convolution);
    else if (node.op === 'Relu' || node.op === 'Add') rewrite.elementwise(node);
    else rewrite.keep(node);
  });
  for (const { name } of graph.outputs) rewrite.needWhole(name);
  const { nodes, initializers, values } = rewrite;
  const read = new Set([...nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)]);
  return writeModel(
    withMetadata(
      {
        ...model,
        graph: {
          ...model.graph,
          nodes,
          initializers: [...graph.initializers.filter(({ name }) => read.has(name)), ...initializers],
          inputs: graph.inputs.filter(({ name }) => read.has(name)),
          values,
        },
      },
      { 'diarist.convolutions': 'winograd' },
    ),
  );
}

interface Convolution {
  /** (output, input, 3, 3) */
  readonly weight: FloatConstant;
  readonly bias?: Float32Array;
  /** Of what it reads, (batch, channel, band, frame). */
  readonly whole: Shape;
  readonly numPhases: 2 | 4;
}

/** A 3×3 convolution that keeps bands and frames, with enough channels and an even number of bands. */
function fittingConvolution(graph: IndexedGraph, { of }: Shapes, node: OnnxNode): Convolution | undefined {
  if (node.op !== 'Conv') return undefined;
  const weight = constantOf(graph, node.inputs[1]);
  const bias = node.inputs[2] ? constantOf(graph, node.inputs[2]) : undefined;
  const whole = of.get(node.inputs[0]) ?? [];
  const numBands = whole[2];
  if (weight?.dims.length !== 4 || (node.inputs[2] && !bias) || typeof numBands !== 'number') return undefined;
  const attributes = attributesOf(node);
  const all = (name: string, value: number): boolean =>
    attributes.get(name)?.integers.every((item) => item === value) ?? value === 1;
  const plain =
    weight.dims.slice(2).every((size) => size === 3) &&
    weight.dims[1] === whole[1] && // one group
    all('strides', 1) &&
    all('dilations', 1) &&
    attributes.has('pads') &&
    all('pads', 1);
  if (!plain || Math.min(weight.dims[0], weight.dims[1]) < MIN_CHANNELS || numBands % 2 !== 0) return undefined;
  return { weight, bias: bias?.data, whole, numPhases: numBands % 4 === 0 ? 4 : 2 };
}

interface Rewrite {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  /** Shapes, declared so that a runtime sees that two phases are alike, and adds them where it multiplies. */
  readonly values: readonly OnnxValue[];
  convolve(node: OnnxNode, convolution: Convolution): void;
  /** ReLU or a sum: in phases where an input is. */
  elementwise(node: OnnxNode): void;
  keep(node: OnnxNode): void;
  /** Makes sure that the tensor is there in one piece. */
  needWhole(name: string): void;
}

/** A tensor in phases: their names, and the shape of the whole, (batch, channel, band, frame). */
interface Phased {
  readonly names: readonly string[];
  readonly shape: Shape;
}

function createRewrite({ of }: Shapes): Rewrite {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const values: OnnxValue[] = [];
  const phased = new Map<string, Phased>();
  /** Tensors that exist in phases only, so far. */
  const apart = new Set<string>();
  let count = 0;

  function emit(
    op: string,
    inputs: readonly string[],
    shape?: Shape,
    attributes?: Parameters<typeof makeNode>[3],
  ): string {
    const output = `winograd.${op.toLowerCase()}.${count++}`;
    nodes.push(makeNode(op, inputs, [output], attributes));
    if (shape) values.push(makeValue(output, DATA_TYPE.float, shape));
    return output;
  }

  function constant(dims: readonly number[], data: Float32Array | BigInt64Array): string {
    const name = `winograd.constant.${count++}`;
    const type = data instanceof Float32Array ? DATA_TYPE.float : DATA_TYPE.int64;
    initializers.push(makeTensor(name, type, dims, viewOf(data)));
    return name;
  }

  /** A tensor as every nth band of it: n depthwise convolutions that look at one band each, as runtimes have no quicker way. */
  function phasesOf(name: string, numPhases: 2 | 4, whole: Shape): readonly string[] {
    const known = phased.get(name);
    if (known?.names.length === numPhases) return known.names;
    needWhole(name);
    const numChannels = whole[1] as number;
    const names = Array.from({ length: numPhases }, (_, phase) => {
      const taps = Float32Array.from({ length: numChannels * numPhases }, (_, i) => (i % numPhases === phase ? 1 : 0));
      return emit('Conv', [name, constant([numChannels, 1, numPhases, 1], taps)], rowsOf(whole, numPhases), {
        group: numChannels,
        kernel_shape: [numPhases, 1],
        pads: [0, 0, 0, 0],
        strides: [numPhases, 1],
      });
    });
    phased.set(name, { names, shape: whole });
    return names;
  }

  function needWhole(name: string): void {
    if (!apart.delete(name)) return;
    const { names, shape } = phased.get(name)!;
    const [, numChannels, numBands] = shape as number[];
    const row = constant([5], BigInt64Array.from([0, numChannels, numBands / names.length, 1, -1], BigInt));
    const rows = names.map((phase) => emit('Reshape', [phase, row]));
    const target = constant([4], BigInt64Array.from([0, numChannels, numBands, -1], BigInt));
    nodes.push(makeNode('Reshape', [emit('Concat', rows, undefined, { axis: 3 }), target], [name]));
    values.push(makeValue(name, DATA_TYPE.float, shape));
  }

  function keep(node: OnnxNode): void {
    node.inputs.forEach(needWhole);
    nodes.push(node);
    for (const name of node.outputs) {
      const shape = of.get(name);
      if (shape?.length === 4) values.push(makeValue(name, DATA_TYPE.float, shape));
    }
  }

  function convolve({ inputs: [input], outputs: [output] }: OnnxNode, convolution: Convolution): void {
    const { numPhases, bias, weight, whole } = convolution;
    const [numInputs, numOutputs] = [whole[1] as number, weight.dims[0]];
    const inner = rowsOf(whole, numPhases);
    const outer = [inner[0], numOutputs, ...inner.slice(2)];
    const phases = phasesOf(input, numPhases, whole);
    const names = numPhases === 4 ? four(phases) : two(phases);
    phased.set(output, { names, shape: [whole[0], numOutputs, ...whole.slice(2)] });
    apart.add(output);

    /** F(2, 3): bands d0 … d3 are the odd one before, even, odd, the even one behind. */
    function two([even, odd]: readonly string[]): string[] {
      const [first, last] = [before(odd, [1, -1]), behind(even, [1, -1])]; // d0 - d2, d1 - d3
      const plus = product(add(even, odd), [1 / 2, 1 / 2, 1 / 2], bias);
      const minus = product(add(times(even, -1), odd), [1 / 2, -1 / 2, 1 / 2]);
      return [
        sum(product(first, [1, 0, 0]), sum(plus, minus)),
        sum(product(last, [0, 0, -1]), sum(scaled(minus, -1), plus)),
      ];
    }

    /** F(4, 3) at the points 0, ±1, ±2, ∞: bands d0 … d5 are p3 of the row before, p0 … p3, p0 of the row behind. */
    function four([p0, p1, p2, p3]: readonly string[]): string[] {
      const first = add(times(p1, -5), before(p3, [4, 1])); // 4 d0 - 5 d2 + d4
      const last = add(times(p2, -5), behind(p0, [4, 1])); // 4 d1 - 5 d3 + d5
      const [even1, odd1] = [add(times(p1, -4), p3), add(times(p0, -4), p2)]; // d4 - 4 d2, d3 - 4 d1
      const [even2, odd2] = [add(times(p1, -1), p3), add(times(p0, -1), p2)]; // d4 - d2, d3 - d1
      const plus1 = product(add(even1, odd1), [-1 / 6, -1 / 6, -1 / 6]);
      const minus1 = product(add(times(odd1, -1), even1), [-1 / 6, 1 / 6, -1 / 6]);
      const plus2 = product(add(times(odd2, 2), even2), [1 / 24, 1 / 12, 1 / 6]);
      const minus2 = product(add(times(odd2, -2), even2), [1 / 24, -1 / 12, 1 / 6]);
      const [sum1, sum2] = [sum(plus1, minus1), sum(plus2, minus2)];
      const [difference1, difference2] = [sum(scaled(minus1, -1), plus1), sum(scaled(minus2, -1), plus2)];
      return [
        sum(product(first, [1 / 4, 0, 0], bias), sum(sum1, sum2)),
        sum(scaled(difference2, 2, bias), difference1),
        sum(scaled(sum2, 4, bias), sum1),
        sum(product(last, [0, 0, 1], bias), sum(scaled(difference2, 8), difference1)),
      ];
    }

    /** A product: a 1×3 convolution whose taps are the kernel's three rows, mixed. */
    function product(input: string, mix: Mix, offset?: Float32Array): string {
      const taps = constant([numOutputs, numInputs, 1, 3], mixRows(weight.data, mix));
      const inputs = offset ? [input, taps, constant([numOutputs], offset)] : [input, taps];
      return emit('Conv', inputs, outer, { kernel_shape: [1, 3], pads: [0, 1, 0, 1], strides: [1, 1] });
    }
    function add(a: string, b: string): string {
      return emit('Add', [a, b], inner);
    }
    function sum(a: string, b: string): string {
      return emit('Add', [a, b], outer);
    }
    function times(input: string, factor: number): string {
      return depthwise(input, [factor], inner);
    }
    function scaled(input: string, factor: number, offset?: Float32Array): string {
      return depthwise(input, [factor], outer, { bias: offset });
    }
    /** Two taps: the row before and this one; this one and the row behind. */
    function before(input: string, taps: readonly number[]): string {
      return depthwise(input, taps, inner, { top: 1 });
    }
    function behind(input: string, taps: readonly number[]): string {
      return depthwise(input, taps, inner, { bottom: 1 });
    }
  }

  /** Taps along the rows, the same for each channel, and a number a channel. */
  function depthwise(input: string, taps: readonly number[], shape: Shape, options: Depthwise = {}): string {
    const { top = 0, bottom = 0, bias } = options;
    const numChannels = shape[1] as number;
    const weight = Float32Array.from({ length: numChannels * taps.length }, (_, i) => taps[i % taps.length]);
    const inputs = [input, constant([numChannels, 1, taps.length, 1], weight)];
    if (bias) inputs.push(constant([numChannels], bias));
    const kernel = { kernel_shape: [taps.length, 1], pads: [top, 0, bottom, 0], strides: [1, 1] };
    return emit('Conv', inputs, shape, { group: numChannels, ...kernel });
  }

  function elementwise(node: OnnxNode): void {
    const { op, inputs, outputs } = node;
    const lead = inputs.map((name) => (apart.has(name) ? phased.get(name) : undefined)).find(Boolean);
    const alike = inputs.every((name) => {
      const shape = phased.get(name)?.shape ?? of.get(name);
      return shape?.length === 4 && shape.slice(1, 3).every((size, i) => size === lead?.shape[i + 1]);
    });
    if (!lead || !alike) {
      keep(node);
      return;
    }
    const { shape } = lead;
    const numPhases = lead.names.length as 2 | 4;
    const parts = inputs.map((name) => phasesOf(name, numPhases, shape));
    const rows = rowsOf(shape, numPhases);
    const names = lead.names.map((_, phase) =>
      emit(
        op,
        parts.map((phases) => phases[phase]),
        rows,
      ),
    );
    phased.set(outputs[0], { names, shape });
    apart.add(outputs[0]);
  }

  return { nodes, initializers, values, convolve, elementwise, keep, needWhole };
}

/** The shape of one phase. */
function rowsOf([batch, channels, bands, frames]: Shape, numPhases: number): Shape {
  return [batch, channels, (bands as number) / numPhases, frames];
}

interface Depthwise {
  /** Rows of zeros above and below. */
  readonly top?: number;
  readonly bottom?: number;
  readonly bias?: Float32Array;
}

/** How much of each of the kernel's three rows. */
type Mix = readonly [number, number, number];

/** (channel pair, row, tap) → (channel pair, tap): the rows mixed, in double precision. */
function mixRows(weight: Float32Array, [a, b, c]: Mix): Float32Array {
  const mixed = new Float32Array(weight.length / 3);
  for (let pair = 0, at = 0; at < weight.length; pair++, at += 9) {
    for (let tap = 0; tap < 3; tap++)
      mixed[pair * 3 + tap] = a * weight[at + tap] + b * weight[at + 3 + tap] + c * weight[at + 6 + tap];
  }
  return mixed;
}
