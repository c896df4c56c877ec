import { Command, InvalidArgumentError } from 'commander';
import { FormatError } from '../core/errors.ts';
import { labels } from '../core/labels.ts';
import { renameLabels, unknownLabel } from '../core/rename.ts';
import { recogniseFormat, type TextAnnotation } from '../formats/index.ts';
import { readText } from '../node/readText.ts';
import { writeWhole } from '../node/writeWhole.ts';
import {
  type AssignOptions,
  assignInPlace,
  assignSpeakers,
  type ReadTranscriptOptions,
  readTranscript,
  TRANSCRIPT_FORMATS,
  TRANSCRIPT_OUTPUTS,
  type TranscriptOutput,
  writeTranscript,
} from '../transcript/index.ts';
import { collectNames } from './naming.ts';
import { endingOf, refuseInput } from './outputs.ts';
import { refuseStdinTwice } from './recordings.ts';

/**
 * `diarist assign transcript.json --rttm turns.rttm`: who said which word of a transcript that is there already. What was
 * made of odd input is told on standard error.
 */
interface AssignFlags {
  readonly rttm: string;
  readonly from: ReadTranscriptOptions['format'];
  readonly format?: TranscriptOutput | 'same';
  readonly output: string;
  readonly uri?: string;
  readonly names?: ReadonlyMap<string, string>;
  readonly maxGap?: number;
  readonly exclusive: boolean;
  readonly fillNearest: boolean;
  readonly unknown: boolean;
  readonly lineLength?: number;
  readonly readingSpeed?: number;
}

export function assignCommand(): Command {
  return new Command('assign')
    .description('Put speakers on the words of a transcript')
    .argument('<transcript>', 'a transcript of any recogniser, or subtitles; - for standard input')
    .requiredOption('--rttm <file>', 'who spoke when: RTTM, or any other format of turns')
    .option('--from <format>', `what the transcript is: auto, ${TRANSCRIPT_FORMATS.join(', ')}`, 'auto')
    .option(
      '--format <format>',
      `what to write: ${TRANSCRIPT_OUTPUTS.join(', ')}, same (default: what the output's name says, otherwise json)`,
    )
    .option('-o, --output <file>', 'the file to write, - for standard output', '-')
    .option('--uri <name>', 'the recording, where the turns are of several')
    .option('--names <label=name>', 'other names for speakers: SPEAKER_00=Ada', collectNames)
    .option('--max-gap <seconds>', 'the nearest turn takes a word this far from it (default: 0.5)', number)
    .option('--no-exclusive', 'assign by turns that overlap, where there are others')
    .option('--no-fill-nearest', 'leave words outside of turns to UNKNOWN')
    .option('--no-unknown', 'leave out words that nobody said')
    .option('--line-length <columns>', 'of subtitles (default: 42)', number)
    .option('--reading-speed <columns>', 'of subtitles, a second (default: 20)', number)
    .addHelpText('after', '\nExample:\n  diarist assign talk.json --rttm talk.rttm --names SPEAKER_00=Ada -o talk.srt')
    .action((transcript: string, flags: AssignFlags) => assign(transcript, flags));
}

async function assign(file: string, flags: AssignFlags): Promise<void> {
  const { output, names, maxGap, exclusive, fillNearest, unknown, from } = flags;
  const format = flags.format ?? formatOf(output);
  refuseStdinTwice([file, flags.rttm]);
  // in the same format all of the transcript comes back
  refuseInput([output], format === 'same' ? [flags.rttm] : [flags.rttm, file]);
  const source = await readText(file);
  const diarization = await readTurns(flags.rttm, flags.uri);
  const options: AssignOptions & ReadTranscriptOptions = {
    useExclusive: exclusive,
    fillNearest,
    keepUnknown: unknown,
    ...(maxGap === undefined ? {} : { maxGap }),
    format: from,
    file: file === '-' ? 'standard input' : file,
    ...(diarization.duration === undefined ? {} : { duration: diarization.duration }),
  };
  if (format === 'same') {
    const { transcript, assigned } = assignInPlace(source, named(diarization, names), options);
    tell(assigned.warnings);
    await writeWhole(
      output,
      typeof transcript === 'string' ? transcript : `${JSON.stringify(transcript, undefined, 2)}\n`,
    );
    return;
  }
  const assigned = assignSpeakers(readTranscript(source, options), diarization, options);
  tell(assigned.warnings);
  const text = writeTranscript(assigned, format, {
    ...(names === undefined ? {} : { names }),
    ...(diarization.uri === undefined ? {} : { title: diarization.uri }),
    ...(flags.lineLength === undefined ? {} : { maxLineLength: flags.lineLength }),
    ...(flags.readingSpeed === undefined ? {} : { maxCharactersPerSecond: flags.readingSpeed }),
  });
  await writeWhole(output, text);
}

/** The turns with other names; one for somebody who has no turn is refused. */
function named(turns: TextAnnotation, names: ReadonlyMap<string, string> = new Map()): TextAnnotation {
  const known = labels(turns);
  for (const name of names.keys()) if (!known.includes(name)) throw unknownLabel(name, known);
  const { exclusiveTurns } = turns;
  return {
    ...turns,
    ...renameLabels(turns, names),
    ...(exclusiveTurns ? { exclusiveTurns: renameLabels({ turns: exclusiveTurns }, names).turns } : {}),
  };
}

/** The output format that a file's name says; JSON where it says none. */
export function formatOf(output: string): TranscriptOutput {
  const advice = `say --format with one of ${TRANSCRIPT_OUTPUTS.join(', ')}`;
  const ending = endingOf(output, [...TRANSCRIPT_OUTPUTS, 'markdown'], advice) ?? 'json';
  return ending === 'markdown' ? 'md' : ending;
}

async function readTurns(file: string, uri: string | undefined): Promise<TextAnnotation> {
  const text = await readText(file);
  if (text.trim() === '') return { turns: [] };
  const format = recogniseFormat(text, file);
  if (!format?.parse) throw new FormatError('is in no format of turns that is recognised', { file });
  const recordings = format.parse(text, { file });
  const chosen = uri === undefined ? recordings : recordings.filter((one) => one.uri === uri);
  if (chosen.length === 1) return chosen[0];
  if (recordings.length === 0) return { turns: [] };
  const known = recordings.slice(0, 10).map((one) => one.uri ?? 'one without a name');
  throw new RangeError(
    `Got ${uri === undefined ? `${recordings.length} recordings` : `no recording '${uri}'`} in ${file}, which has ${known.join(', ')}: choose with --uri.`,
  );
}

function number(value: string): number {
  const parsed = Number(value);
  if (value.trim() === '' || !Number.isFinite(parsed) || parsed < 0)
    throw new InvalidArgumentError(`Got '${value}' when a number from 0 was expected.`);
  return parsed;
}

function tell(warnings: readonly string[]): void {
  for (const warning of warnings) process.stderr.write(`${warning}\n`);
}
