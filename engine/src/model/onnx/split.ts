/**
 * An embedding network is a trunk, nearly all of the work, which never sees who speaks, and a head that pools the
 * trunk's features over one speaker's frames. pyannote runs both for every speaker of a window; cut in two, the
 * trunk runs once and the head once for all masks:
 *
 *   fbank ──► trunk ──► features [batch, D, steps] ──► head ──► embedding [masks, E]
 *                              weights [masks, frames] ──┘
 *
 * The cut is the last tensor that doesn't depend on the weights and that everything from the sound to the embedding
 * passes through. Nothing is computed otherwise: the two have the very nodes and weights of the whole. One window's
 * features (batch 1) meet many masks by the broadcasting that the pooling's products do anyway.
 * Same idea as pyannote.audio 4.0.7 `WeSpeakerResNet34.forward_frames` / `forward_embedding`.
 */
import { ModelError } from '../../core/errors.ts';
import { cutFrontEnd } from './frontEnd.ts';
import { cuts, dependents, type IndexedGraph, indexGraph, subModel } from './graph.ts';
import { describeTensors } from './inspect.ts';
import { declare, embeddingInputs, featuresName, withFirstAxis, writePart } from './parts.ts';
import { attributesOf, type OnnxGraph, type OnnxValue, readModel, renameTensors } from './proto.ts';
import { inferShapes } from './shapes.ts';

export interface EmbeddingSplit {
  /** fbank (or waveform) → features. */
  readonly trunk: Uint8Array;
  /** features, weights → embedding. */
  readonly head: Uint8Array;
  /** The name of the features in both. */
  readonly features: string;
  /** The name they have in the whole graph. */
  readonly cutAt: string;
  /** Where the whole starts from a waveform and the fbank inside is found. */
  readonly frontEnd?: FrontEnd;
}

export interface FrontEnd {
  /** waveform → fbank. */
  readonly fbank: Uint8Array;
  /** fbank → features. */
  readonly trunk: Uint8Array;
  /** The fbank's name, [batch, frames, 80]. */
  readonly cutAt: string;
  /** The log-mel's name, where the graph itself takes the mean off it; windows can share this one. */
  readonly logMel?: string;
}

/** Cuts an embedding model that has an input for weights in two. */
export function splitEmbedding(bytes: Uint8Array): EmbeddingSplit {
  const model = readModel(bytes);
  const graph = indexGraph(model.graph);
  const { sound, weights } = embeddingInputs(model, graph);
  if (!weights)
    throw new ModelError(
      'model_invalid',
      `Got a model ${describeTensors(model)}, which pools all frames by itself; one with weights was expected.`,
    );
  const shapes = inferShapes(graph);
  const { cutAt, headGraph } = cutBeforeWeights(graph, sound, weights);
  const features = declare(cutAt, shapes.of.get(cutAt));
  const called = featuresName(graph, cutAt);
  const trunk = subModel(model, graph, [sound], [features]);
  const outputs = graph.outputs.map((output) => withFirstAxis(output, 'masks'));
  const head = subModel(model, headGraph, [features, withFirstAxis(weights, 'masks')], outputs);
  const front = cutFrontEnd(model, graph, shapes, sound, features);
  return {
    trunk: writePart(trunk, 'trunk', features, called),
    head: writePart(head, 'head', features, called),
    features: called,
    cutAt,
    frontEnd: front && {
      fbank: writePart(front.front, 'fbank', front.fbank, front.fbank.name),
      trunk: writePart(front.trunk, 'trunk', features, called),
      cutAt: front.fbank.name,
      logMel: front.logMel,
    },
  };
}

/** The cut, and the graph to take the head from. */
function cutBeforeWeights(
  graph: IndexedGraph,
  sound: OnnxValue,
  weights: OnnxValue,
): { readonly cutAt: string; readonly headGraph: IndexedGraph } {
  const results = graph.outputs.map(({ name }) => name);
  const masked = dependents(graph, weights.name);
  const fits = (name: string): boolean => !masked.has(graph.producer.get(name)!);
  // Axis names of the whole don't hold for a head that meets many masks.
  const plain: OnnxGraph = { ...graph, values: [] };
  const direct = cuts(graph, sound.name, results).findLast(fits);
  if (direct !== undefined) return { cutAt: direct, headGraph: indexGraph(plain) };

  // Exporters like to read the batch size off the model's input; the features know it as well.
  const free = batchReads(graph, dependents(graph, sound.name), masked);
  const cutAt = cuts(graph, sound.name, results, free).findLast(fits);
  if (cutAt === undefined)
    throw new ModelError(
      'model_invalid',
      `Found no tensor between "${sound.name}" and the use of "${weights.name}" to cut at: the weights enter before ` +
        'the features are one tensor. Such a model can only be run whole.',
    );
  const nodes = graph.nodes.map((node, index) =>
    free.has(index) ? renameTensors(node, new Map([[node.inputs[0], cutAt]])) : node,
  );
  return { cutAt, headGraph: indexGraph({ ...plain, nodes }) };
}

/** Shape nodes on the sound's side of which only the first number, the batch size, is used. */
function batchReads(graph: IndexedGraph, heard: ReadonlySet<number>, masked: ReadonlySet<number>): ReadonlySet<number> {
  const { integers } = inferShapes(graph);
  const isZero = (name: string | undefined): boolean => name !== undefined && integers.get(name)?.[0] === 0;
  const found = new Set<number>();
  graph.nodes.forEach((node, index) => {
    if (node.op !== 'Shape' || !heard.has(index) || masked.has(index)) return;
    const attributes = attributesOf(node);
    const onlyFirst = attributes.get('end')?.integer === 1 && !attributes.get('start')?.integer;
    const readers = graph.nodes.filter((_, reader) => graph.reads[reader].includes(node.outputs[0]));
    const takesFirst = readers.every(
      ({ op, inputs }) =>
        (op === 'Gather' && isZero(inputs[1]) && integers.get(inputs[1])?.length === 1) ||
        (op === 'Slice' && isZero(inputs[1]) && integers.get(inputs[2])?.[0] === 1),
    );
    if (onlyFirst || takesFirst) found.add(index);
  });
  return found;
}
