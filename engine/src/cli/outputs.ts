import { accessSync, closeSync, constants, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { SNIFF_BYTES, sniff } from '../audio/sniff.ts';
import { FORMATS, type Format, formatByFile, formatByName } from '../formats/index.ts';
import { withoutBlanks } from '../formats/turns.ts';
import { makeFolders } from '../node/makeFolders.ts';
import { outputError, STDOUT } from '../node/writeWhole.ts';
import type { InputRecording } from './inputs.ts';

/**
 * Where results go and as what, decided before anything is computed:
 *
 *     --output          one recording                  several
 *     (none), -         standard output                standard output, one after the other
 *     folder/           folder/meeting.rttm            a file each
 *     all.rttm          that file                      that file, where the format holds many
 */
export interface OutputPlan {
  /** What a person reads on a terminal, or a format. */
  readonly format: Format | 'person';
  /** `each`: written as soon as it is there. `together`: one document of all, at the end. */
  readonly write: 'each' | 'together';
  /** The file for a recording's result; `-` is standard output. */
  target(input: Pick<InputRecording, 'uri'>): string;
}

export interface OutputFlags {
  readonly format?: string;
  readonly json?: boolean;
  readonly output?: string;
  /** What not every format holds. */
  readonly embeddings?: boolean;
  readonly confidence?: boolean;
}

export function planOutput(
  inputs: readonly Pick<InputRecording, 'uri' | 'label'>[],
  { format: named, json = false, output, ...extras }: OutputFlags,
  { terminal }: { readonly terminal: boolean },
): OutputPlan {
  if (json && named !== undefined && named.toLowerCase() !== 'json')
    throw new RangeError(`Got --json and --format ${named}: choose one.`);
  const asked = json ? formatByName('json') : named === undefined ? undefined : writable(formatByName(named));
  if (output === undefined || output === '-') {
    const person = output === undefined && terminal && asked === undefined;
    const format = person ? 'person' : (asked ?? formatByName('rttm'));
    refuseUnheld(extras, format);
    return { format, write: toOne(inputs, format, '-'), target: () => '-' };
  }
  if (isFolder(output)) {
    const format = asked ?? formatByName('rttm');
    refuseUnheld(extras, format);
    const target = ({ uri }: Pick<InputRecording, 'uri'>) => join(output, `${uri}${format.extensions[0]}`);
    refuseSameTarget(inputs, target);
    makeFolder(output);
    return { format, write: 'each', target };
  }
  const format = asked ?? fromName(output);
  refuseUnheld(extras, format);
  checkPlace(output);
  return { format, write: toOne(inputs, format, output), target: () => output };
}

/** Which formats hold what is asked for by these options. */
const HOLDERS = { embeddings: ['json'], confidence: ['json', 'csv', 'tsv', 'pyannoteai'] } as const;

/** What is asked for and would be left out without a word. */
function refuseUnheld(extras: Pick<OutputFlags, keyof typeof HOLDERS>, format: Format | 'person'): void {
  const name = format === 'person' ? 'the view on a terminal' : format.name;
  for (const [extra, holders] of Object.entries(HOLDERS))
    if (extras[extra as keyof typeof HOLDERS] && !(holders as readonly string[]).includes(name))
      throw new RangeError(
        `Got --${extra}, which ${name} has no place for: say --format with ${holders.length > 1 ? 'one of ' : ''}${holders.join(', ')}.`,
      );
}

function toOne(
  inputs: readonly Pick<InputRecording, 'uri' | 'label'>[],
  format: Format | 'person',
  output: string,
): 'each' | 'together' {
  if (inputs.length < 2 || format === 'person') return 'each';
  if (!format.holdsMany) {
    const many = names(TURN_FORMATS.filter(({ holdsMany }) => holdsMany));
    throw new RangeError(
      `Got ${inputs.length} recordings, and ${format.name} holds one: say --output folder/, or a format of ${many}.`,
    );
  }
  refuseSameName(inputs, format.name);
  return output === '-' && format.name === 'rttm' ? 'each' : 'together';
}

/** The formats that hold turns without words, which is what diarization gives. */
export const TURN_FORMATS: readonly Format[] = FORMATS.filter(({ name, write }) => write && name !== 'ctm');

function writable(format: Format): Format {
  if (TURN_FORMATS.includes(format)) return format;
  throw new RangeError(`Got the format ${format.name}, which holds words: choose one of ${names(TURN_FORMATS)}.`);
}

function names(formats: readonly Format[]): string {
  return formats.map(({ name }) => name).join(', ');
}

function fromName(output: string): Format {
  const format = formatByFile(output);
  if (format !== undefined) return writable(format);
  if (isDevice(output)) return formatByName('rttm');
  const folder = extname(output) === '' ? `, or ${output}/ for a folder` : '';
  throw new RangeError(
    `Can't tell the format from '${output}': say --format with one of ${names(TURN_FORMATS)}${folder}.`,
  );
}

/**
 * Which of these endings a file's name has; undefined where a name says nothing: of standard output, a device, a folder,
 * or a file without an ending. Any other is refused: a table in out.docx opens nowhere. `advice` says what to do.
 */
export function endingOf<Ending extends string>(
  output: string,
  endings: readonly Ending[],
  advice = `say --format with one of ${endings.join(', ')}`,
): Ending | undefined {
  const ending = extname(output).slice(1).toLowerCase();
  if (ending === '' || isFolder(output) || isDevice(output)) return undefined;
  const known = endings.find((one) => one === ending);
  if (known === undefined) throw new RangeError(`Can't tell the format from '${output}': ${advice}.`);
  return known;
}

/** For commands that tell a person, or with --json a program. */
export function asksForJson({ json = false, output = '-' }: Pick<OutputFlags, 'json' | 'output'>): boolean {
  return json || endingOf(output, ['txt', 'json'], 'say --json, or name it .txt or .json') === 'json';
}

/** A page can't be anything else. */
export function checkPageName(output: string): void {
  endingOf(output, ['html', 'htm'], 'the page is HTML, so name it .html');
}

/** One that is there, or is written as one. */
export function isFolder(output: string): boolean {
  if (output === '-') return false;
  return /[/\\]$/.test(output) || statSync(output, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** /dev/stdout is one even where it leads to a file. */
function isDevice(output: string): boolean {
  return STDOUT.has(output) || statSync(output, { throwIfNoEntry: false })?.isFile() === false;
}

/** The second would replace the first. */
export function refuseSameTarget(
  inputs: readonly Pick<InputRecording, 'uri' | 'label'>[],
  target: (input: Pick<InputRecording, 'uri'>) => string,
): void {
  refuseTwice(inputs, target, (file) => `be written to ${file}: give them folders of their own`);
}

/** In one document nothing but the name tells recordings apart. */
export function refuseSameName(inputs: readonly Pick<InputRecording, 'uri' | 'label'>[], format: string): void {
  const nameOf = ({ uri }: Pick<InputRecording, 'uri'>) => (BLANKLESS.includes(format) ? withoutBlanks(uri) : uri);
  refuseTwice(inputs, nameOf, (name) => `be the recording ${name} of one ${format}: give them in separate runs`);
}

/** Formats of fields between blanks, which names therefore can't hold. */
const BLANKLESS: readonly string[] = ['rttm', 'stm', 'uem'];

function refuseTwice(
  inputs: readonly Pick<InputRecording, 'uri' | 'label'>[],
  keyOf: (input: Pick<InputRecording, 'uri'>) => string,
  fate: (key: string) => string,
): void {
  const seen = new Map<string, string>();
  for (const input of inputs) {
    const key = keyOf(input);
    const before = seen.get(key);
    if (before !== undefined) throw new RangeError(`Both ${before} and ${input.label} would ${fate(key)}.`);
    seen.set(key, input.label);
  }
}

export function makeFolder(folder: string): void {
  try {
    makeFolders(folder);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw outputError(folder, error);
  }
}

/** A place that can't be written to is told before an hour of work, not after; and no result takes a recording's place. */
export function checkPlace(output: string): void {
  if (output === '-') return;
  try {
    const found = statSync(output, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw Object.assign(new Error(output), { code: 'EISDIR' });
    const replaced = found === undefined ? output : realpathSync(output);
    // The dot makes it an error if that is no folder.
    accessSync(found?.isFile() === false ? output : `${dirname(replaced)}/.`, constants.W_OK);
  } catch (error) {
    throw outputError(output, error);
  }
  if (isRecording(output))
    throw new RangeError(`Got the output ${output}, which is a recording and would be lost: name another file.`);
}

/** Nor does a result take the place of what it is made from; a link is what it leads to. */
export function refuseInput(outputs: readonly (string | undefined)[], inputs: readonly (string | undefined)[]): void {
  const read = new Set([...new Set(inputs)].map(realFile));
  for (const output of outputs) {
    const place = realFile(output);
    if (place !== undefined && read.has(place))
      throw new RangeError(`Got the output ${output}, which is also read and would be lost: name another file.`);
  }
}

/** Nor do two results of one run go to one place: only the last would be left, or both be mixed. */
export function refuseSamePlace(outputs: readonly (string | undefined)[]): void {
  const seen = new Set<string>();
  for (const output of outputs) {
    if (output === undefined || (output !== '-' && isDevice(output))) continue;
    const place = output === '-' ? output : (realFile(output) ?? resolve(output));
    if (seen.has(place))
      throw new RangeError(
        `Got ${output === '-' ? "standard output, '-'," : output} for two results of this run: name a file for each.`,
      );
    seen.add(place);
  }
}

function realFile(path = '-'): string | undefined {
  return path !== '-' && statSync(path, { throwIfNoEntry: false })?.isFile() ? realpathSync(path) : undefined;
}

/** `--json -o *.wav` takes the first recording for the output. */
function isRecording(file: string): boolean {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return false;
  const head = Buffer.alloc(SNIFF_BYTES);
  let length: number;
  try {
    const handle = openSync(file, 'r');
    length = readSync(handle, head);
    closeSync(handle);
  } catch {
    return false; // it may not be read, which keeps nobody from replacing it
  }
  const kind = sniff(head.subarray(0, length));
  // Numbers of an array can look like frames of MP3.
  return kind !== 'text' && kind !== 'unknown' && head.toString('latin1', 1, 6) !== 'NUMPY';
}
