import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { isSoundName } from '../audio/soundNames.ts';
import type { Diarization } from '../core/diarization.ts';
import { AudioError, FormatError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import type { Timeline } from '../core/timeline.ts';
import type { Turn } from '../core/turn.ts';
import { blankless } from '../formats/turns.ts';
import type { Diarizer } from '../node/diarizer.ts';
import { digest } from '../node/models/hashes.ts';
import { readText } from '../node/readText.ts';
import { fileHash } from '../node/tune/listen.ts';
import { writeWhole } from '../node/writeWhole.ts';
import {
  type BenchmarkContext,
  type BenchmarkedFile,
  benchmarkJson,
  benchmarkMarkdown,
  benchmarkReport,
} from '../toolkit/benchmark/benchmark.ts';
import { BENCHMARK_DATASETS, type BenchmarkDataset } from '../toolkit/benchmark/datasets.ts';
import { coloursFor } from './colours.ts';
import {
  addModelOptions,
  addSpeakerOptions,
  diarizerOptions,
  type ModelFlags,
  type RecordingFlags,
  recordingOptions,
} from './diarizeFlags.ts';
import { describeError, SomeFailed } from './errors.ts';
import { interruptSignal } from './interrupts.ts';
import { collect, seconds } from './optionReaders.ts';
import { checkPlace, refuseInput, refuseSamePlace } from './outputs.ts';
import { createProgress } from './progress.ts';
import { type Recording, readRecordings, readUems, uemOf } from './recordings.ts';

/** `diarist bench-der`: a data set of the field from end to end, one recording after the other, beside published figures. */
interface BenchFlags extends ModelFlags, RecordingFlags {
  readonly dataset: string;
  readonly audio: string;
  readonly rttm?: string;
  readonly uem?: readonly string[];
  readonly list?: string;
  readonly collar?: number;
  readonly skipOverlap: boolean;
  readonly resume?: string;
  readonly json?: string | true;
  readonly markdown?: string | true;
  readonly quiet?: boolean;
}

const IDS = BENCHMARK_DATASETS.map(({ id }) => id);

export function benchDerCommand(): Command {
  const command = new Command('bench-der')
    .description('Measure the diarization error rate and the speed on a data set of the field, or on any folder')
    .addOption(
      new Option('--dataset <name>', 'which (default: folder)').choices(IDS).default('folder').argParser(datasetId),
    )
    .addOption(new Option('--audio <folder>', 'the recordings, below it too').makeOptionMandatory())
    .option('--rttm <path>', 'references: a folder or a file (default: beside the recordings)')
    .option('--uem <path>', 'score only these parts: a UEM file or a folder of them (repeatable)', collect)
    .option('--list <file>', "recordings to score, a name a line (default: the data set's, or all with a reference)")
    .option('--collar <seconds>', "around boundaries, half on each side (default: the data set's)", seconds)
    .option('--skip-overlap', 'leave out where reference turns overlap', false)
    .option('--resume <file>', 'keep each result there, and go on with those that are there')
    .option('--json [file]', 'everything as JSON, - or nothing for standard output')
    .option('--markdown [file]', 'tables as Markdown (the default, on standard output)')
    .option('-q, --quiet', 'no progress on standard error');
  addModelOptions(addSpeakerOptions(command));
  return command
    .addHelpText(
      'after',
      '\nExamples:\n  diarist bench-der --dataset voxconverse-test --audio voxconverse/wav --rttm voxconverse/rttm \\\n' +
        '      --model community-1 --resume run.jsonl --json result.json\n  diarist bench-der --audio meetings/',
    )
    .action(benchDer);
}

export async function benchDer(flags: BenchFlags): Promise<void> {
  const dataset = BENCHMARK_DATASETS.find(({ id }) => id === flags.dataset)!;
  const options = recordingOptions(flags);
  const tell = (line: string) => flags.quiet || process.stderr.write(`${line}\n`);
  const reports = [flags.json, flags.markdown].map((file) => (file === true ? '-' : file));
  for (const file of [...reports, flags.resume]) checkPlace(file ?? '-');
  refuseSamePlace([...reports, flags.resume]);
  const { jobs, missing, files: read } = await plan(flags, dataset);
  refuseInput(reports, read);
  if (missing.length > 0) tell(`${missing.length} missing, not scored: ${missing.join(', ')}`);
  const whole = jobs.filter(({ uem }) => flags.uem && uem === undefined).map(({ uri }) => uri);
  if (whole.length > 0) tell(`${whole.length} not in the UEM, scored whole: ${whole.join(', ')}`);
  const signal = interruptSignal();
  const { createDiarizer } = await import('../node/diarizer.ts');
  const diarizer = await createDiarizer({ ...(await diarizerOptions(flags)), signal });
  try {
    const results = await openResults(flags.resume, await settingsOf(diarizer, flags));
    const kind = flags.quiet ? 'none' : process.stderr.isTTY ? 'bar' : 'lines';
    const progress = createProgress({ kind, numRecordings: jobs.length, colours: coloursFor(process.stderr) });
    const files: BenchmarkedFile[] = [];
    const failed: string[] = [];
    try {
      for (const job of jobs) {
        signal.throwIfAborted();
        const audio = flags.resume === undefined ? '' : await fileHash(job.audio);
        let result = results.find(job.uri, audio);
        if (result === undefined) {
          const track = progress.begin(job.uri);
          const began = performance.now();
          let found: Diarization;
          try {
            found = await diarizer.diarize(job.audio, { ...options, signal, observe: track.observe });
          } catch (error) {
            signal.throwIfAborted();
            if (jobs.length === 1 || !(error instanceof AudioError)) throw error;
            track.end(undefined);
            progress.clear();
            process.stderr.write(`diarist: ${describeError(error, job.audio)}\n`);
            failed.push(job.uri);
            continue;
          }
          const { turns, duration, warnings } = found;
          const elapsed = (performance.now() - began) / 1000;
          result = { uri: job.uri, audio, duration, elapsed, turns };
          results.append(result);
          track.end(`${(duration / elapsed).toFixed(1)} × real time`);
          progress.clear();
          for (const warning of warnings) tell(`${job.uri}: warning: ${warning}`);
        }
        files.push({ ...result, ...job });
      }
    } finally {
      progress.clear();
      if (signal.aborted && flags.resume)
        tell(`diarist: ${flags.resume} holds what was done; the same command goes on.`);
    }
    if (files.length > 0)
      await writeReport(files, flags, {
        dataset,
        collar: flags.collar ?? dataset.collar,
        skipOverlap: flags.skipOverlap,
        model: modelName(diarizer, flags),
        machine: `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} threads, ${diarizer.device}`,
        missing: [...missing, ...failed.map((uri) => `${uri} (readable sound)`)],
      });
    if (failed.length > 0) throw new SomeFailed(failed, jobs.length);
  } finally {
    await diarizer.close();
  }
}

async function writeReport(files: readonly BenchmarkedFile[], flags: BenchFlags, context: BenchmarkContext) {
  const report = benchmarkReport(files, context);
  if (flags.json !== undefined) await writeWhole(flags.json === true ? '-' : flags.json, benchmarkJson(report));
  if (flags.markdown !== undefined || flags.json === undefined)
    await writeWhole(typeof flags.markdown === 'string' ? flags.markdown : '-', benchmarkMarkdown(report));
}

interface Job extends Pick<BenchmarkedFile, 'uri' | 'reference' | 'uem'> {
  readonly audio: string;
}

interface Plan {
  readonly jobs: readonly Job[];
  readonly missing: readonly string[];
  /** What was read for it, the recordings aside. */
  readonly files: readonly string[];
}

/** Which recordings, with what. Those of the list that have no sound or no reference are named. */
async function plan(flags: BenchFlags, dataset: BenchmarkDataset): Promise<Plan> {
  const sounds = soundsOf(flags.audio, dataset.audioSuffixes ?? []);
  const references = new Map<string, Recording>();
  if (flags.rttm === undefined && !hasFiles(flags.audio, /\.rttm$/i))
    throw new FormatError('has no RTTM files: name the references with --rttm', { file: flags.audio });
  for (const one of await readRecordings(flags.rttm ?? flags.audio)) {
    for (const name of [one.uri, one.stem]) if (name !== undefined && !references.has(name)) references.set(name, one);
  }
  const uems = flags.uem ? await readUems(flags.uem) : await besides(flags);
  const names = flags.list
    ? await namesIn(flags.list, sounds)
    : (dataset.names ?? [...sounds.keys()].filter((n) => references.has(n) || references.has(blankless(n))));
  const jobs: Job[] = [];
  const missing: string[] = [];
  for (const uri of names) {
    const [audio, reference] = [sounds.get(uri), references.get(uri) ?? references.get(blankless(uri))];
    if (audio === undefined || reference === undefined) {
      const what = audio === undefined ? (reference === undefined ? 'sound and reference' : 'sound') : 'reference';
      missing.push(`${uri} (${what})`);
    } else {
      const uem = uems && uemOf({ uri }, uems);
      jobs.push({ uri, audio, reference: reference.annotation, ...(uem ? { uem } : {}) });
    }
  }
  if (jobs.length === 0)
    throw new AudioError(
      'audio_not_found',
      `${flags.audio} has no recordings of ${dataset.name} with a reference in ${flags.rttm ?? 'it'}` +
        `${missing.length > 0 ? `: without ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ' …' : ''}` : ''}.`,
    );
  const files = [...references.values()].map(({ file }) => file);
  return { jobs, missing, files: [...files, ...(flags.uem ?? []), flags.list].filter((file) => file !== undefined) };
}

/** UEM files beside the recordings, where no path is given and there are any. */
async function besides({ audio }: BenchFlags): Promise<ReadonlyMap<string, Timeline> | undefined> {
  return hasFiles(audio, /\.uem$/i) ? readUems([audio]) : undefined;
}

function hasFiles(folder: string, name: RegExp): boolean {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((file) => name.test(file));
}

/** By the recording's name: `EN2002a.Mix-Headset.wav` is EN2002a where the data set has that ending, `abjxc.wav` abjxc. */
function soundsOf(folder: string, suffixes: readonly string[]): ReadonlyMap<string, string> {
  let files: string[];
  try {
    files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  } catch (error) {
    throw new AudioError('audio_not_found', `There is no folder ${folder} of recordings.`, { cause: error });
  }
  const sounds = new Map<string, string>();
  for (const suffix of [...suffixes, '']) {
    for (const file of files.filter(isSoundName)) {
      const stem = basename(file)
        .replace(/\.[^.]*$/, '')
        .normalize();
      if (!stem.endsWith(suffix)) continue;
      const uri = stem.slice(0, stem.length - suffix.length);
      if (!sounds.has(uri)) sounds.set(uri, join(folder, file));
    }
  }
  return sounds;
}

/** The first field of each line; all of the line where it is a recording's name with blanks. */
async function namesIn(file: string, sounds: ReadonlyMap<string, string>): Promise<string[]> {
  const lines = (await readText(file)).split(/\r\n|\r|\n/).map((line) =>
    line
      .replace(/^\uFEFF/, '')
      .trim()
      .normalize(),
  );
  const names = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => (sounds.has(line) ? line : line.split(/\s+/)[0]));
  if (names.length === 0) throw new FormatError('names no recordings: expected a name a line', { file });
  return [...new Set(names)];
}

/** One recording's result as it is kept: turns, so that another collar needs no other run. */
interface Result {
  readonly uri: string;
  /** What the recording hashes to. */
  readonly audio: string;
  readonly duration: number;
  readonly elapsed: number;
  readonly turns: readonly Turn[];
}

interface Results {
  readonly find: (uri: string, audio: string) => Result | undefined;
  readonly append: (result: Result) => void;
}

/** A line a recording, after one that says of what run. A last line that is torn off is left out. */
async function openResults(file: string | undefined, settings: object): Promise<Results> {
  if (file === undefined) return { find: () => undefined, append: () => {} };
  const head = JSON.stringify({ format: 'diarist bench-der 1', ...settings });
  const kept: Result[] = [];
  if (existsSync(file)) {
    const [first, ...lines] = (await readText(file)).split('\n');
    if (first !== head)
      throw new FormatError('is of another run: other models, parameters or options. Name another file, or delete it', {
        file,
      });
    for (const line of lines) {
      const result = parseResult(line);
      if (result === undefined) break;
      kept.push(result);
    }
  }
  await writeWhole(file, `${[head, ...kept.map((result) => JSON.stringify(result))].join('\n')}\n`);
  return {
    find: (uri, audio) => kept.find((result) => result.uri === uri && result.audio === audio),
    append: (result) => appendFileSync(file, `${JSON.stringify(result)}\n`),
  };
}

function parseResult(line: string): Result | undefined {
  try {
    const result = JSON.parse(line) as Result;
    return Array.isArray(result.turns) ? result : undefined;
  } catch {
    return undefined;
  }
}

/** What the turns depend on, the recordings aside. */
async function settingsOf({ model }: Diarizer, flags: BenchFlags): Promise<object> {
  const hashes: string[] = [];
  for (const file of Object.values(model.files).sort()) hashes.push(await fileHash(file));
  return {
    model: model.manifest.name,
    files: digest(hashes.join(' ')),
    pipeline: model.pipeline,
    parameters: model.parameters,
    speed: flags.fast ? 'turbo' : (flags.speed ?? 'exact'),
    ...recordingOptions(flags),
  };
}

function modelName({ model }: Diarizer, flags: BenchFlags): string {
  const speed = flags.fast ? 'turbo' : flags.speed;
  return `${model.manifest.name} ${model.manifest.version}${speed === undefined ? '' : `, ${speed}`}`;
}

function datasetId(value: string): string {
  if (IDS.includes(value)) return value;
  throw new InvalidArgumentError(`Expected one of ${IDS.join(', ')}.${didYouMean(value, IDS)}`);
}
