/**
 * An ONNX file as plain objects over views into its bytes: the graph's nodes, weights, inputs and outputs by name,
 * everything else (documentation, functions, fields of later versions) carried along unread. Reading and writing
 * a file that nobody changed gives the same bytes.
 *
 * Field numbers: onnx/onnx.proto (ONNX 1.19, IR version 12).
 *
 * Own code rather than protobufjs: a generated decoder copies every weight, drops the fields its schema does not
 * know and brings 300 KB and a schema to keep up to date; what is needed here is wire.ts and the numbers below.
 */
import { ModelError } from '../../core/errors.ts';
import {
  bytesField,
  type Field,
  integerField,
  integersOf,
  join,
  readFields,
  textField,
  textOf,
  varint,
  viewOf,
  writeFields,
} from './wire.ts';

export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly graph: OnnxGraph;
  /** Every field of the file but the graph, the metadata's among them. */
  readonly rest: readonly Field[];
}

export interface OnnxGraph {
  /** In an order in which they can be computed, as ONNX demands. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  /** As written: files of IR version 3 list their initializers here too. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly values: readonly OnnxValue[];
  readonly rest: readonly Field[];
}

/** One operation. An input named '' is left out. */
export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly bytes: Uint8Array;
}

export interface OnnxTensor {
  readonly name: string;
  /** TensorProto.DataType, see DATA_TYPE. */
  readonly type: number;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** The declared type of a named tensor; without dims even its rank is unknown. A string names a free axis. */
export interface OnnxValue {
  readonly name: string;
  readonly type: number;
  readonly dims?: readonly (number | string)[];
  readonly bytes: Uint8Array;
}

export interface OnnxAttribute {
  readonly name: string;
  readonly integer?: number;
  readonly integers: readonly number[];
  readonly float?: number;
  readonly text?: string;
  readonly tensor?: OnnxTensor;
  readonly graphs: readonly OnnxGraph[];
}

/** The element types we meet (TensorProto.DataType). */
export const DATA_TYPE = {
  float: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  double: 11,
} as const;

const MODEL = { irVersion: 1, producerName: 2, producerVersion: 3, graph: 7, opset: 8, metadata: 14 } as const;
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12, value: 13 } as const;
const NODE = { input: 1, output: 2, name: 3, op: 4, attribute: 5, domain: 7 } as const;
const ATTRIBUTE = { name: 1, f: 2, i: 3, s: 4, t: 5, g: 6, ints: 8, graphs: 11, type: 20 } as const;
const TENSOR = { dims: 1, type: 2, name: 8, raw: 9, external: 13, location: 14 } as const;

/** Reads a model. Throws a ModelError where the bytes are none, or where its weights lie in another file. */
export function readModel(bytes: Uint8Array): OnnxModel {
  const fields = readFields(bytes);
  const graph = fields.findLast(({ number }) => number === MODEL.graph);
  if (graph?.wire !== 2)
    throw new ModelError('model_invalid', 'Got a file without a graph where an ONNX model was expected.');
  const producer = [MODEL.producerName, MODEL.producerVersion].map((number) => text(fields, number));
  return {
    irVersion: integer(fields, MODEL.irVersion),
    producer: producer.join(' ').trim(),
    opsets: all(fields, MODEL.opset).map((field) => {
      const entry = readFields(field.bytes);
      return { domain: text(entry, 1), version: integer(entry, 2) };
    }),
    metadata: Object.fromEntries(
      all(fields, MODEL.metadata).map((field) => {
        const entry = readFields(field.bytes);
        return [text(entry, 1), text(entry, 2)];
      }),
    ),
    graph: readGraph(graph.bytes),
    rest: fields.filter(({ number }) => number !== MODEL.graph),
  };
}

/** The model as the bytes of a file. */
export function writeModel({ graph, rest }: OnnxModel): Uint8Array {
  return writeFields(inOrder([...rest, bytesField(MODEL.graph, writeGraph(graph))]));
}

/** The model with these metadata_props added; a key that is there gets the new value. */
export function withMetadata(model: OnnxModel, entries: Readonly<Record<string, string>>): OnnxModel {
  const kept = model.rest.filter(
    ({ number, bytes }) => number !== MODEL.metadata || !(text(readFields(bytes), 1) in entries),
  );
  const added = Object.entries(entries).map(([key, value]) =>
    bytesField(MODEL.metadata, writeFields([textField(1, key), textField(2, value)])),
  );
  return { ...model, metadata: { ...model.metadata, ...entries }, rest: [...kept, ...added] };
}

/** A model made anew, of a graph and the version of the standard operators it is written in. */
export function makeModel(graph: OnnxGraph, opset: number): OnnxModel {
  const version = bytesField(MODEL.opset, writeFields([textField(1, ''), integerField(2, opset)]));
  const irVersion = 8; // of ONNX 1.10 to 1.14: any runtime of today reads it
  const rest = [integerField(MODEL.irVersion, irVersion), textField(MODEL.producerName, 'diarist'), version];
  const named = graph.rest.some(({ number }) => number === GRAPH.name);
  const whole = named ? graph : { ...graph, rest: [...graph.rest, textField(GRAPH.name, 'diarist')] };
  return { irVersion, producer: 'diarist', opsets: [{ domain: '', version: opset }], metadata: {}, graph: whole, rest };
}

/** The attributes of a node by name. */
export function attributesOf(node: OnnxNode): ReadonlyMap<string, OnnxAttribute> {
  const attributes = all(readFields(node.bytes), NODE.attribute).map((field) => readAttribute(field.bytes));
  return new Map(attributes.map((attribute) => [attribute.name, attribute]));
}

/** A tensor's elements as they are stored in a file: little-endian, whatever field they were written to. */
export function rawDataOf(tensor: OnnxTensor): Uint8Array {
  const fields = readFields(tensor.bytes);
  const raw = fields.findLast(({ number }) => number === TENSOR.raw);
  if (raw) return raw.bytes;
  const { type, name } = tensor;
  // 4 float_data, 10 double_data: fixed width, packed or one by one. 5 int32_data, 7 int64_data: varints.
  if (type === DATA_TYPE.float) return join(all(fields, 4).map(({ bytes }) => bytes));
  if (type === DATA_TYPE.double) return join(all(fields, 10).map(({ bytes }) => bytes));
  const integers = all(fields, type === DATA_TYPE.int64 ? 7 : 5).flatMap(integersOf);
  if (type === DATA_TYPE.int64) return viewOf(BigInt64Array.from(integers, BigInt));
  if (type === DATA_TYPE.int32) return viewOf(Int32Array.from(integers));
  if (type === DATA_TYPE.float16) return viewOf(Uint16Array.from(integers));
  if (type === DATA_TYPE.int8 || type === DATA_TYPE.uint8 || type === DATA_TYPE.bool) return Uint8Array.from(integers);
  throw new ModelError('model_invalid', `Got a tensor "${name}" of ONNX type ${type}, which can't be read here.`);
}

/** A node made anew. Attribute values: an integer, several, a tensor, or a text. */
export function makeNode(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, number | readonly number[] | OnnxTensor | string>> = {},
  { name = outputs[0], domain = '' }: { name?: string; domain?: string } = {},
): OnnxNode {
  const fields = [
    ...inputs.map((input) => textField(NODE.input, input)),
    ...outputs.map((output) => textField(NODE.output, output)),
    textField(NODE.name, name),
    textField(NODE.op, op),
    ...Object.entries(attributes).map(([key, value]) => bytesField(NODE.attribute, makeAttribute(key, value))),
  ];
  if (domain) fields.push(textField(NODE.domain, domain));
  return { op, name, domain, inputs, outputs, bytes: writeFields(fields) };
}

/** The same node with tensors called otherwise. */
export function renameTensors(node: OnnxNode, names: ReadonlyMap<string, string>): OnnxNode {
  const outputs = node.outputs.map((name) => names.get(name) ?? name);
  return rewire(renameInputs(node, names), { outputs });
}

/** The same node reading other tensors. */
export function renameInputs(node: OnnxNode, names: ReadonlyMap<string, string>): OnnxNode {
  return rewire(node, { inputs: node.inputs.map((name) => names.get(name) ?? name) });
}

function rewire(node: OnnxNode, { inputs = node.inputs, outputs = node.outputs }: Partial<OnnxNode>): OnnxNode {
  const others = readFields(node.bytes).filter(({ number }) => number !== NODE.input && number !== NODE.output);
  const bytes = writeFields([
    ...inputs.map((input) => textField(NODE.input, input)),
    ...outputs.map((output) => textField(NODE.output, output)),
    ...others,
  ]);
  return { ...node, inputs, outputs, bytes };
}

/** A tensor made anew from its elements' bytes. */
export function makeTensor(name: string, type: number, dims: readonly number[], raw: Uint8Array): OnnxTensor {
  const fields: Field[] = [];
  if (dims.length) fields.push(bytesField(TENSOR.dims, join(dims.map(varint))));
  fields.push(integerField(TENSOR.type, type), textField(TENSOR.name, name), bytesField(TENSOR.raw, raw));
  return { name, type, dims, bytes: writeFields(fields) };
}

/** A declaration made anew; without dims the rank is left open. */
export function makeValue(name: string, type: number, dims?: readonly (number | string)[]): OnnxValue {
  const tensorType = [integerField(1, type)];
  if (dims) {
    const axes = dims.map((dim) => (typeof dim === 'number' ? integerField(1, dim) : textField(2, dim)));
    tensorType.push(bytesField(2, writeFields(axes.map((axis) => bytesField(1, writeFields([axis]))))));
  }
  const typeProto = writeFields([bytesField(1, writeFields(tensorType))]);
  return { name, type, dims, bytes: writeFields([textField(1, name), bytesField(2, typeProto)]) };
}

function readGraph(bytes: Uint8Array): OnnxGraph {
  const fields = readFields(bytes);
  const known: number[] = Object.values(GRAPH).filter((number) => number !== GRAPH.name);
  return {
    nodes: all(fields, GRAPH.node).map((field) => readNode(field.bytes)),
    initializers: all(fields, GRAPH.initializer).map((field) => readTensor(field.bytes)),
    inputs: all(fields, GRAPH.input).map((field) => readValue(field.bytes)),
    outputs: all(fields, GRAPH.output).map((field) => readValue(field.bytes)),
    values: all(fields, GRAPH.value).map((field) => readValue(field.bytes)),
    rest: fields.filter(({ number }) => !known.includes(number)),
  };
}

function writeGraph({ nodes, initializers, inputs, outputs, values, rest }: OnnxGraph): Uint8Array {
  const fields = (number: number, items: readonly { readonly bytes: Uint8Array }[]): Field[] =>
    items.map(({ bytes }) => bytesField(number, bytes));
  return writeFields(
    inOrder([
      ...fields(GRAPH.node, nodes),
      ...fields(GRAPH.initializer, initializers),
      ...fields(GRAPH.input, inputs),
      ...fields(GRAPH.output, outputs),
      ...fields(GRAPH.value, values),
      ...rest,
    ]),
  );
}

function readNode(bytes: Uint8Array): OnnxNode {
  const fields = readFields(bytes);
  return {
    op: text(fields, NODE.op),
    name: text(fields, NODE.name),
    domain: text(fields, NODE.domain),
    inputs: all(fields, NODE.input).map(textOf),
    outputs: all(fields, NODE.output).map(textOf),
    bytes,
  };
}

function readTensor(bytes: Uint8Array): OnnxTensor {
  const fields = readFields(bytes);
  const name = text(fields, TENSOR.name);
  const external = all(fields, TENSOR.external).map(({ bytes }) => readFields(bytes));
  if (external.length > 0 || integer(fields, TENSOR.location) === 1) {
    const location = external.find((entry) => text(entry, 1) === 'location');
    throw new ModelError(
      'model_invalid',
      `The model keeps its weights in another file (${location ? text(location, 2) : 'not named'}); one file was ` +
        `expected. Join them with Python: onnx.save_model(onnx.load("model.onnx"), "joined.onnx").`,
    );
  }
  return { name, type: integer(fields, TENSOR.type), dims: all(fields, TENSOR.dims).flatMap(integersOf), bytes };
}

function readValue(bytes: Uint8Array): OnnxValue {
  const fields = readFields(bytes);
  const name = text(fields, 1);
  const type = all(fields, 2).flatMap(({ bytes }) => readFields(bytes));
  const tensor = type.find(({ number }) => number === 1); // sequences, maps and optionals have other numbers
  if (!tensor) return { name, type: 0, bytes };
  const parts = readFields(tensor.bytes);
  const shape = parts.find(({ number }) => number === 2);
  const dims = shape && readFields(shape.bytes).map((axis, index) => readAxis(axis.bytes, index));
  return { name, type: integer(parts, 1), dims, bytes };
}

function readAxis(bytes: Uint8Array, index: number): number | string {
  const fields = readFields(bytes);
  if (fields.some(({ number }) => number === 1)) return integer(fields, 1);
  return text(fields, 2) || `axis${index}`;
}

function readAttribute(bytes: Uint8Array): OnnxAttribute {
  const fields = readFields(bytes);
  const has = (wanted: number): boolean => fields.some(({ number }) => number === wanted);
  const float = fields.findLast(({ number }) => number === ATTRIBUTE.f);
  const tensor = fields.findLast(({ number }) => number === ATTRIBUTE.t);
  return {
    name: text(fields, ATTRIBUTE.name),
    integer: has(ATTRIBUTE.i) ? integer(fields, ATTRIBUTE.i) : undefined,
    integers: all(fields, ATTRIBUTE.ints).flatMap(integersOf),
    float: float && new DataView(float.bytes.buffer, float.bytes.byteOffset).getFloat32(0, true),
    text: has(ATTRIBUTE.s) ? text(fields, ATTRIBUTE.s) : undefined,
    tensor: tensor && readTensor(tensor.bytes),
    graphs: [...all(fields, ATTRIBUTE.g), ...all(fields, ATTRIBUTE.graphs)].map((field) => readGraph(field.bytes)),
  };
}

/** AttributeProto.AttributeType: INT 2, STRING 3, TENSOR 4, INTS 7. */
function makeAttribute(name: string, value: number | readonly number[] | OnnxTensor | string): Uint8Array {
  const named = textField(ATTRIBUTE.name, name);
  const typed = (type: number): Field => integerField(ATTRIBUTE.type, type);
  if (typeof value === 'number') return writeFields([named, integerField(ATTRIBUTE.i, value), typed(2)]);
  if (typeof value === 'string') return writeFields([named, textField(ATTRIBUTE.s, value), typed(3)]);
  if ('bytes' in value) return writeFields([named, bytesField(ATTRIBUTE.t, value.bytes), typed(4)]);
  return writeFields([named, ...value.map((item) => integerField(ATTRIBUTE.ints, item)), typed(7)]);
}

function all(fields: readonly Field[], number: number): Field[] {
  return fields.filter((field) => field.number === number);
}

function text(fields: readonly Field[], number: number): string {
  const field = fields.findLast((field) => field.number === number);
  return field ? textOf(field) : '';
}

function integer(fields: readonly Field[], number: number): number {
  const field = fields.findLast((field) => field.number === number);
  return field ? integersOf(field)[0] : 0;
}

/** By field number, as every protobuf writer does; fields of one number keep their order. */
function inOrder(fields: Field[]): Field[] {
  return fields.sort((a, b) => a.number - b.number);
}
