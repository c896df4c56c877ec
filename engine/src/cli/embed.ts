import { join } from 'node:path';
import { Command, Option } from 'commander';
import { windowAt } from '../core/window.ts';
import { blankless } from '../formats/turns.ts';
import { writeNpy } from '../model/npy.ts';
import type { Heard } from '../node/toolkit.ts';
import { writeWhole } from '../node/writeWhole.ts';
import { addTaskOptions, eachRecording, type TaskContext, type TaskFlags, tellWarnings } from './eachRecording.ts';
import { expandInputs, type InputRecording } from './inputs.ts';
import { seconds } from './optionReaders.ts';
import {
  checkPlace,
  endingOf,
  isFolder,
  makeFolder,
  refuseInput,
  refuseSameName,
  refuseSameTarget,
} from './outputs.ts';
import { type Recording as Result, readRecordings } from './recordings.ts';

/** `diarist embed meeting.mp3`: what voices are like, as vectors. */
interface EmbedFlags extends TaskFlags {
  readonly per?: 'file' | 'window' | 'turn';
  readonly step?: number;
  readonly duration?: number;
  readonly rttm?: string;
  readonly format?: 'npy' | 'json';
  readonly json?: boolean;
  readonly output?: string;
}

/** One vector, or why there is none. */
interface Row {
  readonly start: number;
  readonly end: number;
  readonly speaker?: string;
  readonly vector: Float32Array | undefined;
  readonly reason?: string;
}

interface Embeddings {
  readonly uri: string;
  readonly duration: number;
  readonly dimension: number;
  readonly rows: readonly Row[];
}

type EmbeddingRecording = Parameters<Parameters<typeof eachRecording>[3]>[0];

export function embedCommand(): Command {
  const command = new Command('embed')
    .description('Turn voices into vectors: one for a recording, each window, or each turn')
    .argument('<recording...>', 'files, globs, URLs, or - for standard input')
    .option('-m, --model <name>', 'a model with an embedding network, or its folder or file (default: embedded)')
    .addOption(
      new Option('--per <what>', 'one vector for each of these').choices(['file', 'window', 'turn']).default('file'),
    )
    .option('--duration <seconds>', 'of a window (default: 3)', seconds)
    .option('--step <seconds>', 'from one window to the next (default: 1)', seconds)
    .option('--rttm <path>', 'the turns: a file or a folder, in RTTM or another format that is read')
    .option('-o, --output <path>', 'a file, a folder/ for a file each, - for standard output', '-')
    .addOption(
      new Option('-f, --format <name>', "default: what the output's name says, otherwise json").choices([
        'npy',
        'json',
      ]),
    )
    .option('--json', 'the same as --format json');
  return addTaskOptions(command)
    .addHelpText('after', '\nExamples:\n  diarist embed anna.wav -o anna.npy')
    .addHelpText('after', '  diarist embed meeting.mp3 --per turn --rttm meeting.rttm -o voices.json')
    .action((paths: string[], flags: EmbedFlags) => embed(paths, flags));
}

export async function embed(paths: readonly string[], flags: EmbedFlags = {}): Promise<void> {
  const { per = 'file', rttm, output = '-' } = flags;
  refuseForeign(flags);
  const inputs = expandInputs(paths);
  const format = formatOf(flags);
  const folder = isFolder(output);
  if (format === 'npy' && inputs.length > 1 && !folder)
    throw new RangeError(`Got ${inputs.length} recordings for one .npy: name a folder/ with --output.`);
  const target = ({ uri }: Pick<InputRecording, 'uri'>) => (folder ? join(output, `${uri}.${format}`) : output);
  if (folder) {
    refuseSameTarget(inputs, target);
    makeFolder(output);
  } else {
    refuseSameName(inputs, format);
    checkPlace(output);
  }
  const results = rttm === undefined ? [] : await readRecordings(rttm);
  refuseInput(
    inputs.map(target),
    results.map(({ file }) => file),
  );
  const documents: object[] = [];

  const failed = await eachRecording(paths, flags, embeddingOf(flags.model), async (recording, input, context) => {
    const { name } = await context.toolkit.embeddingModel();
    const found = await embedOne(recording, input, flags, results, context);
    tellWarnings(context, input, found.warnings);
    for (const { start, end, speaker, reason } of found.rows)
      if (reason !== undefined)
        context.tell(`${input.label}: no vector for ${speaker} from ${start} to ${end} s: ${reason}`);
    if (format === 'npy') await writeWhole(target(input), asNpy(found, per));
    else if (folder) await writeWhole(target(input), asJson(documentOf(found, name, per)));
    else documents.push(documentOf(found, name, per));
  });
  if (documents.length > 0) await writeWhole(output, asJson(inputs.length === 1 ? documents[0] : documents));
  if (failed !== undefined) throw failed;
}

async function embedOne(
  recording: EmbeddingRecording,
  input: InputRecording,
  { per = 'file', step, duration }: EmbedFlags,
  results: readonly Result[],
  { toolkit, hearing }: TaskContext,
): Promise<Heard<Embeddings>> {
  const { uri } = input;
  const { network } = await toolkit.embeddingModel();
  const { dimension } = network;
  if (per === 'file') {
    const whole = await toolkit.embed(recording, hearing);
    return {
      uri,
      duration: whole.duration,
      dimension,
      rows: [{ start: 0, end: whole.duration, vector: whole.vector }],
      warnings: whole.warnings,
    };
  }
  if (per === 'window') {
    const windows = await toolkit.embedWindows(recording, { ...hearing, step, duration });
    const rows = Array.from({ length: windows.numFrames }, (_, i) => ({
      ...windowAt(windows.grid, i),
      vector: windows.data.subarray(i * dimension, (i + 1) * dimension),
    }));
    return { uri, duration: windows.duration, dimension, rows, warnings: windows.warnings };
  }
  const found = await toolkit.embedTurns(recording, turnsOf(input, results), hearing);
  const rows = found.turns.map(({ start, end, speaker, vector, reason }) => ({ start, end, speaker, vector, reason }));
  return { uri, duration: found.duration, dimension, rows, warnings: found.warnings };
}

/** The turns of the recording of that name; of a lone recording whatever its name. */
function turnsOf({ uri, label }: InputRecording, results: readonly Result[]): Result['annotation']['turns'] {
  const called = (name: string) => results.find((one) => one.uri === name || one.stem === name);
  const name = uri.normalize();
  const own = called(name) ?? called(blankless(name)) ?? (results.length === 1 ? results[0] : undefined);
  if (own !== undefined) return own.annotation.turns;
  const names = results.slice(0, 5).map((one) => one.uri ?? one.stem ?? one.file);
  throw new RangeError(`Got no turns for ${label}: --rttm has ${names.join(', ') || 'no recordings'}.`);
}

function refuseForeign({ per = 'file', step, duration, rttm }: EmbedFlags): void {
  if (per !== 'window' && (step !== undefined || duration !== undefined))
    throw new RangeError(`Got --${step === undefined ? 'duration' : 'step'}, which only --per window has.`);
  if (per === 'turn' && rttm === undefined) throw new RangeError('--per turn needs the turns: give --rttm.');
  if (per !== 'turn' && rttm !== undefined) throw new RangeError('Got --rttm, which only --per turn has.');
}

function formatOf({ json, format, output = '-' }: EmbedFlags): 'npy' | 'json' {
  if (json && format === 'npy') throw new RangeError('Got --json and --format npy: choose one.');
  return json ? 'json' : (format ?? endingOf(output, ['npy', 'json']) ?? 'json');
}

/** (row, number); of a whole recording just (number), as pyannote gives it. Rows without a vector are NaN. */
function asNpy({ dimension, rows }: Embeddings, per: EmbedFlags['per']): Uint8Array {
  const data = new Float32Array(rows.length * dimension).fill(Number.NaN);
  rows.forEach(({ vector }, i) => {
    if (vector) data.set(vector, i * dimension);
  });
  return writeNpy({ kind: '<f4', shape: per === 'file' ? [dimension] : [rows.length, dimension], data });
}

function documentOf({ uri, duration, dimension, rows }: Embeddings, model: string, per: EmbedFlags['per']): object {
  const embeddings = rows.map(({ vector, ...rest }) => ({ ...rest, vector: vector ? Array.from(vector) : null }));
  return { uri, duration, model, dimension, per, embeddings };
}

function asJson(document: object): string {
  return `${JSON.stringify(document)}\n`;
}

/** A file is a network; anything else the name or folder of a model. */
export function embeddingOf(model: string | undefined): Parameters<typeof eachRecording>[2] {
  return model === undefined ? {} : model.toLowerCase().endsWith('.onnx') ? { embedding: model } : { model };
}
