/**
 * Public WeSpeaker and 3D-Speaker files have no input for weights: they pool all frames they are given. Their trunk is
 * as good as any, so we look for the pooling and put one with weights in its place.
 *
 *   feats ─► trunk ─► x ─┬─ ReduceMean over time ────────────────────────────────┐
 *                        └─ Sub mean ─ square ─ ReduceMean ─(·n/(n-1))─(+ε)─ Sqrt ┴─ Concat ─ Gemm ─(± constant)─► embs
 *
 * This is statistics pooling (Snyder et al., X-vectors, 2018) as PyTorch exports WeSpeaker's TSTP: mean and standard
 * deviation of each channel, then one affine layer. Anything else between x and the end - attention, a second layer -
 * is refused: masks would mean something else there.
 */
import { ModelError } from '../../core/errors.ts';
import { constantOf } from './constants.ts';
import { cuts, type IndexedGraph, indexGraph, subModel } from './graph.ts';
import { describeTensors } from './inspect.ts';
import { declare, embeddingInputs, featuresName, writePart } from './parts.ts';
import { attributesOf, type OnnxNode, readModel } from './proto.ts';
import { axesOf, inferShapes, type Shapes } from './shapes.ts';
import { type Affine, type StatisticsPooling, statisticsHead } from './statisticsHead.ts';

export interface UnweightedSplit {
  /** fbank → features, [batch, D, steps] or [batch, channels, bands, steps] with D = channels · bands. */
  readonly trunk: Uint8Array;
  readonly features: string;
  readonly cutAt: string;
  /** embedding = weight · [mean, std] + bias; weight is [outputs][2 D], row-major. */
  readonly gemm: Affine;
  readonly pooling: StatisticsPooling;
  /** features, weights [masks, frames] → embedding: pyannote's weighted pooling and the affine layer, as a model. */
  readonly head: Uint8Array;
}

/** Cuts an embedding model that pools by itself at its pooling, and reads the layer behind it. */
export function splitUnweighted(bytes: Uint8Array): UnweightedSplit {
  const model = readModel(bytes);
  const graph = indexGraph(model.graph);
  const { sound, weights } = embeddingInputs(model, graph);
  if (weights)
    throw new ModelError('model_invalid', `Got a model ${describeTensors(model)}; it has weights: splitEmbedding.`);
  const shapes = inferShapes(graph);
  const result = graph.outputs[0].name;
  const { stats, gemm } = affineBefore(graph, result);
  const { cutAt, pooling } = poolingBefore(graph, shapes, stats);
  if (!cuts(graph, sound.name, [result]).includes(cutAt)) throw unlike(`"${cutAt}" isn't all the pooling reads`);
  const features = declare(cutAt, shapes.of.get(cutAt));
  const called = featuresName(graph, cutAt);
  return {
    trunk: writePart(subModel(model, graph, [sound], [features]), 'trunk', features, called),
    features: called,
    cutAt,
    gemm,
    pooling,
    head: statisticsHead(gemm, pooling, { features: called, rank: features.dims!.length, output: result }),
  };
}

/** The affine layer that ends the graph, additions and batch norms behind it folded in, and what it reads. */
function affineBefore(graph: IndexedGraph, result: string): { readonly stats: string; readonly gemm: Affine } {
  let name = result;
  const after: ((row: number, value: number) => number)[] = []; // innermost last
  const slopes: ((row: number) => number)[] = [];
  for (;;) {
    const node = nodeOf(graph, name);
    const [first, second] = node.inputs;
    const constants = node.inputs.map((input) => (input ? constantOf(graph, input)?.data : undefined));
    const at = (data: Float32Array, row: number): number => data[data.length === 1 ? 0 : row];
    if (node.op === 'Identity' || node.op === 'Flatten' || node.op === 'Squeeze') name = first;
    else if (node.op === 'Sub' && constants[1]) {
      const [, offset] = constants;
      after.push((row, value) => value - at(offset, row));
      name = first;
    } else if (node.op === 'Add' && (constants[0] || constants[1])) {
      const offset = (constants[0] ?? constants[1])!;
      after.push((row, value) => value + at(offset, row));
      name = constants[0] ? second : first;
    } else if (node.op === 'BatchNormalization' && constants.slice(1).every((data) => data !== undefined)) {
      const [, scale, shift, mean, variance] = constants as Float32Array[];
      const epsilon = attributesOf(node).get('epsilon')?.float ?? 1e-5;
      const slope = (row: number): number => scale[row] / Math.sqrt(variance[row] + epsilon);
      after.push((row, value) => (value - mean[row]) * slope(row) + shift[row]);
      slopes.push(slope);
      name = first;
    } else if ((node.op === 'Gemm' || node.op === 'MatMul') && constants[1]) {
      return { stats: first, gemm: foldAffine(graph, node, after.reverse(), slopes) };
    } else throw unlike(`it ends in ${node.op}`);
  }
}

function foldAffine(
  graph: IndexedGraph,
  node: OnnxNode,
  after: readonly ((row: number, value: number) => number)[],
  slopes: readonly ((row: number) => number)[],
): Affine {
  const attributes = attributesOf(node);
  const scaled = ['alpha', 'beta'].some((name) => (attributes.get(name)?.float ?? 1) !== 1);
  const { data, dims } = constantOf(graph, node.inputs[1])!;
  const offset = node.inputs[2] ? constantOf(graph, node.inputs[2])?.data : undefined;
  if (scaled || attributes.get('transA')?.integer || dims.length !== 2 || (node.inputs[2] && !offset))
    throw unlike(`its last layer is a ${node.op} of another form`);
  const byRow = attributes.get('transB')?.integer === 1; // weight[output][input] as PyTorch keeps it
  const [numOutputs, numInputs] = byRow ? dims : [dims[1], dims[0]];
  const weight = new Float32Array(numOutputs * numInputs);
  const bias = new Float32Array(numOutputs);
  for (let row = 0; row < numOutputs; row++) {
    const slope = slopes.reduce((product, of) => product * of(row), 1);
    for (let column = 0; column < numInputs; column++)
      weight[row * numInputs + column] = slope * data[byRow ? row * numInputs + column : column * numOutputs + row];
    bias[row] = after.reduce((value, apply) => apply(row, value), offset?.[offset.length === 1 ? 0 : row] ?? 0);
  }
  return { weight, bias, numInputs, numOutputs };
}

/** The features that mean and standard deviation are taken of. */
function poolingBefore(
  graph: IndexedGraph,
  shapes: Shapes,
  stats: string,
): { readonly cutAt: string; readonly pooling: StatisticsPooling } {
  const concat = nodeOf(graph, throughReshapes(graph, stats));
  if (concat.op !== 'Concat' || concat.inputs.length !== 2) throw unlike(`its last layer reads a ${concat.op}`);
  const [mean, std] = concat.inputs.map((name) => throughReshapes(graph, name));
  const cutAt = meanOver(graph, shapes, mean);
  if (cutAt === undefined) throw unlike(`what is pooled first is a ${nodeOf(graph, mean).op}, no mean over time`);
  const root = nodeOf(graph, std);
  if (root.op !== 'Sqrt') throw unlike(`what is pooled second is a ${root.op}, no standard deviation`);

  let [name] = root.inputs;
  let epsilon = 0;
  let correction: 0 | 1 = 0;
  const sum = nodeOf(graph, name);
  const added = sum.op === 'Add' ? sum.inputs.map((input) => constantOf(graph, input)?.data[0]) : [];
  if (added.some((value) => value !== undefined)) {
    epsilon = added.find((value) => value !== undefined)!;
    name = sum.inputs[added[0] === undefined ? 0 : 1];
  }
  const quotient = nodeOf(graph, name);
  if (quotient.op === 'Div') {
    const product = nodeOf(graph, quotient.inputs[0]);
    const variance = product.op === 'Mul' && product.inputs.find((input) => meanOver(graph, shapes, input));
    const less = nodeOf(graph, quotient.inputs[1]);
    if (!variance || less.op !== 'Sub' || constantOf(graph, less.inputs[1])?.data[0] !== 1)
      throw unlike('its variance has a divisor other than n and n - 1');
    correction = 1;
    name = variance;
  }
  const squares = meanOver(graph, shapes, name);
  const square = squares === undefined ? undefined : nodeOf(graph, squares);
  const isSquare =
    (square?.op === 'Mul' && square.inputs[0] === square.inputs[1]) ||
    (square?.op === 'Pow' && constantOf(graph, square.inputs[1])?.data[0] === 2);
  const away = isSquare ? nodeOf(graph, square!.inputs[0]) : undefined;
  const centred = away?.op === 'Sub' && away.inputs[0] === cutAt && meanOver(graph, shapes, away.inputs[1]) === cutAt;
  if (!centred) throw unlike('the second half of what is pooled is no standard deviation of the first');
  return { cutAt, pooling: { epsilon, correction } };
}

/** x where the tensor is the mean of x over its last axis. */
function meanOver(graph: IndexedGraph, shapes: Shapes, name: string): string | undefined {
  const node = nodeOf(graph, name);
  const rank = shapes.of.get(node.inputs[0] ?? '')?.length;
  if (node.op === 'GlobalAveragePool' && rank === 3) return node.inputs[0];
  const axes = node.op === 'ReduceMean' ? axesOf(node, shapes) : undefined;
  return axes?.length === 1 && rank !== undefined && (axes[0] + rank) % rank === rank - 1 ? node.inputs[0] : undefined;
}

function throughReshapes(graph: IndexedGraph, name: string): string {
  const node = nodeOf(graph, name);
  return /^(Flatten|Reshape|Squeeze|Unsqueeze|Identity)$/.test(node.op) ? throughReshapes(graph, node.inputs[0]) : name;
}

function nodeOf(graph: IndexedGraph, name: string): OnnxNode {
  const index = graph.producer.get(name);
  if (index === undefined) throw unlike(`"${name}" is fed or stored where it should be pooled`);
  return graph.nodes[index];
}

function unlike(what: string): ModelError {
  return new ModelError(
    'model_invalid',
    `Expected an embedding model that ends in mean and standard deviation over time and one affine layer; ${what}. ` +
      'Such a model can only be run whole, on the frames of one speaker.',
  );
}
