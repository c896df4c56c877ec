/**
 * What can be said of the tensors' shapes without running the graph: enough to know the rank of the features,
 * which axis is time and where 80 mel bands appear. A number is known, undefined is free (batch, time) or beyond
 * this file; a tensor that is not in the result could be anything. What the file declares itself is believed.
 *
 * Source: the operators' shape rules in the ONNX specification (opsets 9 to 21), for the ones speaker models use.
 */
import type { IndexedGraph } from './graph.ts';
import { attributesOf, DATA_TYPE, type OnnxAttribute, type OnnxNode, type OnnxTensor, rawDataOf } from './proto.ts';

export type Shape = readonly (number | undefined)[];

export interface Shapes {
  readonly of: ReadonlyMap<string, Shape>;
  /** Integer tensors whose elements are known at least in part: the shapes that graphs compute with. */
  readonly integers: ReadonlyMap<string, Shape>;
}

const SAME_AS_FIRST = new Set(
  'Relu LeakyRelu PRelu Elu Sigmoid HardSigmoid HardSwish Tanh Softmax LogSoftmax Softplus Gelu Erf Exp Log Sqrt Abs Neg Reciprocal Clip Cast Identity Dropout BatchNormalization InstanceNormalization LayerNormalization Floor Ceil CumSum'.split(
    ' ',
  ),
);
const BROADCAST = new Set('Add Sub Mul Div Pow Max Min Where Equal Greater Less'.split(' '));

export function inferShapes(graph: IndexedGraph): Shapes {
  const of = new Map<string, Shape>();
  const integers = new Map<string, Shape>();
  for (const { name, dims } of [...graph.values, ...graph.feeds, ...graph.outputs]) {
    if (dims) of.set(name, dims.map(numberOnly));
  }
  for (const tensor of graph.initializers) keepTensor(tensor.name, tensor);
  for (const node of graph.nodes) {
    const attributes = attributesOf(node);
    const [output] = node.outputs;
    const constant = node.op === 'Constant' ? attributes.get('value')?.tensor : undefined;
    if (constant) keepTensor(output, constant);
    const listed = attributes.get('value_ints')?.integers ?? attributes.get('value_int')?.integer;
    if (node.op === 'Constant' && listed !== undefined) integers.set(output, [listed].flat());
    const known = integersOfNode(node, attributes, of, integers);
    if (known) integers.set(output, known);
    const shape = of.has(output) ? undefined : shapeOfNode(node, attributes, of, integers);
    if (shape) of.set(output, shape);
  }
  return { of, integers };

  function keepTensor(name: string, tensor: OnnxTensor): void {
    of.set(name, tensor.dims);
    const values = integerElements(tensor);
    if (values) integers.set(name, values);
  }
}

/** The elements of a small integer tensor. */
export function integerElements(tensor: OnnxTensor): number[] | undefined {
  if (tensor.type !== DATA_TYPE.int64 && tensor.type !== DATA_TYPE.int32) return undefined;
  if (tensor.dims.reduce((size, dim) => size * dim, 1) > 64) return undefined;
  const raw = rawDataOf(tensor);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const width = tensor.type === DATA_TYPE.int64 ? 8 : 4;
  return Array.from({ length: raw.length / width }, (_, i) =>
    width === 8 ? Number(view.getBigInt64(i * 8, true)) : view.getInt32(i * 4, true),
  );
}

/** The axes of Squeeze, Unsqueeze and Reduce*: an attribute in older opsets, an input since. */
export function axesOf(node: OnnxNode, { integers }: Pick<Shapes, 'integers'>): number[] | undefined {
  const attribute = attributesOf(node).get('axes');
  const axes = attribute ? attribute.integers : node.inputs[1] ? integers.get(node.inputs[1]) : undefined;
  return axes?.every((axis) => axis !== undefined) ? [...axes] : undefined;
}

type Attributes = ReadonlyMap<string, OnnxAttribute>;

function integersOfNode(
  { op, inputs }: OnnxNode,
  attributes: Attributes,
  of: ReadonlyMap<string, Shape>,
  integers: ReadonlyMap<string, Shape>,
): Shape | undefined {
  const first = integers.get(inputs[0]);
  if (op === 'Shape') {
    const from = attributes.get('start')?.integer;
    return of.get(inputs[0])?.slice(from ?? 0, attributes.get('end')?.integer);
  }
  if (op === 'Concat') {
    const parts = inputs.map((name) => integers.get(name));
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  }
  if (!first) return undefined;
  if (op === 'Unsqueeze' || op === 'Squeeze' || op === 'Cast' || op === 'Identity') return first;
  if (op === 'Gather')
    return integers.get(inputs[1])?.map((index) => (index === undefined ? undefined : first.at(index)));
  if (op === 'Slice' && inputs.length > 2) {
    const [from, to] = [integers.get(inputs[1])?.[0], integers.get(inputs[2])?.[0]];
    const step = inputs[4] ? integers.get(inputs[4])?.[0] : 1;
    return from !== undefined && to !== undefined && step === 1 ? first.slice(from, to) : undefined;
  }
  return undefined;
}

function shapeOfNode(
  node: OnnxNode,
  attributes: Attributes,
  of: ReadonlyMap<string, Shape>,
  integers: ReadonlyMap<string, Shape>,
): Shape | undefined {
  const { op, inputs } = node;
  const shapes = inputs.map((name) => of.get(name));
  const [first, second] = shapes;
  if (BROADCAST.has(op)) return shapes.every((shape) => shape !== undefined) ? broadcast(shapes) : undefined;
  if (op === 'Concat' && shapes.every((shape) => shape !== undefined)) {
    const axis = attributes.get('axis')?.integer ?? 0;
    const sizes = shapes.map((shape) => shape.at(axis));
    const total = sizes.reduce<number | undefined>((sum, size) => add(sum, size), 0);
    return first!.map((dim, i) => (i === (axis + first!.length) % first!.length ? total : dim));
  }
  if (op === 'Reshape') {
    const target = integers.get(inputs[1]);
    if (target) return target.map((dim, i) => (dim === -1 ? undefined : dim === 0 ? first?.[i] : dim));
    const rank = of.get(inputs[1])?.[0];
    return rank === undefined ? undefined : new Array(rank).fill(undefined);
  }
  if (!first) return undefined;
  const rank = first.length;
  if (SAME_AS_FIRST.has(op)) return first;
  if (op === 'Shape') return [integers.get(node.outputs[0])?.length ?? rank];
  if (op === 'Transpose') {
    const order = attributes.get('perm')?.integers ?? first.map((_, i) => rank - 1 - i);
    return order.map((axis) => first[axis]);
  }
  if (op === 'Conv' || op === 'MaxPool' || op === 'AveragePool') {
    const channels = op === 'Conv' ? second?.[0] : first[1];
    return [first[0], channels, ...first.slice(2).map((size, axis) => slide(size, axis, attributes, second))];
  }
  if (op === 'MatMul' && second?.length === 2) return [...first.slice(0, -1), second[1]];
  if (op === 'Gemm' && second) return [first[0], attributes.get('transB')?.integer ? second[0] : second[1]];
  if (op === 'Flatten') return [attributes.get('axis')?.integer === 0 ? 1 : first[0], undefined];
  if (op === 'Pad') return first.map(() => undefined);
  if (op === 'Slice') {
    const axes = attributes.get('axes')?.integers ?? (inputs[3] ? integers.get(inputs[3]) : undefined);
    return axes ? first.map((dim, i) => (axes.some((a) => a === i || a === i - rank) ? undefined : dim)) : undefined;
  }
  if (op === 'Gather') {
    const axis = attributes.get('axis')?.integer ?? 0;
    return second && [...first.slice(0, axis), ...second, ...first.slice(axis + 1)];
  }
  if (op === 'GlobalAveragePool') return first.map((dim, i) => (i < 2 ? dim : 1));
  const axes = axesOf(node, { integers });
  if (op === 'Unsqueeze' && axes) {
    const shape: (number | undefined)[] = [...first];
    for (const axis of axes.map((a) => (a < 0 ? a + rank + axes.length : a)).sort((a, b) => a - b))
      shape.splice(axis, 0, 1);
    return shape;
  }
  const reduced = axes?.map((a) => (a + rank) % rank);
  if (op === 'Squeeze' && reduced) return first.filter((_, i) => !reduced.includes(i));
  if (op.startsWith('Reduce') && reduced) {
    if (attributes.get('keepdims')?.integer === 0) return first.filter((_, i) => !reduced.includes(i));
    return first.map((dim, i) => (reduced.includes(i) ? 1 : dim));
  }
  return undefined;
}

/** Length of one axis after a convolution or a pool (ONNX: floor((size + pads - reach) / stride) + 1). */
function slide(size: number | undefined, axis: number, attributes: Attributes, kernel?: Shape): number | undefined {
  const width = attributes.get('kernel_shape')?.integers[axis] ?? kernel?.[axis + 2];
  const pads = attributes.get('pads')?.integers ?? [];
  const auto = attributes.get('auto_pad')?.text ?? 'NOTSET';
  if (size === undefined || width === undefined || auto !== 'NOTSET' || attributes.get('ceil_mode')?.integer)
    return undefined;
  const reach = (width - 1) * (attributes.get('dilations')?.integers[axis] ?? 1) + 1;
  const padded = size + (pads[axis] ?? 0) + (pads[axis + pads.length / 2] ?? 0);
  return Math.floor((padded - reach) / (attributes.get('strides')?.integers[axis] ?? 1)) + 1;
}

function broadcast(shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const dims = shapes.map((shape) => (i < rank - shape.length ? 1 : shape[i - rank + shape.length]));
    return dims.find((dim) => dim !== undefined && dim !== 1) ?? (dims.every((dim) => dim === 1) ? 1 : undefined);
  });
}

function add(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

function numberOnly(dim: number | string): number | undefined {
  return typeof dim === 'number' ? dim : undefined;
}
