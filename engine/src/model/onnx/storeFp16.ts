/**
 * Half the size on disk: weights stored in half precision and cast back while loading, so that computing stays single
 * precision and as fast. Each weight moves by at most one part in 2048. What is small (biases, norms: fewer than 256
 * numbers) stays as it is, and so does a tensor that half precision can't hold.
 */
import { toHalf } from './half.ts';
import {
  attributesOf,
  DATA_TYPE,
  makeNode,
  makeTensor,
  type OnnxNode,
  type OnnxTensor,
  rawDataOf,
  readModel,
  withMetadata,
  writeModel,
} from './proto.ts';
import { viewOf } from './wire.ts';

/** Fewer numbers than this aren't worth a node. */
const WORTH_IT = 256;
const LARGEST_HALF = 65504;

/** The same network with its weights stored as half precision. */
export function storeFp16(bytes: Uint8Array): Uint8Array {
  const model = readModel(bytes);
  const { graph } = model;
  const halves: OnnxTensor[] = [];
  const casts: OnnxNode[] = [];
  const store = (name: string, tensor: OnnxTensor): boolean => {
    const half = asHalf(tensor, `${name}_f16`);
    if (!half) return false;
    halves.push(half);
    casts.push(makeNode('Cast', [half.name], [name], { to: DATA_TYPE.float }));
    return true;
  };
  const initializers = graph.initializers.filter((tensor) => !store(tensor.name, tensor));
  const nodes = graph.nodes.filter((node) => {
    const tensor = node.op === 'Constant' ? attributesOf(node).get('value')?.tensor : undefined;
    return !tensor || !store(node.outputs[0], tensor);
  });
  const cast = new Set(casts.map(({ outputs }) => outputs[0]));
  return writeModel(
    withMetadata(
      {
        ...model,
        graph: {
          ...graph,
          nodes: [...casts, ...nodes],
          initializers: [...initializers, ...halves],
          inputs: graph.inputs.filter(({ name }) => !cast.has(name)),
        },
      },
      { 'diarist.stored': 'fp16' },
    ),
  );
}

function asHalf(tensor: OnnxTensor, name: string): OnnxTensor | undefined {
  const size = tensor.dims.reduce((product, dim) => product * dim, 1);
  if (tensor.type !== DATA_TYPE.float || size < WORTH_IT) return undefined;
  const raw = rawDataOf(tensor);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const halves = new Uint16Array(size);
  for (let i = 0; i < size; i++) {
    const value = view.getFloat32(4 * i, true);
    if (!(Math.abs(value) <= LARGEST_HALF)) return undefined;
    halves[i] = toHalf(value);
  }
  return makeTensor(name, DATA_TYPE.float16, tensor.dims, viewOf(halves));
}
