import type { Speed } from '../src/model/embed/loadEmbedding.ts';
import { createDiarizer } from '../src/node/diarizer.ts';
import { machine } from './machine.ts';
import { writePeerResult } from './peerResult.ts';

/**
 * One run of diarist, started by bench/peers.ts: prints one line of JSON.
 *
 *   node peerDiarist.ts RECORDING THREADS SPEED [SEGMENTATION.onnx EMBEDDING.onnx PLDA_DIR]     (else: embedded)
 */
const [recording, threads, speed, segmentation, embedding, plda] = process.argv.slice(2);
const started = performance.now();
const diarizer = await createDiarizer({
  device: 'cpu',
  threads: Number(threads),
  speed: speed as Speed,
  ...(segmentation === undefined ? {} : { segmentation, embedding, plda, pipeline: 'community-1' }),
});
const loaded = performance.now();
const cpuBefore = process.cpuUsage();
const { turns } = await diarizer.diarize(recording);
writePeerResult({
  started,
  loaded,
  cpuBefore,
  turns: turns.map(({ start, end, speaker }) => [start, end, speaker]),
  versions: machine().versions,
});
await diarizer.close();
