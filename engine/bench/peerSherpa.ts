import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DATA_TYPE, makeTensor, readModel, withMetadata, writeModel } from '../src/model/onnx/proto.ts';
import { writePeerResult } from './peerResult.ts';

/**
 * One run of sherpa-onnx-node, started by bench/peers.ts: prints one line of JSON.
 *
 *   node peerSherpa.ts RECORDING.wav THREADS SEGMENTATION.onnx EMBEDDING.onnx PLDA_DIR FOLDER     (PLDA is not used; FOLDER has node_modules)
 *
 * It is given the same weights, with the metadata it asks for; the embedding without its masks (all ones), because it
 * cuts a speaker's sound out instead. Another, simpler algorithm: one segmentation at a time, one embedding per window
 * and speaker of as much sound as they speak, complete-linkage clustering; no PLDA, no VBx, no overlap in embeddings.
 */
const [recording, threads, segmentation, embedding, , folder] = process.argv.slice(2);
const started = performance.now();
const require = createRequire(join(folder, 'package.json'));
const sherpa = require('sherpa-onnx-node');
const numThreads = Number(threads);
const segmenter = join(folder, 'segmentation.onnx');
writeFileSync(
  segmenter,
  writeModel(
    withMetadata(readModel(readFileSync(segmentation)), {
      model_type: 'pyannote-segmentation-3.0',
      num_speakers: '3',
      powerset_max_classes: '2',
      num_classes: '7',
      sample_rate: '16000',
      window_size: '160000',
      receptive_field_size: '991',
      receptive_field_shift: '270',
    }),
  ),
);
const embedder = join(folder, 'embedding.onnx');
writeFileSync(embedder, withoutMasks(readFileSync(embedding)));
const diarizer = new sherpa.OfflineSpeakerDiarization({
  segmentation: { pyannote: { model: segmenter }, numThreads, debug: 0 },
  embedding: { model: embedder, numThreads, debug: 0 },
  clustering: { numClusters: -1, threshold: 0.5 },
  minDurationOn: 0,
  minDurationOff: 0,
});
const loaded = performance.now();
const cpuBefore = process.cpuUsage();
const { samples } = sherpa.readWave(recording);
const segments: { start: number; end: number; speaker: number }[] = diarizer.process(samples);
writePeerResult({
  started,
  loaded,
  cpuBefore,
  turns: segments.map(({ start, end, speaker }) => [start, end, String(speaker)]),
  versions: { 'sherpa-onnx-node': require('sherpa-onnx-node/package.json').version },
});

/** (fbank, weights) → embedding as fbank → embedding: a mask of ones in place of the input. */
function withoutMasks(bytes: Uint8Array): Uint8Array {
  const model = readModel(bytes);
  const { graph } = model;
  const [sound, weights] = graph.inputs;
  const numFrames = 589;
  const ones = new Uint8Array(new Float32Array(numFrames).fill(1).buffer);
  return writeModel(
    withMetadata(
      {
        ...model,
        graph: {
          ...graph,
          inputs: [sound],
          initializers: [...graph.initializers, makeTensor(weights.name, DATA_TYPE.float, [1, numFrames], ones)],
        },
      },
      {
        framework: 'wespeaker',
        language: 'English',
        sample_rate: '16000',
        output_dim: '256',
        normalize_samples: '0',
        feature_normalize_type: 'global-mean',
      },
    ),
  );
}
