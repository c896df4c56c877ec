import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ChannelRequest } from '../channels/choose.ts';
import { formatByName } from '../formats/index.ts';
import { readParameterFile } from '../model/parameterFile.ts';
import { PIPELINES, type Pipeline } from '../model/parameters.ts';
import type { DiarizerOptions, RecordingOptions } from '../node/diarizer.ts';
import { readText } from '../node/readText.ts';
import { DEVICES } from '../node/runtime/devices.ts';
import type { NamingFlags } from './naming.ts';
import { collect, positive, whole } from './optionReaders.ts';
import { TURN_FORMATS } from './outputs.ts';

/** The options of every command that diarizes, and what they mean to the engine. */
export interface ModelFlags {
  readonly model?: string;
  readonly pipeline?: Pipeline;
  readonly segmentation?: string;
  readonly embedding?: string;
  readonly plda?: string;
  readonly set?: readonly string[];
  readonly params?: string;
  readonly acceptLicence?: readonly string[];
  readonly device?: DiarizerOptions['device'];
  readonly fast?: boolean;
  readonly speed?: DiarizerOptions['speed'];
  readonly threads?: number;
}

export interface RecordingFlags {
  readonly numSpeakers?: number;
  readonly minSpeakers?: number;
  readonly maxSpeakers?: number;
  readonly smoothing?: number | true;
  readonly resampler?: RecordingOptions['resampler'];
  readonly channel?: number;
  /** Only of commands with {@link addChannelsOption}. */
  readonly channels?: ChannelRequest;
}

export interface ResultFlags {
  readonly exclusive?: boolean;
  readonly confidence?: boolean;
  readonly review?: number | true;
  readonly format?: string;
  readonly json?: boolean;
  readonly embeddings?: boolean;
  readonly output?: string;
  readonly quiet?: boolean;
  readonly jobs?: number;
  readonly checkpoint?: string;
}

export type DiarizeFlags = ModelFlags & RecordingFlags & ResultFlags & NamingFlags;

export function addSpeakerOptions(command: Command): Command {
  return command
    .optionsGroup('Speakers:')
    .option('-n, --num-speakers <number>', 'exactly so many speakers', positive)
    .option('--min-speakers <number>', 'at least so many', positive)
    .option('--max-speakers <number>', 'at most so many', positive)
    .option(
      '--smoothing [epsilon]',
      'keep near-ties with who has the floor (default 0: off, as pyannote; alone: 0.1)',
      share,
    )
    .optionsGroup('Sound:')
    .option('--channel <number>', 'hear only this channel, counted from 0 (default: the mean of all)', whole)
    .addOption(
      new Option('--resampler <kind>', 'to 16 kHz: as pyannote does, or at more than 100 dB')
        .choices(['torchaudio', 'hq'])
        .default('torchaudio'),
    );
}

/** For commands that can hear channels apart. */
export function addChannelsOption(command: Command, fallback?: ChannelRequest): Command {
  return command
    .optionsGroup('Sound:')
    .addOption(
      new Option(
        '--channels <how>',
        'auto: as fits what the channels hold; mix, split, hybrid or a number: see docs/channels.md',
      )
        .argParser(channelRequest)
        .default(fallback),
    );
}

export function addModelOptions(command: Command): Command {
  return command
    .optionsGroup('Model:')
    .option('-m, --model <name>', 'a name from `diarist models list`, or a folder (default: embedded)')
    .addOption(new Option('--pipeline <name>', "how to cluster (default: the model's)").choices(PIPELINES))
    .option('--segmentation <file>', "an ONNX file in place of the model's")
    .option('--embedding <file>', 'the same')
    .option('--plda <folder>', 'PLDA files, which community-1 needs')
    .option('--set <name=value>', "one of pyannote's parameters, e.g. clustering.threshold=0.6 (repeatable)", collect)
    .option('--params <file>', 'parameters from a JSON file, e.g. of `diarist tune`; --set wins')
    .option('--accept-licence <id>', 'agree to a non-commercial licence; remembered (repeatable)', collect)
    .optionsGroup('Speed:')
    .addOption(
      new Option('--speed <speed>', 'exact: as pyannote; balanced, turbo: chunks at least 0.96 s or 2 s apart').choices(
        ['exact', 'balanced', 'turbo'],
      ),
    )
    .option('--fast', 'the same as --speed turbo')
    .addOption(new Option('--device <name>', 'what runs the networks (default: auto)').choices(DEVICES))
    .option('--threads <number>', 'inference threads (default: one a core)', positive);
}

export function addResultOptions(command: Command): Command {
  const names = TURN_FORMATS.map(({ name }) => name);
  return command
    .optionsGroup('Result:')
    .option('-o, --output <path>', 'a file, a folder for a file each, - for standard output')
    .addOption(
      new Option('-f, --format <name>', "default: what the output's name says, otherwise rttm")
        .choices(names)
        .argParser((name) => formatByName(name).name),
    )
    .option('--json', 'the same as --format json')
    .option('--embeddings', 'with the voice of each speaker as a vector; only in JSON')
    .option('--exclusive', 'one speaker at a time: no overlapping turns')
    .option('--confidence', 'how sure each turn is, 0 to 1; only in json, csv, tsv and pyannoteai')
    .option('--review [number]', 'instead of a result: its least sure turns, to be listened to (default: 20)', positive)
    .option('-q, --quiet', 'no progress and no warnings on standard error')
    .option('-j, --jobs <number>', 'recordings at a time (default: 2)', positive)
    .option('--checkpoint <folder>', 'keep what was heard there: a run that was stopped goes on where it was');
}

/** What the engine needs to load a model. Reads --params. */
export async function diarizerOptions(flags: ModelFlags): Promise<DiarizerOptions> {
  const { model, segmentation, embedding, plda, set = [], params, acceptLicence, device, threads } = flags;
  if (flags.fast && flags.speed !== undefined && flags.speed !== 'turbo')
    throw new RangeError(`Got --fast and --speed ${flags.speed}: choose one.`);
  const file = params === undefined ? undefined : readParameterFile(await readText(params), params);
  return {
    model,
    segmentation,
    embedding,
    plda,
    pipeline: flags.pipeline ?? file?.pipeline,
    set: [...(file?.settings ?? []), ...set],
    acceptLicences: acceptLicence,
    device,
    threads,
    speed: flags.fast ? 'turbo' : flags.speed,
  };
}

/** What it needs for each recording. Refuses bounds that contradict each other. */
export function recordingOptions(flags: RecordingFlags): RecordingOptions {
  const { numSpeakers, minSpeakers, maxSpeakers, smoothing, resampler, channel } = flags;
  if (minSpeakers !== undefined && maxSpeakers !== undefined && minSpeakers > maxSpeakers)
    throw new RangeError(`Got --min-speakers ${minSpeakers} when --max-speakers is ${maxSpeakers}.`);
  if (numSpeakers !== undefined && minSpeakers !== undefined && numSpeakers < minSpeakers)
    throw new RangeError(`Got --num-speakers ${numSpeakers} when --min-speakers is ${minSpeakers}.`);
  if (numSpeakers !== undefined && maxSpeakers !== undefined && numSpeakers > maxSpeakers)
    throw new RangeError(`Got --num-speakers ${numSpeakers} when --max-speakers is ${maxSpeakers}.`);
  if (channel !== undefined && flags.channels !== undefined)
    throw new RangeError(`Got --channel ${channel} and --channels ${flags.channels}: choose one.`);
  return {
    numSpeakers,
    minSpeakers,
    maxSpeakers,
    smoothing: smoothing === true ? 0.1 : smoothing,
    resampler,
    channel,
  };
}

/** `auto`, `mix`, `split`, `hybrid` or a number. */
export function channelRequest(value: string): ChannelRequest {
  if (value === 'auto' || value === 'mix' || value === 'split' || value === 'hybrid') return value;
  if (/^\d+$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Expected auto, mix, split, hybrid or a number from 0.');
}

function share(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 0 && number < 1))
    throw new InvalidArgumentError('Expected a number from 0 to less than 1.');
  return number;
}
