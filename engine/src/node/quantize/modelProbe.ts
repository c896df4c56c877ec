import { fbank } from '../../audio/fbank.ts';
import { ModelError } from '../../core/errors.ts';
import { indexGraph } from '../../model/onnx/graph.ts';
import { describeTensors } from '../../model/onnx/inspect.ts';
import { embeddingInputs } from '../../model/onnx/parts.ts';
import { readModel } from '../../model/onnx/proto.ts';
import { splitEmbedding } from '../../model/onnx/split.ts';
import { floats, type Runtime, type Session, type Tensor } from '../../model/runtime.ts';

/**
 * Feeds any of our networks a window of sound, whatever it wants: samples or fbank, with weights or without. What comes
 * out is reduced to what two versions of the network can be compared by.
 */
export interface ModelProbe {
  /** Vectors (one a window) or scores (`width` classes a frame). */
  readonly gives: 'embeddings' | 'scores';
  feeds(window: Float32Array): Record<string, Tensor>;
  /** The comparable part of a run's outputs, and how wide a row of it is. */
  reduce(outputs: Readonly<Record<string, Tensor>>): { readonly data: Float32Array; readonly width: number };
}

const NUM_BINS = 80;
/** pyannote's segmentation frames in ten seconds. Networks that resample their weights take any number. */
const NUM_FRAMES = 589;

export async function probeModel(bytes: Uint8Array, runtime: Runtime): Promise<ModelProbe> {
  const model = readModel(bytes);
  const graph = indexGraph(model.graph);
  const { sound, weights } = embeddingInputs(model, graph);
  const takesFbank = sound.dims?.length === 3 && sound.dims[2] === NUM_BINS;
  if (!takesFbank && !(sound.dims?.length === 3 && (sound.dims[1] === 1 || typeof sound.dims[1] === 'string')))
    throw new ModelError(
      'model_invalid',
      `Got a model ${describeTensors(model)}; one that hears a waveform [batch, 1, samples] or an fbank ` +
        '[batch, frames, 80] was expected.',
    );
  const output = graph.outputs[0].name;
  const soundOf = (window: Float32Array): Tensor =>
    takesFbank ? centredFbank(window) : floats(window.slice(), [1, 1, window.length]);

  let numWeights = 0;
  if (weights) {
    const declared = weights.dims?.[1];
    const resamples = graph.nodes.some(({ op }) => op === 'Resize');
    if (typeof declared === 'number') numWeights = declared;
    else if (resamples) numWeights = NUM_FRAMES;
    else numWeights = await numSteps(bytes, runtime, soundOf(new Float32Array(160_000)), sound.name);
  }

  return {
    gives: takesFbank || weights ? 'embeddings' : 'scores',
    feeds: (window) => {
      const ones = new Float32Array(numWeights).fill(1);
      return {
        [sound.name]: soundOf(window),
        ...(weights ? { [weights.name]: floats(ones, [1, numWeights]) } : {}),
      };
    },
    reduce: (outputs) => {
      const { data, dims } = outputs[output];
      const numbers = data as Float32Array;
      const width = dims[dims.length - 1];
      if (dims.length === 2 || !takesFbank) return { data: numbers, width };
      return pooled(numbers, width); // a trunk's features: mean and deviation of each channel
    },
  };
}

/** Runs a network on windows: the rows to compare, one after the other, and how long a window took (median, ms). */
export async function runOn(
  windows: readonly Float32Array[],
  session: Session,
  { feeds, reduce }: ModelProbe,
): Promise<{ readonly rows: Float32Array; readonly width: number; readonly medianMs: number }> {
  const rows: Float32Array[] = [];
  const times: number[] = [];
  let width = 0;
  for (const window of windows) {
    const input = feeds(window);
    const start = performance.now();
    const outputs = await session.run(input);
    times.push(performance.now() - start);
    const reduced = reduce(outputs);
    rows.push(reduced.data);
    width = reduced.width;
  }
  const all = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return { rows: all, width, medianMs: times.sort((a, b) => a - b)[times.length >> 1] };
}

/** How many features a trunk gives: as many weights does a head want that doesn't resample them. */
async function numSteps(bytes: Uint8Array, runtime: Runtime, sound: Tensor, name: string): Promise<number> {
  const { trunk, features } = splitEmbedding(bytes);
  const session = await runtime.load({ bytes: trunk, name: 'the trunk' });
  const { [features]: output } = await session.run({ [name]: sound });
  await session.release();
  return output.dims[output.dims.length - 1];
}

function centredFbank(window: Float32Array): Tensor {
  const frames = fbank(window);
  const numFrames = frames.length / NUM_BINS;
  for (let bin = 0; bin < NUM_BINS; bin++) {
    let sum = 0;
    for (let i = bin; i < frames.length; i += NUM_BINS) sum += frames[i];
    for (let i = bin; i < frames.length; i += NUM_BINS) frames[i] -= sum / numFrames;
  }
  return floats(frames, [1, numFrames, NUM_BINS]);
}

function pooled(features: Float32Array, steps: number): { readonly data: Float32Array; readonly width: number } {
  const channels = features.length / steps;
  const data = new Float32Array(2 * channels);
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    let squares = 0;
    for (let i = channel * steps; i < (channel + 1) * steps; i++) {
      sum += features[i];
      squares += features[i] * features[i];
    }
    data[channel] = sum / steps;
    data[channels + channel] = Math.sqrt(Math.max(0, squares / steps - (sum / steps) ** 2));
  }
  return { data, width: data.length };
}
