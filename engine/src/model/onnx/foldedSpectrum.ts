/**
 * A spectrum inside a graph with half the multiplications. Exporters without an FFT write |X|² as a strided convolution
 * with cosines and sines under a window, its two halves squared and added. Turned so that their phase is zero in the middle
 * of the window, the cosines are the same read from either end and the sines change sign:
 *
 *   re = Σ c[n] x[n]  =  Σ over half of n of  c[n] (x[n] + x[K-1-n])          im  likewise with s[n] (x[n] - x[K-1-n])
 *
 * and turning a filter pair changes no power. So frames are cut as rows of the hop's length, folded in the middle, and two
 * products of half the width follow; the mel bands behind them, a convolution of width one, become a product as well:
 *
 *   samples ─► rows of S ─► frames of K ─► folded sum, difference ─► · cosines, · sines ─► squares ─► · bands ─► mel
 *
 * The same to single precision, or to the precision that the filters were stored in. Other graphs stay as they are.
 */
import { constantOf } from './constants.ts';
import { type IndexedGraph, indexGraph } from './graph.ts';
import {
  attributesOf,
  DATA_TYPE,
  makeNode,
  makeTensor,
  type OnnxNode,
  type OnnxTensor,
  readModel,
  writeModel,
} from './proto.ts';
import { inferShapes, type Shapes } from './shapes.ts';
import { viewOf } from './wire.ts';

/** How far a turned filter may be from its mirror image, of its largest value: what storing it as halves leaves. */
const TOLERANCE = 2e-3;

/** The model with its spectrum folded; the very bytes where it has none that can be. */
export function withFoldedSpectrum(bytes: Uint8Array): Uint8Array {
  const model = readModel(bytes);
  const graph = indexGraph(model.graph);
  const opset = model.opsets.find(({ domain }) => domain === '')?.version ?? 0;
  const found = graph.hasSubgraphs || opset < 13 ? undefined : findSpectrum(graph);
  const folded = found && foldFilters(found.filters, found.numBins, found.width);
  if (!found || !folded) return bytes;
  const { nodes: made, initializers } = foldedNodes(found, folded);
  const nodes = graph.nodes.flatMap((node, index) =>
    index === found.last ? made : found.nodes.has(index) ? [] : [node],
  );
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const kept = nodes.filter(({ outputs }) => outputs.some((name) => read.has(name) || isResult(graph, name)));
  return writeModel({
    ...model,
    graph: {
      ...model.graph,
      nodes: kept,
      initializers: [...graph.initializers.filter(({ name }) => read.has(name)), ...initializers],
      inputs: graph.inputs.filter(({ name }) => read.has(name)),
    },
  });
}

interface Spectrum {
  /** (2 · numBins, width): cosines, then sines. */
  readonly filters: Float32Array;
  readonly numBins: number;
  /** Samples of a frame and from one to the next. */
  readonly width: number;
  readonly hop: number;
  /** Read, (batch, 1, samples), and written: powers or mel bands, (batch, numBins or numBands, frames). */
  readonly input: string;
  readonly output: string;
  /** (numBands, numBins) */
  readonly bands?: { readonly data: Float32Array; readonly numBands: number };
  /** What falls away, and where the new nodes go. */
  readonly nodes: ReadonlySet<number>;
  readonly last: number;
}

/** Conv → two halves → each times itself → their sum, and the bands behind it. */
function findSpectrum(graph: IndexedGraph): Spectrum | undefined {
  const shapes = inferShapes(graph);
  for (const [index, node] of graph.nodes.entries()) {
    const filters = node.op === 'Conv' && node.inputs.length === 2 ? constantOf(graph, node.inputs[1]) : undefined;
    if (filters?.dims.length !== 3 || filters.dims[1] !== 1) continue;
    const [numFilters, , width] = filters.dims;
    const numBins = numFilters / 2;
    const hop = attributesOf(node).get('strides')?.integers[0] ?? 1;
    if (!isPlain(node) || width % 2 !== 0 || hop < width / 4 || !Number.isInteger(numBins)) continue;
    const halves = readersOf(graph, node.outputs[0]);
    const ranges = halves.map((half) => rangeOf(graph.nodes[half], shapes, numFilters));
    if (ranges.join(' ') !== `0,${numBins} ${numBins},${numFilters}`) continue;
    const squares = halves.flatMap((half) => readersOf(graph, graph.nodes[half].outputs[0]));
    const areSquares = squares.every((square) => {
      const { op, inputs } = graph.nodes[square];
      return op === 'Mul' && inputs[0] === inputs[1];
    });
    const sums = squares.flatMap((square) => readersOf(graph, graph.nodes[square].outputs[0]));
    if (squares.length !== 2 || !areSquares || sums.length !== 2 || sums[0] !== sums[1]) continue;
    if (graph.nodes[sums[0]].op !== 'Add') continue;
    const chain = [index, ...halves, ...squares, sums[0]];
    const power = graph.nodes[sums[0]].outputs[0];
    const bands = bandsBehind(graph, power);
    const last = bands?.node ?? sums[0];
    return {
      filters: filters.data,
      numBins,
      width,
      hop,
      input: node.inputs[0],
      output: bands ? graph.nodes[bands.node].outputs[0] : power,
      bands,
      nodes: new Set(bands ? [...chain, bands.node] : chain),
      last,
    };
  }
  return undefined;
}

/** A convolution of width one that alone reads the powers. */
function bandsBehind(
  graph: IndexedGraph,
  power: string,
): (NonNullable<Spectrum['bands']> & { readonly node: number }) | undefined {
  const readers = readersOf(graph, power);
  const node = readers.length === 1 && !isResult(graph, power) ? graph.nodes[readers[0]] : undefined;
  const weight = node?.op === 'Conv' && node.inputs.length === 2 ? constantOf(graph, node.inputs[1]) : undefined;
  if (!node || weight?.dims.length !== 3 || weight.dims[2] !== 1 || !isPlain(node)) return undefined;
  const unit = (attributesOf(node).get('strides')?.integers[0] ?? 1) === 1;
  return unit ? { data: weight.data, numBands: weight.dims[0], node: readers[0] } : undefined;
}

/** No pads, no dilation, one group. */
function isPlain(node: OnnxNode): boolean {
  const attributes = attributesOf(node);
  return (
    (attributes.get('pads')?.integers ?? []).every((pad) => pad === 0) &&
    (attributes.get('dilations')?.integers ?? []).every((dilation) => dilation === 1) &&
    (attributes.get('group')?.integer ?? 1) === 1 &&
    (attributes.get('auto_pad')?.text ?? 'NOTSET') === 'NOTSET'
  );
}

/** [from, to) of a Slice along axis 1. */
function rangeOf({ op, inputs }: OnnxNode, { integers }: Shapes, size: number): readonly [number, number] | undefined {
  if (op !== 'Slice') return undefined;
  const [from, to, axis, step = 1] = inputs.slice(1).map((name) => integers.get(name)?.[0]);
  if (typeof from !== 'number' || typeof to !== 'number' || axis !== 1 || step !== 1) return undefined;
  return [from, Math.min(to, size)];
}

function readersOf(graph: IndexedGraph, name: string): number[] {
  return [...graph.nodes.keys()].filter((index) => graph.reads[index].includes(name));
}

function isResult(graph: IndexedGraph, name: string): boolean {
  return graph.outputs.some((output) => output.name === name);
}

interface Folded {
  /** (width / 2, numBins) */
  readonly cosines: Float32Array;
  readonly sines: Float32Array;
}

/** Each pair turned to phase zero in the middle and cut in half; nothing where one is not its own mirror image then. */
function foldFilters(filters: Float32Array, numBins: number, width: number): Folded | undefined {
  const half = width / 2;
  const cosines = new Float32Array(half * numBins);
  const sines = new Float32Array(half * numBins);
  for (let bin = 0; bin < numBins; bin++) {
    const re = filters.subarray(bin * width, (bin + 1) * width);
    const im = filters.subarray((numBins + bin) * width, (numBins + bin + 1) * width);
    // z[n] z[K-1-n] is |z|² turned by twice the phase in the middle.
    let [sumRe, sumIm, largest] = [0, 0, 0];
    for (let n = 0, m = width - 1; n < width; n++, m--) {
      sumRe += re[n] * re[m] - im[n] * im[m];
      sumIm += re[n] * im[m] + im[n] * re[m];
      largest = Math.max(largest, re[n] * re[n] + im[n] * im[n]);
    }
    const phase = Math.atan2(sumIm, sumRe) / 2;
    const [c, s] = [Math.cos(phase), Math.sin(phase)];
    for (let n = 0, m = width - 1; n < half; n++, m--) {
      const [cosineN, cosineM] = [c * re[n] + s * im[n], c * re[m] + s * im[m]];
      const [sineN, sineM] = [c * im[n] - s * re[n], c * im[m] - s * re[m]];
      if (Math.max(Math.abs(cosineN - cosineM), Math.abs(sineN + sineM)) > TOLERANCE * Math.sqrt(largest))
        return undefined;
      cosines[n * numBins + bin] = (cosineN + cosineM) / 2;
      sines[n * numBins + bin] = (sineN - sineM) / 2;
    }
  }
  return { cosines, sines };
}

function foldedNodes(
  { numBins, width, hop, input, output, bands }: Spectrum,
  { cosines, sines }: Folded,
): { readonly nodes: readonly OnnxNode[]; readonly initializers: readonly OnnxTensor[] } {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const named = (part: string): string => `spectrum.${part}.${nodes.length + initializers.length}`;

  function emit(op: string, inputs: readonly string[], attributes?: Parameters<typeof makeNode>[3]): string {
    const name = named(op.toLowerCase());
    nodes.push(makeNode(op, inputs, [name], attributes));
    return name;
  }
  function integers(...values: readonly number[]): string {
    const name = named('integers');
    initializers.push(makeTensor(name, DATA_TYPE.int64, [values.length], viewOf(BigInt64Array.from(values, BigInt))));
    return name;
  }
  function matrix(rows: number, columns: number, data: Float32Array): string {
    const name = named('matrix');
    initializers.push(makeTensor(name, DATA_TYPE.float, [rows, columns], viewOf(data)));
    return name;
  }

  // Rows of a hop each, after as many zeros as make the last frame's rows whole.
  const numRows = Math.ceil(width / hop); // that a frame reaches over
  const padded = emit('Pad', [input, integers(0, 0, 0, 0, 0, numRows * hop - width)]);
  const length = emit('Gather', [emit('Shape', [padded]), integers(2)]);
  const whole = emit('Mul', [emit('Div', [length, integers(hop)]), integers(hop)]);
  const samples = emit('Slice', [padded, integers(0), whole, integers(2)]);
  const rows = emit('Reshape', [samples, integers(0, -1, hop)]);
  const parts = Array.from({ length: numRows }, (_, row) => {
    const past = numRows - 1 - row; // rows at the end that are no frame's row number `row`
    const until = past === 0 ? Number.MAX_SAFE_INTEGER : -past;
    return emit('Slice', [rows, integers(row, 0), integers(until, Math.min(hop, width - row * hop)), integers(1, 2)]);
  });
  const frames = numRows === 1 ? parts[0] : emit('Concat', parts, { axis: 2 });

  const half = width / 2;
  const front = emit('Slice', [frames, integers(0), integers(half), integers(2)]);
  const back = emit('Slice', [frames, integers(width - 1), integers(half - 1), integers(2), integers(-1)]);
  const re = emit('MatMul', [emit('Add', [front, back]), matrix(half, numBins, cosines)]);
  const im = emit('MatMul', [emit('Sub', [front, back]), matrix(half, numBins, sines)]);
  const power = emit('Add', [emit('Mul', [re, re]), emit('Mul', [im, im])]);
  const result = bands
    ? emit('MatMul', [power, matrix(numBins, bands.numBands, transposed(bands.data, bands.numBands, numBins))])
    : power;
  nodes.push(makeNode('Transpose', [result], [output], { perm: [0, 2, 1] }));
  return { nodes, initializers };
}

function transposed(data: Float32Array, numRows: number, numColumns: number): Float32Array {
  const turned = new Float32Array(data.length);
  for (let row = 0, at = 0; row < numRows; row++)
    for (let column = 0; column < numColumns; column++, at++) turned[column * numRows + row] = data[at];
  return turned;
}
