import { DATA_TYPE, makeModel, makeValue, withMetadata, writeModel } from '../../src/model/onnx/proto.ts';

type Dims = readonly (number | string)[];

/** An ONNX file that declares these inputs and outputs and computes nothing: enough to be told apart. */
export function tinyOnnx(
  inputs: Readonly<Record<string, Dims>>,
  outputs: Readonly<Record<string, Dims>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const values = (tensors: Readonly<Record<string, Dims>>) =>
    Object.entries(tensors).map(([name, dims]) => makeValue(name, DATA_TYPE.float, dims));
  const graph = { nodes: [], initializers: [], inputs: values(inputs), outputs: values(outputs), values: [], rest: [] };
  return writeModel(withMetadata(makeModel(graph, 17), metadata));
}

/** The files of others, as far as their signatures go (parity of names and shapes with what is published). */
export const TINY = {
  segmentation: () => tinyOnnx({ input: [1, 1, 'samples'] }, { output: [1, 'frames', 7] }),
  segmentationB32: () => tinyOnnx({ input: [32, 1, 160000] }, { output: [32, 589, 7] }),
  sherpaSegmentation: () =>
    tinyOnnx(
      { x: ['N', 1, 'T'] },
      { y: ['N', 'T2', 7] },
      { num_speakers: '3', powerset_max_classes: '2', sample_rate: '16000', window_size: '160000' },
    ),
  onnxCommunitySegmentation: () => tinyOnnx({ input_values: ['b', 1, 's'] }, { logits: ['b', 'f', 7] }),
  fused: () => tinyOnnx({ waveform: [1, 1, 160000], weights: [1, 589] }, { output: [1, 256] }),
  fusedB32: () => tinyOnnx({ waveform: [32, 1, 160000], weights: [32, 589] }, { output: [32, 256] }),
  tail: () => tinyOnnx({ fbank: [1, 998, 80], weights: [1, 589] }, { output: [1, 256] }),
  multimask: () => tinyOnnx({ fbank: [1, 998, 80], masks: [3, 589] }, { output: [3, 256] }),
  fbank: () => tinyOnnx({ waveform: [1, 1, 160000] }, { fbank: [1, 998, 80] }),
  wespeaker: () => tinyOnnx({ feats: ['B', 'T', 80] }, { embs: ['B', 256] }, { framework: 'wespeaker' }),
  trunk: () => tinyOnnx({ fbank: ['b', 't', 80] }, { features: ['b', 256, 's'] }),
  head: () => tinyOnnx({ features: ['b', 256, 's'], weights: ['b', 's'] }, { embedding: ['b', 192] }),
  whisper: () => tinyOnnx({ mel: ['b', 80, 3000] }, { hidden: ['b', 1500, 384] }),
};
