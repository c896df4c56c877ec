/**
 * A head written by us: the weighted statistics pooling of pyannote.audio 4.0.7 (`models/blocks/pooling.py:_pool`) and
 * one affine layer, for trunks whose own pooling knows no weights.
 *
 *   w    = weights, brought to the steps of the features by nearest neighbour: step s takes frame floor(s · F / S)
 *   v1   = Σ w + 1e-8            v2 = Σ w²
 *   mean = Σ x w / v1            var = Σ (x - mean)² w / (v1 - v2 / v1 + 1e-8)
 *   embedding = W [mean, √(var + ε)] + b
 *
 * With all weights 1 that is what the model computed by itself: v1 - v2/v1 is n - 1. Where the model divides by n
 * (correction 0) so do we, by v1.
 */
import { DATA_TYPE, makeModel, makeNode, makeTensor, makeValue, type OnnxNode, writeModel } from './proto.ts';
import { viewOf } from './wire.ts';

/** y = weight · x + bias, weight[row · numInputs + column]. */
export interface Affine {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly numInputs: number;
  readonly numOutputs: number;
}

export interface StatisticsPooling {
  /** Added to the variance before the root. */
  readonly epsilon: number;
  /** 1 where the sum of squares is divided by n - 1, 0 where by n. */
  readonly correction: 0 | 1;
}

export interface HeadNames {
  readonly features: string;
  /** 3, or 4 where channels and bands are two axes. */
  readonly rank: number;
  readonly output: string;
}

const OPSET = 17;

export function statisticsHead(
  { weight, bias, numInputs, numOutputs }: Affine,
  { epsilon, correction }: StatisticsPooling,
  { features, rank, output }: HeadNames,
): Uint8Array {
  const width = numInputs / 2;
  const floats = (name: string, dims: number[], data: Float32Array): ReturnType<typeof makeTensor> =>
    makeTensor(name, DATA_TYPE.float, dims, viewOf(data));
  const integers = (name: string, ...values: number[]): ReturnType<typeof makeTensor> =>
    makeTensor(name, DATA_TYPE.int64, [values.length], viewOf(BigInt64Array.from(values, BigInt)));
  const graph = {
    nodes: [
      makeNode('Reshape', [features, 'flat'], ['x']), // [batch, D, S]
      makeNode('Unsqueeze', ['weights', 'axis_1'], ['rows']), // [masks, 1, F]
      ...nearest('rows', 'x', 'w'),
      sum('w', 'sum_w'),
      makeNode('Add', ['sum_w', 'tiny'], ['v1']),
      makeNode('Mul', ['x', 'w'], ['xw']),
      sum('xw', 'sum_xw'),
      makeNode('Div', ['sum_xw', 'v1'], ['mean']),
      makeNode('Sub', ['x', 'mean'], ['away']),
      makeNode('Mul', ['away', 'away'], ['squares']),
      makeNode('Mul', ['squares', 'w'], ['weighted_squares']),
      sum('weighted_squares', 'sum_squares'),
      ...(correction ? correctedDivisor() : [makeNode('Identity', ['v1'], ['divisor'])]),
      makeNode('Div', ['sum_squares', 'divisor'], ['var']),
      makeNode('Add', ['var', 'epsilon'], ['var_epsilon']),
      makeNode('Sqrt', ['var_epsilon'], ['std']),
      makeNode('Concat', ['mean', 'std'], ['stats'], { axis: 1 }), // [masks, 2 D, 1]
      makeNode('Squeeze', ['stats', 'axis_2'], ['row']),
      makeNode('Gemm', ['row', 'weight', 'bias'], [output], { transB: 1 }),
    ],
    initializers: [
      floats('weight', [numOutputs, numInputs], weight),
      floats('bias', [numOutputs], bias),
      floats('tiny', [], Float32Array.of(1e-8)),
      floats('epsilon', [], Float32Array.of(epsilon)),
      integers('flat', 0, width, -1),
      integers('axis_1', 1),
      integers('axis_2', 2),
      integers('from_0', 0),
      integers('to_2', 2),
      integers('to_3', 3),
    ],
    inputs: [
      makeValue(
        features,
        DATA_TYPE.float,
        rank === 3 ? ['batch', width, 'feature_steps'] : ['batch', 'channels', 'bands', 'feature_steps'],
      ),
      makeValue('weights', DATA_TYPE.float, ['masks', 'frames']),
    ],
    outputs: [makeValue(output, DATA_TYPE.float, ['masks', numOutputs])],
    values: [],
    rest: [],
  };
  return writeModel(makeModel(graph, OPSET));
}

function sum(of: string, name: string): OnnxNode {
  return makeNode('ReduceSum', [of, 'axis_2'], [name], { keepdims: 1 });
}

/** Resize's asymmetric coordinates rounded down are PyTorch's `interpolate(mode="nearest")`. */
function nearest(rows: string, like: string, name: string): OnnxNode[] {
  return [
    makeNode('Shape', [rows], ['rows_shape']),
    makeNode('Shape', [like], ['like_shape']),
    makeNode('Slice', ['rows_shape', 'from_0', 'to_2'], ['outer']),
    makeNode('Slice', ['like_shape', 'to_2', 'to_3'], ['steps']),
    makeNode('Concat', ['outer', 'steps'], ['size'], { axis: 0 }),
    makeNode('Resize', [rows, '', '', 'size'], [name], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    }),
  ];
}

function correctedDivisor(): OnnxNode[] {
  return [
    makeNode('Mul', ['w', 'w'], ['ww']),
    sum('ww', 'v2'),
    makeNode('Div', ['v2', 'v1'], ['v2_v1']),
    makeNode('Sub', ['v1', 'v2_v1'], ['freedom']),
    makeNode('Add', ['freedom', 'tiny'], ['divisor']),
  ];
}
