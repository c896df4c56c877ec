import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { isSoundName } from '../../audio/soundNames.ts';
import type { Annotation } from '../../core/annotation.ts';
import { FormatError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest.ts';
import type { Timeline } from '../../core/timeline.ts';
import { parseRttm } from '../../formats/rttm.ts';
import { blankless } from '../../formats/turns.ts';
import { parseUem } from '../../formats/uem.ts';
import { readText } from '../readText.ts';

/**
 * Recordings with what people heard in them: what tuning and benchmarks run on. A list has a recording a line,
 *
 *     audio/monday.wav   rttm/monday.rttm   uem/all.uem       # the UEM may be left out; "quotes" or tabs for blanks
 *
 * with paths that begin at the list's folder. A folder instead has them side by side: monday.wav, monday.rttm,
 * monday.uem. RTTM and UEM files may hold many recordings: the one of the audio file's name counts.
 */
export interface ProtocolItem {
  /** The audio file's name without its ending, with folders where two are alike. */
  readonly uri: string;
  readonly audio: string;
  readonly reference: Annotation;
  readonly uem?: Timeline;
}

export interface ProtocolOptions {
  /** Parts to score by recording (in NFC), where the protocol names no UEM. */
  readonly uems?: ReadonlyMap<string, Timeline>;
  /** Told of what is left out. */
  readonly note?: (line: string) => void;
}

interface Line {
  readonly audio: string;
  readonly rttm: string;
  readonly uem?: string;
  readonly at: { readonly file: string; readonly line?: number };
}

export async function readProtocol(path: string, { uems, note }: ProtocolOptions = {}): Promise<ProtocolItem[]> {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  const lines = isFolder ? linesOfFolder(path, note) : linesOfList(await readText(path), path);
  if (lines.length === 0) {
    const expected = isFolder
      ? 'has no recordings with an RTTM file of the same name beside them'
      : 'names no recordings: a line of it is `audio rttm`, or `audio rttm uem`';
    throw new FormatError(expected, { file: path });
  }
  refuseTwice(lines);
  const names = namesOf(lines.map(({ audio }) => audio));
  const rttm = remembered((file) => readText(file).then((text) => parseRttm(text, { file })));
  const uem = remembered((file) => readText(file).then((text) => parseUem(text, { file })));
  const items: ProtocolItem[] = [];
  for (const [i, line] of lines.entries()) {
    const stem = stemOf(line.audio);
    const reference = one(await rttm(line.rttm), stem, line.rttm) ?? { uri: stem, turns: [] };
    const parts =
      line.uem === undefined
        ? (uems?.get(stem.normalize()) ?? uems?.get(blankless(stem.normalize())))
        : one(await uem(line.uem), stem, line.uem)?.timeline;
    items.push({ uri: names[i], audio: line.audio, reference, ...(parts === undefined ? {} : { uem: parts }) });
  }
  return items;
}

function linesOfList(text: string, file: string): Line[] {
  const folder = dirname(resolve(file));
  const lines: Line[] = [];
  text.split(/\r\n|\r|\n/).forEach((raw, index) => {
    const line = raw.replace(/^\uFEFF/, '').trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';;')) return;
    const at = { file, line: index + 1 };
    const fields = fieldsOf(line);
    if (fields.length < 2 || fields.length > 3)
      throw new FormatError(`got ${fields.length} fields when 2 or 3 were expected: audio, RTTM, and perhaps UEM`, at);
    const [audio, rttm, uem] = fields.map((field) => resolve(folder, field));
    for (const [name, path] of Object.entries({ audio, rttm, uem }))
      if (path !== undefined && !statSync(path, { throwIfNoEntry: false })?.isFile())
        throw new FormatError(`there is no file ${path} (${name === 'audio' ? 'recording' : name.toUpperCase()})`, at);
    lines.push({ audio, rttm, ...(uem === undefined ? {} : { uem }), at });
  });
  return lines;
}

/** At tabs where there are any, otherwise at blanks outside quotes. */
function fieldsOf(line: string): string[] {
  if (line.includes('\t')) return line.split(/\t+/).map((field) => field.trim());
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

function linesOfFolder(folder: string, note: (line: string) => void = () => {}): Line[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const there = new Set(files);
  const lines: Line[] = [];
  const without: string[] = [];
  for (const file of files.filter(isSoundName)) {
    const stem = file.replace(/\.[^.]*$/, '');
    const [rttm, uem] = [`${stem}.rttm`, `${stem}.uem`];
    if (!there.has(rttm)) without.push(file);
    else
      lines.push({
        audio: join(folder, file),
        rttm: join(folder, rttm),
        ...(there.has(uem) ? { uem: join(folder, uem) } : {}),
        at: { file: join(folder, file) },
      });
  }
  if (without.length > 0 && lines.length > 0) note(`${without.length} without RTTM, left out: ${without.join(', ')}`);
  return lines;
}

function refuseTwice(lines: readonly Line[]): void {
  const seen = new Set<string>();
  for (const { audio, at } of lines) {
    if (seen.has(resolve(audio))) throw new FormatError(`the recording ${audio} is named twice`, at);
    seen.add(resolve(audio));
  }
}

/** The recording of this name; of a single one whatever its name; undefined where the file holds none. */
function one<T extends { readonly uri?: string }>(found: readonly T[], name: string, file: string): T | undefined {
  if (found.length <= 1) return found[0];
  // macOS may take an ü in a file's name apart, and RTTM has `_` for each blank
  const plain = name.normalize();
  const named = (wanted: string) => found.find(({ uri }) => uri?.normalize() === wanted);
  const same = named(plain) ?? named(blankless(plain));
  if (same !== undefined) return same;
  const others = found.flatMap(({ uri }) => (uri === undefined ? [] : [uri]));
  throw new FormatError(`has ${found.length} recordings but none named '${name}'.${didYouMean(name, others)}`, {
    file,
  });
}

/** Stems; paths from their common folder where stems are not enough. */
function namesOf(paths: readonly string[]): string[] {
  const stems = paths.map(stemOf);
  const twice = new Set(stems.filter((stem, i) => stems.indexOf(stem) !== i));
  if (twice.size === 0) return stems;
  let common = dirname(resolve(paths[0]));
  while (!paths.every((path) => resolve(path).startsWith(join(common, '/')))) common = dirname(common);
  return paths.map((path, i) =>
    twice.has(stems[i]) ? join(dirname(relative(common, resolve(path))), stems[i]).replaceAll('\\', '/') : stems[i],
  );
}

function stemOf(file: string): string {
  return basename(file).replace(/(?<=.)\.[^.]*$/, '');
}

function remembered<T>(read: (file: string) => Promise<T>): (file: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (file) => {
    let found = known.get(file);
    if (found === undefined) known.set(file, (found = read(file)));
    return found;
  };
}
