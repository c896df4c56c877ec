import { ModelError } from '../core/errors.ts';
import type { Role } from './manifest.ts';
import type { TensorInfo } from './runtime.ts';

/**
 * Which network an ONNX file holds, and which of its tensors carries what, told by shapes. Exporters agree on shapes and
 * on little else: the same segmentation has `input` → `output` (speakrs), `x` → `y` (sherpa-onnx), `input_values` →
 * `logits` (transformers.js). Where shapes leave two readings, names decide; a free axis (a string) fits any size.
 *
 *   waveform (batch, 1, samples)      fbank (batch, frames, 80)      features (batch, …, steps)
 *   weights (batch, frames)           scores (batch, frames, classes)     embedding (batch, dimension)
 */

/** What a file has to offer: its graph's inputs and outputs. A Session is one. */
export interface GraphInfo {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/** A number where the graph fixes an axis. */
export type FixedAxis = number | undefined;

export interface SegmentationGraph {
  readonly role: 'segmentation';
  readonly tensors: { readonly waveform: string; readonly scores: string };
  readonly batch: FixedAxis;
  readonly numSamples: FixedAxis;
  readonly numClasses: FixedAxis;
  /** What a number of classes implies; undefined where the graph leaves it open or it fits no powerset. */
  readonly powerset?: { readonly numSpeakers: number; readonly maxSimultaneous: number };
}

export interface EmbeddingGraph {
  readonly role: Extract<
    Role,
    | 'embedding'
    | 'embedding-tail'
    | 'embedding-multimask'
    | 'embedding-plain'
    | 'embedding-trunk'
    | 'embedding-head'
    | 'fbank'
  >;
  /** Names by what they carry: waveform, fbank, features, weights, embedding. */
  readonly tensors: Readonly<Record<string, string>>;
  readonly batch: FixedAxis;
  /** Frames or samples of the first input, and of the weights. */
  readonly length: FixedAxis;
  readonly numWeights: FixedAxis;
  readonly dimension: FixedAxis;
  /** Masks pooled from one window; only in `embedding-multimask`. */
  readonly masksPerWindow?: number;
}

/** The tensors of a segmentation network. `file` is only for messages. */
export function identifySegmentation({ inputs, outputs }: GraphInfo, file = 'The ONNX file'): SegmentationGraph {
  const waveforms = inputs.filter(isWaveform);
  const scores = outputs.filter((output) => output.type === 'float32' && output.dims.length === 3 && !isFbank(output));
  if (inputs.length !== 1 || waveforms.length !== 1 || scores.length !== 1) {
    throw unfit(file, { inputs, outputs }, 'a segmentation network', [
      'float32 (batch, 1, samples) → float32 (batch, frames, classes)',
    ]);
  }
  const [waveform] = waveforms;
  const [output] = scores;
  const numClasses = fixed(output.dims[2]);
  return {
    role: 'segmentation',
    tensors: { waveform: waveform.name, scores: output.name },
    batch: fixed(waveform.dims[0]),
    numSamples: fixed(waveform.dims[2]),
    numClasses,
    powerset: numClasses === undefined ? undefined : powersetOf(numClasses),
  };
}

/** The tensors of an embedding network or of a part of one, and which part it is. */
export function identifyEmbedding({ inputs, outputs }: GraphInfo, file = 'The ONNX file'): EmbeddingGraph {
  const floats = inputs.every(({ type }) => type === 'float32');
  const [output] = outputs;
  const reading = floats && outputs.length > 0 ? readEmbedding(inputs, output) : undefined;
  if (reading === undefined) {
    throw unfit(file, { inputs, outputs }, 'an embedding network', [
      'waveform (batch, 1, samples) and weights (batch, frames) → (batch, dimension)',
      'fbank (batch, frames, 80) and weights → (batch, dimension)',
      'fbank alone → (batch, dimension)',
    ]);
  }
  const { role, sound, weights, carries } = reading;
  return {
    role,
    tensors: {
      [carries]: sound.name,
      ...(weights === undefined ? {} : { weights: weights.name }),
      [role === 'embedding-trunk' ? 'features' : role === 'fbank' ? 'fbank' : 'embedding']: output.name,
    },
    batch: fixed(sound.dims[0]),
    length: fixed(carries === 'fbank' ? sound.dims[1] : sound.dims[sound.dims.length - 1]),
    numWeights: weights === undefined ? undefined : fixed(weights.dims[1]),
    dimension: output.dims.length === 2 ? fixed(output.dims[1]) : undefined,
    ...(role === 'embedding-multimask' && weights !== undefined ? { masksPerWindow: masksOf(sound, weights) } : {}),
  };
}

interface Reading {
  readonly role: EmbeddingGraph['role'];
  readonly carries: 'waveform' | 'fbank' | 'features';
  readonly sound: TensorInfo;
  readonly weights?: TensorInfo;
}

function readEmbedding(inputs: readonly TensorInfo[], output: TensorInfo): Reading | undefined {
  const vector = output.dims.length === 2;
  const weights = inputs.find(({ dims }) => dims.length === 2);
  const [sound] = inputs.filter((input) => input !== weights);
  if (sound === undefined || inputs.length > (weights === undefined ? 1 : 2)) return undefined;

  if (isFbank(sound)) {
    const carries = 'fbank';
    if (weights !== undefined) {
      const role = masksOf(sound, weights) > 1 ? 'embedding-multimask' : 'embedding-tail';
      return vector ? { role, carries, sound, weights } : undefined;
    }
    return { role: vector ? 'embedding-plain' : 'embedding-trunk', carries, sound };
  }
  if (isWaveform(sound)) {
    const carries = 'waveform';
    if (weights !== undefined) return vector ? { role: 'embedding', carries, sound, weights } : undefined;
    return isFbank(output) ? { role: 'fbank', carries, sound } : undefined;
  }
  if (weights !== undefined && vector && sound.dims.length >= 3) {
    return { role: 'embedding-head', carries: 'features', sound, weights };
  }
  return undefined;
}

/** (batch, 1, samples): the middle axis is 1, or free where the exporter left every axis free. */
function isWaveform({ type, dims }: TensorInfo): boolean {
  const [, channels, samples] = dims;
  if (type !== 'float32' || dims.length !== 3) return false;
  return channels === 1 || (typeof channels === 'string' && typeof samples === 'string');
}

/** (batch, frames, 80). */
function isFbank({ type, dims }: TensorInfo): boolean {
  return type === 'float32' && dims.length === 3 && dims[2] === 80;
}

/** How many masks belong to a window: three in speakrs' files, whose mask axis is three times the window axis. */
function masksOf(sound: TensorInfo, weights: TensorInfo): number {
  const [windows, masks] = [fixed(sound.dims[0]), fixed(weights.dims[0])];
  if (windows !== undefined && masks !== undefined) return masks / windows;
  return /mask/i.test(weights.name) && weights.dims[0] !== sound.dims[0] ? 3 : 1;
}

function fixed(axis: number | string | undefined): FixedAxis {
  return typeof axis === 'number' && axis > 0 ? axis : undefined;
}

/** The powerset of this many classes with up to two at once, which is what pyannote trains; three where only that fits. */
export function powersetOf(numClasses: number): SegmentationGraph['powerset'] {
  for (const maxSimultaneous of [2, 3]) {
    for (let numSpeakers = maxSimultaneous; numSpeakers <= 10; numSpeakers++) {
      const pairs = (numSpeakers * (numSpeakers - 1)) / 2;
      const triples = maxSimultaneous === 3 ? (pairs * (numSpeakers - 2)) / 3 : 0;
      if (1 + numSpeakers + pairs + triples === numClasses) return { numSpeakers, maxSimultaneous };
    }
  }
  return undefined;
}

function unfit(file: string, graph: GraphInfo, wanted: string, forms: readonly string[]): ModelError {
  const found = `${graph.inputs.map(shown).join(', ') || 'no input'} → ${graph.outputs.map(shown).join(', ') || 'no output'}`;
  return new ModelError('model_invalid', `${file} is not ${wanted}: it has ${found}; expected ${forms.join(', or ')}.`);
}

function shown({ name, type, dims }: TensorInfo): string {
  return `${name} ${type} (${dims.join(', ')})`;
}
