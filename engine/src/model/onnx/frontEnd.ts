/**
 * A trunk that starts from a waveform, cut again at its fbank: windows overlap, and the log-mel frames of a recording
 * lie on one grid, so they can be computed once instead of ten times.
 *
 *   waveform ──► fbank [batch, frames, 80] ──► features
 *
 * The fbank is the last tensor of that shape everything passes through: in the fused graphs of pyannote's WeSpeaker
 * models, the log-mel less its mean over the window.
 */
import { cuts, type IndexedGraph, subModel } from './graph.ts';
import { DATA_TYPE, makeValue, type OnnxModel, type OnnxValue } from './proto.ts';
import { axesOf, type Shape, type Shapes } from './shapes.ts';

export interface FrontEndCut {
  /** The fbank, [batch, frames, 80]. */
  readonly fbank: OnnxValue;
  /** Where the graph itself takes off the mean over time: the log-mel before, the same in all windows. */
  readonly logMel?: string;
  /** waveform → fbank. */
  readonly front: OnnxModel;
  /** fbank → features. */
  readonly trunk: OnnxModel;
}

/** WeSpeaker, 3D-Speaker and pyannote all hear 80 bands. */
const NUM_MEL = 80;

/** Cuts a trunk at its fbank; nothing where it starts from one or shows none. */
export function cutFrontEnd(
  model: OnnxModel,
  graph: IndexedGraph,
  shapes: Shapes,
  sound: OnnxValue,
  features: OnnxValue,
): FrontEndCut | undefined {
  if (isFbank(shapes.of.get(sound.name))) return undefined;
  const cut = cuts(graph, sound.name, [features.name]).findLast((name) => isFbank(shapes.of.get(name)));
  if (cut === undefined) return undefined;
  const fbank = makeValue(cut, DATA_TYPE.float, ['batch', 'frames', NUM_MEL]);
  return {
    fbank,
    logMel: uncentred(graph, shapes, cut),
    front: subModel(model, graph, [sound], [fbank]),
    trunk: subModel(model, graph, [fbank], [features]),
  };
}

function isFbank(shape: Shape | undefined): boolean {
  return shape?.length === 3 && shape[2] === NUM_MEL;
}

/** x where the tensor is x - mean(x) over the frames. */
function uncentred(graph: IndexedGraph, shapes: Shapes, name: string): string | undefined {
  const node = graph.nodes[graph.producer.get(name)!];
  if (node.op !== 'Sub') return undefined;
  const [whole, mean] = node.inputs;
  const index = graph.producer.get(mean);
  const reduce = index === undefined ? undefined : graph.nodes[index];
  if (reduce?.op !== 'ReduceMean' || reduce.inputs[0] !== whole) return undefined;
  const axes = axesOf(reduce, shapes);
  return axes?.length === 1 && (axes[0] === 1 || axes[0] === -2) ? whole : undefined;
}
