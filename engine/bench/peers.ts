import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { diarizationErrorRate } from '../src/metrics/index.ts';
import type { Speed } from '../src/model/embed/loadEmbedding.ts';
import { openAudio } from '../src/node/decode/openAudio.ts';
import { describeMachine, machine } from './machine.ts';
import type { PeerResult } from './peerResult.ts';
import { median, short, table } from './table.ts';
import { wav16 } from './wav16.ts';

/**
 * diarist and the other diarizers that can be installed, on one recording, with the same networks and as many threads:
 *
 *   npm run bench:peers -- meeting.wav --segmentation FILE.onnx --embedding FILE.onnx --plda DIR
 *                         [--only diarist,pyannote,sherpa,speakrs,speakrs05] [--speeds exact,balanced,turbo] [--runs 3]
 *                         [--threads 2] [--seconds 60] [--peers DIR] [--json]
 *
 * The files are a PyanNet and a WeSpeaker ResNet34 from log-mel with masks, as ONNX: the peers get these same weights in
 * the form that each reads. Peers are installed with pip and npm into --peers, a folder outside the project (there they
 * stay, for the next time); one that cannot be installed or run is left out, with the reason. speakrs05, speakrs while it
 * ran on ONNX Runtime, is built there with cargo, and only where --only names it. Everyone gets the recording as a 16 kHz
 * mono WAV. A run is a process of its own; its time is from the file to the turns, networks loaded. Rounds are
 * interleaved - everyone once, then everyone again - so that a busy minute does not fall on one alone, and the ratio is
 * the median of the rounds' ratios.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    segmentation: { type: 'string' },
    embedding: { type: 'string' },
    plda: { type: 'string' },
    only: { type: 'string', default: 'diarist,pyannote,sherpa,speakrs' },
    speeds: { type: 'string', default: 'exact,balanced,turbo' },
    runs: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    seconds: { type: 'string' },
    peers: { type: 'string', default: join(tmpdir(), 'diarist-peers') },
    json: { type: 'boolean', default: false },
  },
});
const { segmentation, embedding, plda, threads } = values;
if (positionals.length !== 1) throw new RangeError('Which recording? npm run bench:peers -- FILE [options]');
if (segmentation === undefined || embedding === undefined || plda === undefined)
  throw new RangeError('Which networks? --segmentation FILE.onnx --embedding FILE.onnx --plda DIR');

interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
}

const here = import.meta.dirname;
const files = [segmentation, embedding, plda].map((path) => resolve(path));
const peersFolder = resolve(values.peers);
mkdirSync(peersFolder, { recursive: true });
const scratch = mkdtempSync(join(tmpdir(), 'diarist-bench-'));
try {
  const on = machine();
  const { path: recording, duration } = await asWav(positionals[0], scratch);
  const wanted = values.only.split(',');
  const contestants = wanted.flatMap((name) => prepare(name, recording));
  const results = race(contestants, Number(values.runs));
  report(results, duration, describeMachine(on).split('\n')[0]);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** 16 kHz mono PCM of the whole recording, or of its first seconds. */
async function asWav(path: string, folder: string): Promise<{ path: string; duration: number }> {
  const blocks: Float32Array[] = [];
  let left = values.seconds === undefined ? Number.POSITIVE_INFINITY : Math.round(Number(values.seconds) * 16000);
  for await (const block of (await openAudio(path)).blocks) {
    if (left <= 0) break;
    blocks.push(block.slice(0, left));
    left -= block.length;
  }
  const out = join(folder, 'recording.wav');
  writeFileSync(out, wav16(blocks));
  return { path: out, duration: blocks.reduce((sum, { length }) => sum + length, 0) / 16000 };
}

/** Installs a peer where it is not, and says how to run it; none when that does not work, with the reason on stderr. */
function prepare(name: string, recording: string): Contestant[] {
  const arguments_ = [recording, threads, ...files];
  if (name === 'diarist')
    return values.speeds.split(',').map((speed) => ({
      name: `diarist ${speed satisfies string as Speed}`,
      command: [process.execPath, join(here, 'peerDiarist.ts'), recording, threads, speed, ...files],
    }));
  try {
    if (name === 'sherpa') {
      const folder = join(peersFolder, 'sherpa');
      if (!existsSync(join(folder, 'node_modules', 'sherpa-onnx-node'))) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
        must('npm', ['install', '--silent', '--prefix', folder, 'sherpa-onnx-node@1.13.8']);
      }
      return [{ name, command: [process.execPath, join(here, 'peerSherpa.ts'), ...arguments_, folder] }];
    }
    if (name === 'pyannote') {
      const torch = ['torch==2.11.0', 'torchaudio==2.11.0'];
      const python = venv(name, ['pyannote.audio==4.0.7', ...torch, 'soundfile', 'onnx']);
      return [{ name, command: [python, join(here, 'peer_pyannote.py'), ...arguments_] }];
    }
    if (name === 'speakrs') {
      const python = venv(name, ['speakrs==0.7.0', 'numpy', 'safetensors', 'onnx']);
      const script = [join(here, 'peer_speakrs.py')];
      const models = join(scratch, 'speakrs-models');
      must(python, [...script, '-', threads, ...files, models]);
      return [{ name, command: [python, ...script, ...arguments_, models] }];
    }
    if (name === 'speakrs05') {
      const program = crate(join(here, 'peerSpeakrs05'), join(peersFolder, 'speakrs05-crate'));
      const models = join(scratch, 'speakrs05-models');
      must(venv(name, ['numpy', 'onnx']), [join(here, 'peerSpeakrs05', 'make_models.py'), ...files, models]);
      return [{ name, command: [program, recording, threads, models, onnxruntime()] }];
    }
  } catch (error) {
    console.error(`${name} is left out: ${error instanceof Error ? error.message : error}`);
    return [];
  }
  throw new RangeError(`Got the peer '${name}' when diarist, pyannote, sherpa, speakrs or speakrs05 was expected.`);
}

/** Builds a copy of the crate in `source` and gives the path of its program. */
function crate(source: string, folder: string): string {
  const target = join(folder, 'target');
  const program = join(target, 'release', 'peer-speakrs05');
  if (!existsSync(program)) {
    if (spawnSync('cargo', ['--version']).error) throw new Error('cargo, which builds it, is not installed.');
    cpSync(source, folder, { recursive: true });
    must('cargo', ['build', '--release', '--manifest-path', join(folder, 'Cargo.toml'), '--target-dir', target]);
  }
  return program;
}

/** The library that diarist runs on, so that both run on the same. */
function onnxruntime(): string {
  const package_ = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  return join(package_, '..', 'bin', 'napi-v6', process.platform, process.arch, 'libonnxruntime.so.1');
}

function venv(name: string, packages: readonly string[]): string {
  const folder = join(peersFolder, name);
  const python = join(folder, 'bin', 'python');
  const done = join(folder, 'installed.txt');
  if (!existsSync(done)) {
    must('python3', ['-m', 'venv', folder]);
    must(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
    writeFileSync(done, `${packages.join('\n')}\n`);
  }
  return python;
}

function must(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (error) throw error;
  if (status !== 0) {
    const lines = stderr.trim().split('\n');
    const reason = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1);
    throw new Error(`${basename(command)} ended with ${status}: ${reason}`);
  }
  return stdout;
}

interface Result {
  readonly name: string;
  readonly runs: PeerResult[];
}

function race(contestants: readonly Contestant[], rounds: number): Result[] {
  const results = contestants.map(({ name }): Result => ({ name, runs: [] }));
  const out = new Set<string>();
  for (let round = 0; round < rounds; round++)
    contestants.forEach(({ name, command: [program, ...args] }, i) => {
      if (out.has(name)) return;
      try {
        const result: PeerResult = JSON.parse(must(program, args).trim().split('\n').at(-1)!);
        results[i].runs.push(result);
        const { wall, cpu } = result;
        console.error(
          `round ${round + 1}: ${name} ${short(wall)} s, CPU ${short(cpu)} s, load ${loadavg()[0].toFixed(2)}`,
        );
      } catch (error) {
        out.add(name);
        console.error(`${name} is left out: ${error instanceof Error ? error.message : error}`);
      }
    });
  return results.filter(({ name }) => !out.has(name));
}

function report(results: readonly Result[], duration: number, on: string): void {
  const name = basename(positionals[0]);
  if (values.json) {
    console.log(JSON.stringify({ recording: name, duration, threads: Number(threads), machine: on, results }));
    return;
  }
  if (results.length === 0) throw new Error('Nobody could be run: the reasons are above.');
  const versions = Object.assign({}, ...results.map(({ runs }) => runs[0].versions)) as Record<string, string>;
  const [first] = results;
  const reference = results.find((result) => result.name === 'pyannote');
  const spread = (numbers: readonly number[], unit: string): string =>
    `${short(median(numbers))}${unit} (${short(Math.min(...numbers))} to ${short(Math.max(...numbers))})`;
  const peers = Object.entries(versions).map(([package_, version]) => `${package_} ${version}`);
  console.log(`${name}: ${duration.toFixed(1)} s, ${threads} threads, ${values.runs} interleaved rounds; ${on}`);
  console.log(`${peers.join(', ')}\n`);
  const seconds = ({ runs }: Result): string =>
    spread(
      runs.map(({ wall }) => wall),
      ' s',
    );
  /** How many times as long `slow` took as `fast`, round by round. */
  const ratios = (slow: Result | undefined, fast: Result, key: 'wall' | 'cpu'): string =>
    slow === undefined || slow === fast
      ? ''
      : spread(
          slow.runs.map((run, i) => run[key] / fast.runs[i][key]),
          '×',
        );
  console.log(
    table(
      [
        'median (spread)',
        'time',
        'CPU',
        'of real time',
        `${first.name} is faster by`,
        'the same, CPU',
        'faster than pyannote by',
        'peak memory',
        'unlike pyannote',
      ],
      results.map((result) => [
        result.name,
        seconds(result),
        `${short(median(result.runs.map(({ cpu }) => cpu)))} s`,
        `${short(duration / median(result.runs.map(({ wall }) => wall)))}×`,
        ratios(result, first, 'wall'),
        ratios(result, first, 'cpu'),
        ratios(reference, result, 'wall'),
        `${Math.max(...result.runs.map(({ peakMib }) => peakMib))} MiB`,
        reference === undefined ? '' : `${(100 * difference(reference.runs[0], result.runs[0])).toFixed(2)} %`,
      ]),
    ),
  );
  console.log('\n"unlike pyannote" is the diarization error rate against its turns, no collar, overlap scored.');
}

function difference(a: PeerResult, b: PeerResult): number {
  const annotation = ({ turns }: PeerResult) => ({
    turns: turns.map(([start, end, speaker]) => ({ start, end, speaker })),
  });
  const { total, confusion, falseAlarm, missedDetection } = diarizationErrorRate(annotation(a), annotation(b));
  return (confusion + falseAlarm + missedDetection) / total;
}
