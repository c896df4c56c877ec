/** The float constants of a graph, wherever exporters put them: initializers, Constant nodes, halves cast at load. */

import type { IndexedGraph } from './graph.ts';
import { fromHalves } from './half.ts';
import { attributesOf, DATA_TYPE, type OnnxTensor, rawDataOf } from './proto.ts';

export interface FloatConstant {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** The constant behind a name, or undefined where it is computed from the input. */
export function constantOf(graph: IndexedGraph, name: string): FloatConstant | undefined {
  const index = graph.producer.get(name);
  if (index === undefined) {
    const tensor = graph.initializers.find((initializer) => initializer.name === name);
    return tensor && floatsOf(tensor);
  }
  const node = graph.nodes[index];
  if (node.op === 'Cast' || node.op === 'Identity') return constantOf(graph, node.inputs[0]);
  if (node.op !== 'Constant') return undefined;
  const attributes = attributesOf(node);
  const float = attributes.get('value_float')?.float;
  if (float !== undefined) return { data: Float32Array.of(float), dims: [] };
  const tensor = attributes.get('value')?.tensor;
  return tensor && floatsOf(tensor);
}

/** A tensor's elements as floats; undefined where they are none. */
function floatsOf(tensor: OnnxTensor): FloatConstant | undefined {
  const { type, dims } = tensor;
  if (type !== DATA_TYPE.float && type !== DATA_TYPE.float16 && type !== DATA_TYPE.double) return undefined;
  const raw = new Uint8Array(rawDataOf(tensor)); // a copy, which starts at byte 0 as typed arrays must
  if (type === DATA_TYPE.float) return { data: new Float32Array(raw.buffer), dims };
  if (type === DATA_TYPE.double) return { data: Float32Array.from(new Float64Array(raw.buffer)), dims };
  return { data: fromHalves(new Uint16Array(raw.buffer)), dims };
}
