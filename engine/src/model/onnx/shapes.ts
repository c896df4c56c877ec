/**
 * What can be said of the tensors' shapes without running the graph: enough to know the rank of the features,
 * which axis is time and where 80 mel bands appear. A number is known; a string names a size that is free (batch, time)
 * or beyond this file, and equal names are equal sizes, so that (batch, 64, 10, t) reshaped to (batch, -1, t) is known
 * to be (batch, 640, t). A tensor that is not in the result could be anything. What the file declares is believed.
 *
 * Source: the operators' shape rules in the ONNX specification (opsets 9 to 21), for the ones speaker models use.
 */
import type { IndexedGraph } from './graph.ts';
import { attributesOf, DATA_TYPE, type OnnxAttribute, type OnnxNode, type OnnxTensor, rawDataOf } from './proto.ts';

export type Size = number | string;
export type Shape = readonly Size[];

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
  let numUnknown = 0;
  const known: Known = { of, integers, unknown: () => `?${numUnknown++}` };
  for (const { name, dims } of [...graph.values, ...graph.feeds, ...graph.outputs]) {
    if (dims) of.set(name, dims);
  }
  for (const tensor of graph.initializers) keepTensor(tensor.name, tensor);
  for (const node of graph.nodes) {
    const attributes = attributesOf(node);
    const [output] = node.outputs;
    const constant = node.op === 'Constant' ? attributes.get('value')?.tensor : undefined;
    if (constant) keepTensor(output, constant);
    const listed = attributes.get('value_ints')?.integers ?? attributes.get('value_int')?.integer;
    if (node.op === 'Constant' && listed !== undefined) integers.set(output, [listed].flat());
    const values = integersOfNode(node, attributes, known);
    if (values) integers.set(output, values);
    const shape = of.has(output) ? undefined : shapeOfNode(node, attributes, known);
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
function integerElements(tensor: OnnxTensor): number[] | undefined {
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
  return axes?.every((axis) => typeof axis === 'number') ? [...axes] : undefined;
}

type Attributes = ReadonlyMap<string, OnnxAttribute>;

interface Known extends Shapes {
  /** A name for a size never seen before. */
  unknown(): string;
}

function integersOfNode(
  { op, inputs }: OnnxNode,
  attributes: Attributes,
  { of, integers, unknown }: Known,
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
    return integers.get(inputs[1])?.map((index) => (typeof index === 'number' && first.at(index)) || unknown());
  if (op === 'Slice' && inputs.length > 2) {
    const [from, to] = [integers.get(inputs[1])?.[0], integers.get(inputs[2])?.[0]];
    const step = inputs[4] ? integers.get(inputs[4])?.[0] : 1;
    const plain = typeof from === 'number' && typeof to === 'number' && step === 1;
    return plain ? first.slice(from, to) : undefined;
  }
  return undefined;
}

function shapeOfNode(node: OnnxNode, attributes: Attributes, { of, integers, unknown }: Known): Shape | undefined {
  const { op, inputs } = node;
  const shapes = inputs.map((name) => of.get(name));
  const [first, second] = shapes;
  if (BROADCAST.has(op)) return shapes.every((shape) => shape !== undefined) ? broadcast(shapes, unknown) : undefined;
  if (op === 'Concat' && shapes.every((shape) => shape !== undefined)) {
    const axis = attributes.get('axis')?.integer ?? 0;
    const sizes = shapes.map((shape) => shape.at(axis));
    const total = sizes.every((size) => typeof size === 'number') ? sizes.reduce((sum, size) => sum + size) : unknown();
    return first!.map((dim, i) => (i === (axis + first!.length) % first!.length ? total : dim));
  }
  if (op === 'Reshape') {
    const target = integers.get(inputs[1]);
    if (target) return reshaped(first, target, unknown);
    const rank = of.get(inputs[1])?.[0];
    return typeof rank === 'number' ? Array.from({ length: rank }, unknown) : undefined;
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
    const channels = op === 'Conv' ? (second?.[0] ?? unknown()) : first[1];
    return [
      first[0],
      channels,
      ...first.slice(2).map((size, axis) => slide(size, axis, attributes, second) ?? unknown()),
    ];
  }
  if (op === 'MatMul' && second?.length === 2) return [...first.slice(0, -1), second[1]];
  if (op === 'Gemm' && second) return [first[0], attributes.get('transB')?.integer ? second[0] : second[1]];
  if (op === 'Flatten') return [attributes.get('axis')?.integer === 0 ? 1 : first[0], unknown()];
  if (op === 'Pad') return first.map(unknown);
  if (op === 'Slice') {
    const axes = attributes.get('axes')?.integers ?? (inputs[3] ? integers.get(inputs[3]) : undefined);
    return axes ? first.map((dim, i) => (axes.some((a) => a === i || a === i - rank) ? unknown() : dim)) : undefined;
  }
  if (op === 'Gather') {
    const axis = attributes.get('axis')?.integer ?? 0;
    return second && [...first.slice(0, axis), ...second, ...first.slice(axis + 1)];
  }
  if (op === 'GlobalAveragePool') return first.map((dim, i) => (i < 2 ? dim : 1));
  const axes = axesOf(node, { integers });
  if (op === 'Unsqueeze' && axes) {
    const shape = [...first];
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
function slide(size: Size, axis: number, attributes: Attributes, kernel?: Shape): Size | undefined {
  const width = attributes.get('kernel_shape')?.integers[axis] ?? kernel?.[axis + 2];
  const pads = attributes.get('pads')?.integers ?? [];
  const auto = attributes.get('auto_pad')?.text ?? 'NOTSET';
  if (typeof width !== 'number' || auto !== 'NOTSET' || attributes.get('ceil_mode')?.integer) return undefined;
  const reach = (width - 1) * (attributes.get('dilations')?.integers[axis] ?? 1) + 1;
  const added = (pads[axis] ?? 0) + (pads[axis + pads.length / 2] ?? 0) - reach;
  const stride = attributes.get('strides')?.integers[axis] ?? 1;
  if (typeof size === 'number') return Math.floor((size + added) / stride) + 1;
  return stride === 1 && added === -1 ? size : `floor((${size} + ${added}) / ${stride}) + 1`;
}

function broadcast(shapes: readonly Shape[], unknown: () => string): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const dims = shapes.map((shape) => (i < rank - shape.length ? 1 : shape[i - rank + shape.length]));
    const wide = [...new Set(dims.filter((dim) => dim !== 1))];
    return wide.find((dim) => typeof dim === 'number') ?? (wide.length > 1 ? unknown() : (wide[0] ?? 1));
  });
}

/** 0 copies an axis; -1 is what is left when the sizes that both sides have are taken off. */
function reshaped(from: Shape | undefined, target: Shape, unknown: () => string): Shape {
  const shape = target.map((size, i) => (size === 0 ? (from?.[i] ?? unknown()) : size));
  const left = from && [...from];
  let product = 1;
  for (const size of shape) {
    const at = left?.indexOf(size) ?? -1;
    if (left && at >= 0) left.splice(at, 1);
    else if (typeof size === 'string') product = Number.NaN;
    else if (size !== -1) product *= size;
  }
  const rest = left?.every((size) => typeof size === 'number') ? left.reduce((a, b) => a * b, 1) / product : Number.NaN;
  return shape.map((size) => (size === -1 ? (Number.isInteger(rest) ? rest : unknown()) : size));
}
