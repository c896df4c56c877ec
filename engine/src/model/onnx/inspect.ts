/**
 * What a model file says of itself: its tensors, its metadata, what it is made of and how much of it.
 * `diarist models` prints it, and messages about a model that doesn't fit quote it.
 */
import type { TensorInfo } from '../runtime.ts';
import { indexGraph } from './graph.ts';
import { attributesOf, DATA_TYPE, type OnnxModel, type OnnxValue, readModel } from './proto.ts';

export interface ModelSummary {
  readonly producer: string;
  readonly irVersion: number;
  /** Version of each operator set by domain; the standard one's domain is ''. */
  readonly opsets: Readonly<Record<string, number>>;
  /** What has to be fed: weights stored in the file are left out. */
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** metadata_props. */
  readonly metadata: Readonly<Record<string, string>>;
  /** How often each operation occurs, the most frequent first. */
  readonly operations: Readonly<Record<string, number>>;
  /** Numbers stored as weights: initializers and constants of floats and quantized integers. */
  readonly numParameters: number;
  /** Bytes of those by element type. */
  readonly weightBytes: Readonly<Record<string, number>>;
}

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  ...Object.entries({ ...DATA_TYPE, float: undefined }).flatMap(([name, id]): [number, string][] =>
    id === undefined ? [] : [[id, name]],
  ),
  [DATA_TYPE.float, 'float32'],
  [DATA_TYPE.double, 'float64'],
]);
const ELEMENT_BYTES: Readonly<Record<string, number>> = { float32: 4, float64: 8, float16: 2, int8: 1, uint8: 1 };

/** What a model file holds. */
export function inspectModel(bytes: Uint8Array): ModelSummary {
  const model = readModel(bytes);
  const { nodes, initializers } = model.graph;
  const counts = new Map<string, number>();
  for (const { op } of nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  const constants = nodes
    .filter(({ op }) => op === 'Constant')
    .flatMap((node) => attributesOf(node).get('value')?.tensor ?? []);
  const weightBytes: Record<string, number> = {};
  let numParameters = 0;
  for (const { type, dims } of [...initializers, ...constants]) {
    const name = typeName(type);
    const width = ELEMENT_BYTES[name];
    if (!width) continue; // integers of 32 and 64 bits are shapes and axes
    const size = dims.reduce((product, dim) => product * dim, 1);
    numParameters += size;
    weightBytes[name] = (weightBytes[name] ?? 0) + size * width;
  }
  return {
    producer: model.producer,
    irVersion: model.irVersion,
    opsets: Object.fromEntries(model.opsets.map(({ domain, version }) => [domain, version])),
    inputs: indexGraph(model.graph).feeds.map(tensorInfo),
    outputs: model.graph.outputs.map(tensorInfo),
    metadata: model.metadata,
    operations: Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))),
    numParameters,
    weightBytes,
  };
}

/** The tensors in a line: `fbank [batch, frames, 80], weights [batch, steps] → output [batch, 256]`. */
export function describeTensors({ graph }: OnnxModel): string {
  const list = (values: readonly OnnxValue[]): string =>
    values.map(({ name, dims }) => `${name} [${dims?.join(', ') ?? '?'}]`).join(', ');
  return `${list(indexGraph(graph).feeds)} → ${list(graph.outputs)}`;
}

function tensorInfo({ name, type, dims }: OnnxValue): TensorInfo {
  return { name, type: typeName(type), dims: dims ?? [] };
}

function typeName(type: number): string {
  return TYPE_NAMES.get(type) ?? `onnx type ${type}`;
}
