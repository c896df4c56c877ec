import { join } from 'node:path';
import { Command } from 'commander';
import { FormatError } from '../core/errors.ts';
import {
  FORMATS,
  type Format,
  formatByFile,
  formatByName,
  recogniseFormat,
  type TextAnnotation,
} from '../formats/index.ts';
import { fileStem } from '../formats/stem.ts';
import { readText } from '../node/readText.ts';
import { writeWhole } from '../node/writeWhole.ts';
import { collect } from './optionReaders.ts';
import { isFolder, makeFolder } from './outputs.ts';

/**
 * `diarist convert in.eaf out.rttm`: from any format that is read to any that is written. The formats come from the
 * files' endings, or from what the text looks like; a folder as the output gets a file for each recording.
 */
interface ConvertOptions {
  readonly from?: string;
  readonly to?: string;
  readonly uri?: string;
  readonly file?: readonly string[];
  readonly tier?: readonly string[];
  readonly short: boolean;
  readonly utf16: boolean;
  readonly skipBadLines: boolean;
}

export function convertCommand(): Command {
  const readable = FORMATS.filter(({ parse }) => parse).map(({ name }) => name);
  const writable = FORMATS.filter(({ write }) => write).map(({ name }) => name);
  return new Command('convert')
    .description('Convert speaker turns from one format to another')
    .argument('<input>', 'the file to read, - for standard input')
    .argument('[output]', 'the file to write, a folder for one file a recording, - for standard output', '-')
    .option('--from <format>', 'the format of the input, if its name does not tell')
    .option('--to <format>', 'the format of the output, if its name does not tell')
    .option('--uri <name>', "the recording's name, where the input names none (default: the input's file name)")
    .option('--file <name>', 'only this one of the recordings in the input (repeatable)', collect)
    .option('--tier <name>', 'only this tier of a TextGrid or ELAN file (repeatable)', collect)
    .option('--short', "Praat's short TextGrid", false)
    .option('--utf16', 'write UTF-16 with a byte order mark', false)
    .option('--skip-bad-lines', 'say which lines are malformed and leave them out', false)
    .addHelpText('after', `\nReads  ${readable.join(', ')}.\nWrites ${writable.join(', ')}.`)
    .addHelpText('after', '\nExample:\n  diarist convert interview.eaf interview.rttm')
    .action((input: string, output: string, options: ConvertOptions) => convert(input, output, options));
}

/** Does what the command does. The output appears whole or not at all. */
export async function convert(input: string, output: string, options: Partial<ConvertOptions> = {}): Promise<void> {
  const target = options.to ? formatByName(options.to) : formatByFile(output);
  if (!target) {
    const names = FORMATS.filter(({ write }) => write).map(({ name }) => name);
    throw new RangeError(`Can't tell the format from '${output}': say --to with one of ${names.join(', ')}.`);
  }
  const read = await readRecordings(input, options);
  const chosen = chooseRecordings(read, options.file, input);
  if (options.utf16 && target.name === 'eaf') throw new RangeError('ELAN files are UTF-8: leave out --utf16.');
  const folder = isFolder(output);
  if (folder) makeFolder(output);
  const names = folder ? fileNames(chosen, target) : [];
  const files = folder
    ? chosen.map((one, i) => [join(output, names[i]), writeWith(target, [one], options)] as const)
    : [[output, writeWith(target, chosen, options)] as const];
  for (const [file, text] of files)
    await writeWhole(file, options.utf16 ? Buffer.from(`\uFEFF${text}`, 'utf16le') : text);
}

async function readRecordings(input: string, options: Partial<ConvertOptions>): Promise<TextAnnotation[]> {
  const text = await readText(input);
  const file = input === '-' ? 'standard input' : input;
  const format = options.from ? formatByName(options.from) : recogniseFormat(text, input);
  if (!format) throw new FormatError('is in no format that is recognised: say --from', { file });
  if (!format.parse) throw new FormatError(`is ${format.name}, which is written only`, { file });
  const uri = options.uri ?? (input === '-' ? '' : undefined);
  const recordings = format.parse(text, {
    file,
    ...(uri === undefined ? {} : { uri }),
    ...(options.tier ? { tiers: options.tier } : {}),
    ...(options.skipBadLines ? { onBadLine: (error) => process.stderr.write(`${error.message}: left out\n`) } : {}),
  });
  if (recordings.length > 0) return recordings;
  // RTTM of a recording in which nobody speaks is an empty file
  const name = uri ?? fileStem(file);
  return [{ ...(name === '' ? {} : { uri: name }), turns: [] }];
}

function chooseRecordings(
  recordings: readonly TextAnnotation[],
  names: readonly string[] | undefined,
  input: string,
): readonly TextAnnotation[] {
  if (!names) return recordings;
  return names.map((name) => {
    const found = recordings.find(({ uri }) => uri === name);
    if (found) return found;
    const known = recordings.slice(0, 10).map(({ uri = 'one without a name' }) => uri);
    throw new RangeError(`Got no recording '${name}' in ${input}, which has ${known.join(', ') || 'none'}.`);
  });
}

function writeWith(format: Format, recordings: readonly TextAnnotation[], options: Partial<ConvertOptions>): string {
  if (!format.write) throw new RangeError(`${format.name} can be read but not written.`);
  if (!format.holdsMany && recordings.length > 1) {
    const names = recordings.slice(0, 5).map(({ uri = 'one without a name' }) => uri);
    throw new RangeError(
      `Got ${recordings.length} recordings (${names.join(', ')}${names.length < recordings.length ? ', …' : ''}) when ` +
        `${format.name} holds one: choose with --file, or give a folder as the output.`,
    );
  }
  return format.write(recordings, { short: options.short ?? false, date: new Date().toISOString() });
}

/** Recordings' names as files': they came from a file, so nothing in them may lead out of the folder. */
function fileNames(recordings: readonly TextAnnotation[], { extensions }: Format): string[] {
  const taken = new Set<string>();
  return recordings.map(({ uri = 'recording' }) => {
    const safe = uri
      .replace(/[\\/:*?"<>|\p{Cc}]/gu, '_')
      .replace(/^\.+/, '_')
      .slice(0, 200);
    let name = safe;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${safe}-${n}`;
    taken.add(name.toLowerCase());
    return `${name}${extensions[0]}`;
  });
}
