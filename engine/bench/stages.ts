import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { fbank, numFbankFrames } from '../src/audio/fbank.ts';
import type { AudioSource } from '../src/core/audio.ts';
import type { Diarization } from '../src/core/diarization.ts';
import { assemble } from '../src/diarize/assemble.ts';
import { diarize } from '../src/diarize/diarize.ts';
import type { DiarizeEvent } from '../src/diarize/options.ts';
import type { Speed } from '../src/model/embed/loadEmbedding.ts';
import type { Pipeline } from '../src/model/parameters.ts';
import { openAudio } from '../src/node/decode/openAudio.ts';
import { filesOf } from '../src/node/diarizer.ts';
import { resolveModels } from '../src/node/models/resolve.ts';
import { createRuntime } from '../src/node/runtime/device.ts';
import type { Device } from '../src/node/runtime/devices.ts';
import { type CountingRuntime, countingRuntime, type Work } from './counts.ts';
import { describeMachine, type Machine, machine } from './machine.ts';
import { median, short, table } from './table.ts';

/**
 * Where the time and the memory go on one recording, stage by stage:
 *
 *   npm run bench -- meeting.mp3 [--model NAME] [--speed exact|balanced|turbo] [--threads N] [--runs N] [--json]
 *                   [--curve]   memory along the recording, twelve times
 *                   [--segmentation FILE --embedding FILE --plda DIR --pipeline community-1|3.1 --set name=value]
 *
 * Stages overlap: while one thread embeds another segments and the main thread decodes. So a stage's time is the work
 * that it is, not what it adds to the whole: decoding and log-mel are run once more by themselves, the networks are the
 * seconds that inference threads spent in them, clustering and reconstruction hold up everything else anyway. With N
 * threads their sum may be up to N times the whole.
 */
interface Stage {
  readonly stage: string;
  readonly seconds: number;
  /** Highest resident memory of the process until this stage ended, in MiB. */
  readonly peakMib?: number;
}

interface Run {
  readonly stages: readonly Stage[];
  readonly wall: number;
  readonly cpu: number;
  readonly work: Work;
  readonly result: Diarization;
  readonly curve: readonly Moment[];
}

/** Resident memory when so many seconds of the recording had been segmented, and how long that took. */
interface Moment {
  readonly done: number;
  readonly seconds: number;
  readonly mib: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string' },
    segmentation: { type: 'string' },
    embedding: { type: 'string' },
    plda: { type: 'string' },
    pipeline: { type: 'string' },
    set: { type: 'string', multiple: true },
    speed: { type: 'string', default: 'exact' },
    device: { type: 'string', default: 'cpu' },
    threads: { type: 'string', default: String(availableParallelism()) },
    runs: { type: 'string', default: '1' },
    'accept-licence': { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    curve: { type: 'boolean', default: false },
  },
});
if (positionals.length !== 1) throw new RangeError('Which recording? npm run bench -- FILE [options]');
const [file] = positionals;
const threads = Number(values.threads);

const on = machine();
const started = performance.now();
const model = await resolveModels({
  model: values.model,
  segmentation: values.segmentation,
  embedding: values.embedding,
  plda: values.plda,
  pipeline: values.pipeline as Pipeline | undefined,
  set: values.set,
  acceptLicences: values['accept-licence'],
});
const runtime = countingRuntime(await createRuntime({ device: values.device as Device, threads }));
try {
  const { models, defaults } = await assemble(model, runtime, filesOf(model), { speed: values.speed as Speed });
  const load: Stage = { stage: 'load the models', seconds: since(started), peakMib: peakMib() };
  const alone = await listenAlone(file);

  const runs: Run[] = [];
  for (let i = 0; i < Number(values.runs); i++) {
    runtime.reset();
    runs.push(await runOnce(runtime, (observe) => runFile(observe)));
  }
  async function runFile(observe: (event: DiarizeEvent) => void): Promise<Diarization> {
    return diarize(await openAudio(file), models, { ...defaults, observe });
  }
  report(on, load, alone, runs);
} finally {
  await runtime.close();
}

interface Alone {
  readonly stages: readonly Stage[];
  readonly duration: number;
  readonly source: AudioSource;
  readonly fbankFrames: number;
}

/** Decoding by itself, then once more with the log-mel of each minute, of which only the log-mel is timed. */
async function listenAlone(path: string): Promise<Alone> {
  const from = performance.now();
  const audio = await openAudio(path);
  let numSamples = 0;
  for await (const block of audio.blocks) numSamples += block.length;
  const decode: Stage = { stage: 'decode', seconds: since(from), peakMib: peakMib() };

  const minute = new Float32Array(60 * 16000);
  let held = 0;
  let milliseconds = 0;
  const flush = (): void => {
    const before = performance.now();
    fbank(minute.subarray(0, held));
    milliseconds += performance.now() - before;
    held = 0;
  };
  for await (const block of (await openAudio(path)).blocks)
    for (let at = 0; at < block.length; ) {
      const part = block.subarray(at, at + minute.length - held);
      minute.set(part, held);
      held += part.length;
      at += part.length;
      if (held === minute.length) flush();
    }
  flush();
  return {
    stages: [decode, { stage: 'fbank', seconds: milliseconds / 1000, peakMib: peakMib() }],
    duration: numSamples / 16000,
    source: audio.source,
    fbankFrames: numFbankFrames(numSamples),
  };
}

async function runOnce(
  counting: CountingRuntime,
  work: (observe: (event: DiarizeEvent) => void) => Promise<Diarization>,
): Promise<Run> {
  const from = performance.now();
  const cpuBefore = process.cpuUsage();
  const marks: { listened?: number; clustered?: number; listenPeak?: number; clusterPeak?: number } = {};
  const curve: Moment[] = [];
  const result = await work((event) => {
    if (event.type === 'progress' && event.stage === 'segmentation')
      curve.push({ done: event.done, seconds: since(from), mib: Math.round(process.memoryUsage.rss() / 2 ** 20) });
    if (event.type === 'progress' && event.stage === 'clustering') {
      marks.listened = performance.now();
      marks.listenPeak = peakMib();
    } else if (event.type === 'clusters') {
      marks.clustered = performance.now();
      marks.clusterPeak = peakMib();
    }
  });
  const ended = performance.now();
  const { user, system } = process.cpuUsage(cpuBefore);
  const { seconds } = counting.work;
  const { listened = ended, clustered = listened, listenPeak = peakMib(), clusterPeak = listenPeak } = marks;
  return {
    stages: [
      { stage: 'segmentation', seconds: seconds.segmentation, peakMib: listenPeak },
      { stage: 'embedding', seconds: seconds.trunk + seconds.head + seconds.embedding, peakMib: listenPeak },
      { stage: 'clustering', seconds: (clustered - listened) / 1000, peakMib: clusterPeak },
      { stage: 'reconstruction', seconds: (ended - clustered) / 1000, peakMib: peakMib() },
    ],
    wall: (ended - from) / 1000,
    cpu: (user + system) / 1e6,
    work: counting.work,
    result,
    curve,
  };
}

function report(on: Machine, load: Stage, alone: Alone, runs: readonly Run[]): void {
  const { duration, source } = alone;
  const stages = runs[0].stages.map(({ stage, peakMib }, i): Stage => {
    const seconds = median(runs.map((run) => run.stages[i].seconds));
    return { stage, seconds, peakMib };
  });
  const whole = { wall: median(runs.map(({ wall }) => wall)), cpu: median(runs.map(({ cpu }) => cpu)) };
  const { work, result } = runs[0];
  const { name, version } = model.manifest;
  const settings = `${name} ${version}, ${model.pipeline}, speed ${values.speed}, ${values.device}, ${threads} threads`;
  const counts = {
    windows: work.windows,
    segmentationRuns: work.runs.segmentation,
    trunkRuns: work.runs.trunk + work.runs.embedding,
    trunkFrames: work.trunkFrames,
    voices: work.voices,
    fbankFrames: alone.fbankFrames,
  };
  if (values.json) {
    const parts = { load, stages: [...alone.stages, ...stages], whole: { ...whole, peakMib: peakMib() }, counts };
    const runsOf = runs.map(({ wall, cpu }) => ({ wall, cpu }));
    console.log(
      JSON.stringify({ file: basename(file), duration, source, settings, machine: on, ...parts, runs: runsOf }),
    );
    return;
  }
  const row = ({ stage, seconds, peakMib: peak }: Stage): string[] => [
    stage,
    `${short(seconds)} s`,
    seconds > 0 ? `${short(duration / seconds)}×` : '',
    peak === undefined ? '' : `${peak} MiB`,
  ];
  console.log(`${basename(file)}: ${duration.toFixed(1)} s, ${source.codec} through ${source.decoder}; ${settings}`);
  console.log(`${describeMachine(on)}\n`);
  console.log(
    table(
      ['stage', 'time', 'of real time', 'peak until then'],
      [
        row({ ...load }),
        ...[...alone.stages, ...stages].map(row),
        row({ stage: 'the whole', seconds: whole.wall, peakMib: peakMib() }),
        row({ stage: 'the whole, CPU time', seconds: whole.cpu }),
      ],
    ),
  );
  console.log(
    `\n${counts.windows} windows segmented in ${counts.segmentationRuns} runs; ${counts.trunkFrames} log-mel frames in ${counts.trunkRuns} ` +
      `runs of the trunk (the recording has ${counts.fbankFrames}); ${counts.voices} voices embedded; ` +
      `${result.speakers.length} speakers, ${result.turns.length} turns.`,
  );
  if (values.curve) console.log(`\n${curveOf(runs[0].curve, duration)}`);
  if (runs.length > 1) {
    const walls = runs.map(({ wall }) => wall);
    console.log(`${runs.length} runs: ${short(Math.min(...walls))} to ${short(Math.max(...walls))} s.`);
  }
}

/** The moments nearest to each twelfth of the recording. */
function curveOf(curve: readonly Moment[], duration: number): string {
  const rows = Array.from({ length: 12 }, (_, i) => {
    const wanted = (duration * (i + 1)) / 12;
    const moment = curve.reduce((best, other) =>
      Math.abs(other.done - wanted) < Math.abs(best.done - wanted) ? other : best,
    );
    return [`${short(moment.done / 3600)} h`, `${short(moment.seconds)} s`, `${moment.mib} MiB`];
  });
  return table(['segmented', 'after', 'resident memory'], rows);
}

function since(from: number): number {
  return (performance.now() - from) / 1000;
}

function peakMib(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
