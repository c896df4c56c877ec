import { ModelError } from '../core/errors.ts';
import { type Field, integersOf, readFields, textOf } from './onnx/wire.ts';
import type { GraphInfo } from './roles.ts';
import type { TensorInfo } from './runtime.ts';

/**
 * An ONNX file's inputs, outputs and metadata, read without loading its network (or weights that lie in another file):
 * enough to tell what it is (roles.ts). ModelProto 7 graph, 14 metadata_props; GraphProto 5 initializer, 11 input,
 * 12 output; ValueInfoProto 1 name, 2 type; TensorProto 8 name.
 */
export interface OnnxInfo extends GraphInfo {
  /** What the exporter wrote down, e.g. sherpa-onnx's num_speakers, window_size, framework. */
  readonly metadata: Readonly<Record<string, string>>;
}

const TYPES: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
};

/** Reads them from the bytes of an ONNX file; `file` is only for messages. */
export function readOnnxInfo(bytes: Uint8Array, file = 'The file'): OnnxInfo {
  try {
    const model = readFields(bytes);
    const graph = readFields(one(model, 7).bytes);
    const stored = new Set(all(graph, 5).map(({ bytes }) => textOf(one(readFields(bytes), 8))));
    return {
      // Files of old exporters list their weights as inputs too.
      inputs: all(graph, 11)
        .map(tensorOf)
        .filter(({ name }) => !stored.has(name)),
      outputs: all(graph, 12).map(tensorOf),
      metadata: Object.fromEntries(
        all(model, 14).map(({ bytes }) => {
          const entry = readFields(bytes);
          return [textOf(one(entry, 1)), textOf(one(entry, 2))];
        }),
      ),
    };
  } catch (cause) {
    throw new ModelError('model_invalid', `${file} is not an ONNX file, or is cut off.`, { cause });
  }
}

function tensorOf({ bytes }: Field): TensorInfo {
  const value = readFields(bytes);
  // TypeProto 1 tensor_type; its 1 elem_type, 2 shape; TensorShapeProto 1 dim; Dimension 1 value, 2 parameter.
  const type = all(all(value, 2).flatMap(fieldsOf), 1).flatMap(fieldsOf);
  const axes = all(all(type, 2).flatMap(fieldsOf), 1).map(fieldsOf);
  return {
    name: textOf(one(value, 1)),
    type: TYPES[all(type, 1).flatMap(integersOf)[0]] ?? 'other',
    dims: axes.map((axis, index) => {
      const [size] = all(axis, 1).flatMap(integersOf);
      const [parameter] = all(axis, 2).map(textOf);
      return size ?? parameter ?? `axis${index}`;
    }),
  };
}

function fieldsOf({ bytes }: Field): Field[] {
  return readFields(bytes);
}

function all(fields: readonly Field[], number: number): Field[] {
  return fields.filter((field) => field.number === number);
}

function one(fields: readonly Field[], number: number): Field {
  const found = fields.findLast((field) => field.number === number);
  if (found === undefined) throw new RangeError(`Got no field ${number}.`);
  return found;
}
