import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Annotation } from '../src/core/annotation.ts';
import { clusteringOf, loadPlda } from '../src/diarize/assemble.ts';
import { diarizeSpeech } from '../src/diarize/diarize.ts';
import type { LocalSpeech } from '../src/diarize/localSpeech.ts';
import { type MergeTree, mergeTree } from '../src/diarize/mergeTree.ts';
import { parseRttm, writeRttm } from '../src/formats/rttm.ts';
import { diarizationErrorRate } from '../src/metrics/index.ts';
import { type ParameterName, type Parameters, parseSettings, turnOptionsOf } from '../src/model/parameters.ts';
import { filesOf } from '../src/node/diarizer.ts';
import { resolveModels } from '../src/node/models/resolve.ts';
import { readText } from '../src/node/readText.ts';
import { createListener } from '../src/node/tune/listen.ts';
import { writeWhole } from '../src/node/writeWhole.ts';

/**
 * The error of every combination of a few parameters on folders of simulated meetings (bench:meetings), by condition:
 *
 *   node engine/bench/sweep.ts DIR [DIR …] --model NAME --cache DIR --grid clustering.threshold=0.65,0.7,0.75 [--grid …]
 *
 * The networks listen once to each recording, and once more for each value of what they hear by (`segmentation_step`, say). What `diarist tune` searches at random for one's own recordings is here
 * written out as a table, so that thresholds of a model we ship can be chosen where every condition is good. The condition
 * is the part of a recording's name before the first hyphen; the last columns are the mean of the conditions.
 * `--hypotheses OUT` keeps the turns of the last combination.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'embedded' },
    pipeline: { type: 'string' },
    cache: { type: 'string' },
    grid: { type: 'string', multiple: true, default: [] },
    best: { type: 'string', default: '20' },
    hypotheses: { type: 'string' },
  },
});
if (positionals.length === 0) throw new RangeError('Which folders? node engine/bench/sweep.ts DIR [DIR …]');

const model = await resolveModels({
  model: values.model,
  ...(values.pipeline === undefined ? {} : { pipeline: values.pipeline as '3.1' }),
});
interface Recording {
  readonly uri: string;
  readonly condition: string;
  readonly reference: Annotation;
  readonly speakers: number;
  readonly speech: LocalSpeech;
  readonly trees: Map<string, MergeTree>;
}

/** The errors of one condition, and how many recordings have their number of speakers right. */
interface Sum {
  error: number;
  total: number;
  right: number;
  off: number;
  count: number;
}

interface Line {
  readonly point: Partial<Parameters>;
  readonly each: readonly Sum[];
  readonly error: number;
  readonly right: number;
  readonly off: number;
}

/** What the networks hear by: another value, and they must listen anew. */
const HEARD_BY: readonly ParameterName[] = [
  'segmentation_step',
  'embedding_exclude_overlap',
  'embedding_regroup_turns',
];
const heard = new Map<string, Promise<readonly Recording[]>>();

function recordingsBy(parameters: Parameters): Promise<readonly Recording[]> {
  const key = HEARD_BY.map((name) => parameters[name]).join();
  if (!heard.has(key)) heard.set(key, listen(parameters));
  return heard.get(key)!;
}

async function listen(parameters: Parameters): Promise<readonly Recording[]> {
  const listener = await createListener(
    { ...model, parameters },
    { threads: availableParallelism(), cache: values.cache },
  );
  const recordings: Recording[] = [];
  for (const folder of positionals)
    for (const file of readdirSync(folder).sort()) {
      if (!/\.(wav|flac)$/.test(file)) continue;
      const stem = join(folder, file.replace(/\.[^.]+$/, ''));
      const [reference] = parseRttm(await readText(`${stem}.rttm`), { file: `${stem}.rttm` });
      const { speech } = await listener.hear(join(folder, file), 0);
      const condition = basename(stem).split('-')[0];
      const speakers = new Set(reference.turns.map(({ speaker }) => speaker)).size;
      recordings.push({ uri: basename(stem), condition, reference, speakers, speech, trees: new Map() });
    }
  await listener.close();
  return recordings;
}

const plda = model.pipeline === 'community-1' ? await loadPlda(model, filesOf(model)) : undefined;

/** All combinations, the last name's values changing fastest. */
let points: Partial<Parameters>[] = [{}];
for (const entry of values.grid) {
  const [name, list = ''] = entry.split('=');
  points = points.flatMap((point) =>
    list.split(',').map((value) => ({ ...point, ...parseSettings(model.pipeline, [`${name}=${value}`]) })),
  );
}

let conditions: string[] = [];
let hypotheses: Annotation[] = [];
const lines: Line[] = [];
for (const point of points) {
  hypotheses = [];
  const parameters: Parameters = { ...model.parameters, ...point };
  const recordings = await recordingsBy(parameters);
  conditions = [...new Set(recordings.map(({ condition }) => condition))];
  const sums = new Map(
    conditions.map((name): [string, Sum] => [name, { error: 0, total: 0, right: 0, off: 0, count: 0 }]),
  );
  for (const { uri, condition, reference, speakers, speech, trees } of recordings) {
    const merge: typeof mergeTree = (vectors, count, dimension, method, options) => {
      const kept = trees.get(method);
      if (kept !== undefined) return kept;
      const tree = mergeTree(vectors, count, dimension, method, options);
      if (tree.leafOf === undefined) trees.set(method, tree);
      return tree;
    };
    const { turns } = diarizeSpeech(
      speech,
      {
        clustering: clusteringOf({ pipeline: model.pipeline, parameters }, plda, merge),
        label: { name: '', version: '', licence: '' },
      },
      turnOptionsOf(parameters),
    );
    hypotheses.push({ uri, turns });
    const found = new Set(turns.map(({ speaker }) => speaker)).size;
    const { total, confusion, falseAlarm, missedDetection } = diarizationErrorRate(reference, { turns });
    const sum = sums.get(condition)!;
    sum.error += confusion + falseAlarm + missedDetection;
    sum.total += total;
    sum.right += Number(found === speakers);
    sum.off += Math.abs(found - speakers);
    sum.count++;
  }
  const each = [...sums.values()];
  const mean = (of: (sum: Sum) => number): number => each.reduce((all, sum) => all + of(sum), 0) / each.length;
  lines.push({
    point,
    each,
    error: mean(({ error, total }) => (100 * error) / total),
    right: mean(({ right, count }) => (100 * right) / count),
    off: mean(({ off, count }) => off / count),
  });
}

if (values.hypotheses) await writeWhole(values.hypotheses, writeRttm(hypotheses));

const names = Object.keys(points[0]) as ParameterName[];
console.log(
  `| ${[...names, ...conditions.map((name) => `${name}: DER, right`), 'DER', 'right', 'off by'].join(' | ')} |`,
);
console.log(`|${'---|'.repeat(names.length + conditions.length + 3)}`);
for (const { point, each, error, right, off } of lines
  .sort((a, b) => a.error - b.error)
  .slice(0, Number(values.best))) {
  const cells = each.map((sum) => `${((100 * sum.error) / sum.total).toFixed(1)}, ${sum.right} of ${sum.count}`);
  const own = names.map((name) => String(point[name]));
  console.log(`| ${[...own, ...cells, error.toFixed(2), `${right.toFixed(0)} %`, off.toFixed(2)].join(' | ')} |`);
}
