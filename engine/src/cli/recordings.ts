import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { FormatError } from '../core/errors.ts';
import type { Timeline } from '../core/timeline.ts';
import { formatByFile, parseUem, recogniseFormat, type TextAnnotation } from '../formats/index.ts';
import { fileStem } from '../formats/stem.ts';
import { blankless } from '../formats/turns.ts';
import type { Named } from '../metrics/pairing.ts';
import { readText } from '../node/readText.ts';
import { expandGlob } from './inputs.ts';

/**
 * What a file, or all files of a folder, say of recordings: one file may hold many. Names are in NFC, so that an ü that
 * macOS takes apart in a file's name is the ü that somebody typed into a list.
 */
export interface Recording extends Named {
  readonly file: string;
  readonly annotation: TextAnnotation;
}

/**
 * The recordings of a file (`-` is standard input), of the files that a glob means, or of a folder's; of several files
 * only RTTM if any is.
 */
export async function readRecordings(path: string): Promise<Recording[]> {
  const recordings: Recording[] = [];
  const files = filesOf(path, isResultFile);
  const rttms = files.filter((file) => formatByFile(file)?.name === 'rttm');
  for (const file of rttms.length > 0 ? rttms : files) recordings.push(...(await readFileOfRecordings(file)));
  refuseTwice(recordings);
  return recordings;
}

/** Parts to score by the recording's name; the file's name stands for a recording too, if it is alone in it. */
export async function readUems(paths: readonly string[]): Promise<ReadonlyMap<string, Timeline>> {
  const uems = new Map<string, Timeline>();
  for (const path of paths) {
    for (const file of filesOf(path, (name) => name.toLowerCase().endsWith('.uem'))) {
      const parsed = parseUem(await readText(file), { file });
      for (const { uri, timeline } of parsed) {
        const name = uri.normalize();
        uems.set(name, [...(uems.get(name) ?? []), ...timeline]);
      }
      const stem = fileStem(file).normalize();
      if (parsed.length === 1 && !uems.has(stem)) uems.set(stem, parsed[0].timeline);
    }
  }
  return uems;
}

/** The parts of a recording, by either name, also with `_` for each blank. */
export function uemOf({ uri, stem }: Named, uems: ReadonlyMap<string, Timeline>): Timeline | undefined {
  const names = [uri, stem].filter((name) => name !== undefined);
  const known = [...names, ...names.map(blankless)].find((name) => uems.has(name));
  return known === undefined ? undefined : uems.get(known);
}

/** Standard input has ended once it was read. */
export function refuseStdinTwice(paths: readonly string[]): void {
  if (paths.filter((path) => path === '-').length > 1)
    throw new RangeError("Got '-' twice, and standard input can be read once: name a file.");
}

async function readFileOfRecordings(file: string): Promise<Recording[]> {
  const text = await readText(file);
  const stem = fileStem(file).normalize();
  if (text.trim() === '') return [{ file, stem, annotation: { turns: [] } }];
  const format = recogniseFormat(text, file);
  if (!format?.parse) throw new FormatError('is in no format that is recognised', { file });
  const parsed = format.parse(text, { file });
  if (parsed.length === 0) return [{ file, stem, annotation: { turns: [] } }];
  return parsed.map((annotation) => ({
    file,
    annotation,
    ...(annotation.uri === undefined || annotation.uri === '<NA>' ? {} : { uri: annotation.uri.normalize() }),
    ...(parsed.length === 1 ? { stem } : {}),
  }));
}

/** Text for people can be anything (README.txt), so that of a folder is left alone. */
function isResultFile(name: string): boolean {
  const format = formatByFile(name);
  return format?.parse !== undefined && format.name !== 'txt';
}

/** The file itself or those of a glob, or the folder's files that `wanted` likes, below it too, in order of their names. */
function filesOf(path: string, wanted: (name: string) => boolean): string[] {
  if (path === '-' || !statSync(path, { throwIfNoEntry: false })?.isDirectory()) return expandGlob(path);
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => wanted(basename(name)))
    .sort()
    .map((name) => join(path, name));
  if (files.length === 0) throw new FormatError('has no files that can be read', { file: path });
  return files;
}

function refuseTwice(recordings: readonly Recording[]): void {
  const seen = new Map<string, string>();
  for (const { uri, file } of recordings) {
    if (uri === undefined) continue;
    const before = seen.get(uri);
    if (before !== undefined && before !== file) {
      throw new FormatError(`recording '${uri}' is in ${before} already: keep one of them`, { file });
    }
    seen.set(uri, file);
  }
}
