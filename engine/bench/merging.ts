import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { assemble, clusteringOf, loadPlda } from '../src/diarize/assemble.ts';
import { diarizeSpeech } from '../src/diarize/diarize.ts';
import { localSpeech } from '../src/diarize/localSpeech.ts';
import { mergeTree } from '../src/diarize/mergeTree.ts';
import { diarizationErrorRate } from '../src/metrics/der.ts';
import type { Pipeline } from '../src/model/parameters.ts';
import { openAudio } from '../src/node/decode/openAudio.ts';
import { filesOf } from '../src/node/diarizer.ts';
import { resolveModels } from '../src/node/models/resolve.ts';
import { createRuntime } from '../src/node/runtime/device.ts';
import { describeMachine, machine } from './machine.ts';
import { short, table } from './table.ts';

/**
 * What merging neighbours early (mergeTree, beyond 6,000 embeddings) changes on real embeddings:
 *
 *   node engine/bench/merging.ts FILE… [--model embedded] [--pipeline 3.1]
 *
 * The networks run once; then the rest of the pipeline, first with all distances, as pyannote does, then as if the limit
 * were lower. DER of each against the first, no collar. Long files take long: 6,000 embeddings are about an hour.
 */
const LIMITS = [3000, 1500, 750];

const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: { model: { type: 'string' }, pipeline: { type: 'string' } },
});
if (files.length === 0) throw new RangeError('Which recordings? node engine/bench/merging.ts FILE…');
console.log(`${describeMachine(machine())}\n`);

const resolved = await resolveModels({ model: values.model, pipeline: values.pipeline as Pipeline | undefined });
const runtime = await createRuntime({ device: 'cpu', threads: availableParallelism() });
try {
  const { models, defaults } = await assemble(resolved, runtime, filesOf(resolved));
  const plda = resolved.pipeline === '3.1' ? undefined : await loadPlda(resolved, filesOf(resolved));
  const rows: string[][] = [];
  for (const file of files) {
    const speech = await localSpeech(await openAudio(file), models, defaults);
    const run = (maxExact: number) => {
      const merge: typeof mergeTree = (points, count, dim, method, options) =>
        mergeTree(points, count, dim, method, { ...options, maxExact });
      const clustering = clusteringOf(resolved, plda, merge);
      const started = performance.now();
      const { turns, speakers } = diarizeSpeech(speech, { ...models, clustering }, defaults);
      return { turns, count: speakers.length, seconds: (performance.now() - started) / 1000 };
    };
    const exact = run(Number.POSITIVE_INFINITY);
    const { numRows } = speech.embeddings;
    rows.push([basename(file), String(numRows), 'all', String(exact.count), `${short(exact.seconds)} s`, '']);
    for (const limit of LIMITS.filter((limit) => limit < numRows)) {
      const early = run(limit);
      const { der } = diarizationErrorRate({ turns: exact.turns }, { turns: early.turns });
      const unlike = `${(100 * der).toFixed(2)} %`;
      rows.push(['', '', String(limit), String(early.count), `${short(early.seconds)} s`, unlike]);
    }
  }
  console.log(table(['recording', 'embeddings', 'limit', 'speakers', 'clustering and after', 'unlike exact'], rows));
} finally {
  await runtime.close();
}
