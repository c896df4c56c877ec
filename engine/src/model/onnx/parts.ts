/** What the two ways of splitting an embedding model share: who is who among its tensors, and how parts are named. */
import { ModelError } from '../../core/errors.ts';
import { type IndexedGraph, renameTensor } from './graph.ts';
import { describeTensors } from './inspect.ts';
import { DATA_TYPE, makeValue, type OnnxModel, type OnnxValue, withMetadata, writeModel } from './proto.ts';
import type { Shape } from './shapes.ts';

export interface EmbeddingInputs {
  /** A waveform or its fbank. */
  readonly sound: OnnxValue;
  /** One weight a frame, [batch, frames]. */
  readonly weights?: OnnxValue;
}

/** Which input is the sound and which, if any, the weights: the only one of two axes, else the one called so. */
export function embeddingInputs(model: OnnxModel, { feeds, outputs }: IndexedGraph): EmbeddingInputs {
  if (outputs.length === 1 && feeds.length === 1) return { sound: feeds[0] };
  const flat = feeds.filter(({ dims }) => dims?.length === 2);
  const named = feeds.filter(({ name }) => /weight|mask/i.test(name));
  const weights = flat.length === 1 ? flat[0] : named.length === 1 ? named[0] : undefined;
  if (outputs.length !== 1 || feeds.length !== 2 || !weights)
    throw new ModelError(
      'model_invalid',
      `Got a model ${describeTensors(model)}; an embedding model has an input for the sound, at most one more for ` +
        'weights [batch, frames], and one output.',
    );
  return { sound: feeds.find((feed) => feed !== weights)!, weights };
}

/** A float tensor's declaration by what is known of its shape; the first axis is the batch, the last one time. */
export function declare(name: string, shape: Shape | undefined): OnnxValue {
  const dims = shape?.map((dim, axis) => {
    if (axis === 0) return dim === 1 ? 1 : 'batch';
    if (typeof dim === 'number') return dim;
    return axis === 1 ? 'channels' : axis === shape.length - 1 ? 'feature_steps' : `axis${axis}`;
  });
  return makeValue(name, DATA_TYPE.float, dims);
}

/** The same declaration with its free first axis called otherwise. */
export function withFirstAxis({ name, type, dims }: OnnxValue, axis: string): OnnxValue {
  return makeValue(name, type, dims && [typeof dims[0] === 'string' ? axis : dims[0], ...dims.slice(1)]);
}

/** Writes a part, its cut tensor called `features` and a note in its metadata of what it is. */
export function writePart(part: OnnxModel, label: string, cut: OnnxValue, called: string): Uint8Array {
  const renamed = makeValue(called, cut.type, cut.dims);
  const note = { 'diarist.part': label, 'diarist.cut_at': cut.name };
  return writeModel(withMetadata(called === cut.name ? part : renameTensor(part, cut, renamed), note));
}

/** The name of the features in the parts: plain, unless the graph has other use for it. */
export function featuresName({ producer, feeds, hasSubgraphs, initializers }: IndexedGraph, cut: string): string {
  const taken = producer.has('features') || [...feeds, ...initializers].some(({ name }) => name === 'features');
  return taken || hasSubgraphs ? cut : 'features';
}
