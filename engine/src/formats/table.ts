import { FormatError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { parseAudacity, writeAudacity } from './audacity.ts';
import { parseCsv, writeCsv, writeTsv } from './csv.ts';
import { parseCtm, writeCtm } from './ctm.ts';
import { parseEaf, writeEaf } from './eaf.ts';
import { parseJson, writeJson, writePyannoteAiJson, writePyannoteJson } from './json.ts';
import { parseLab, writeLab } from './lab.ts';
import type { ReadOptions } from './lines.ts';
import { writeMarkdown } from './markdown.ts';
import { parseRttm, writeRttm } from './rttm.ts';
import { parseSrt, writeSrt } from './srt.ts';
import { parseStm, writeStm } from './stm.ts';
import { parseTextGrid, writeTextGrid } from './textgrid.ts';
import type { TextAnnotation } from './turns.ts';
import { parseTxt, writeTxt } from './txt.ts';
import { writeUem } from './uem.ts';
import { parseVtt, writeVtt } from './vtt.ts';

/**
 * The table of formats, from which the command line and the service choose. Each format is also a file of its own with
 * `parseX` and `writeX`, which know more of its peculiarities.
 */
export interface Format {
  /** What `--format` calls it. */
  readonly name: string;
  /** Endings of its files, the usual one first. */
  readonly extensions: readonly string[];
  readonly description: string;
  /** Media type, for HTTP. */
  readonly mediaType: string;
  /** Whether a file can hold several recordings. */
  readonly holdsMany: boolean;
  readonly parse?: (text: string, options?: ReadOptions) => TextAnnotation[];
  readonly write?: (annotations: readonly TextAnnotation[], options?: WriteOptions) => string;
}

export interface WriteOptions {
  /** TextGrid without the names of its fields. */
  readonly short?: boolean;
  /** When the file is made, for formats that say so (ELAN). */
  readonly date?: string;
  /** JSON: a list, though it is one recording: what is left of several. */
  readonly list?: boolean;
}

export const FORMATS: readonly Format[] = [
  many('rttm', ['.rttm'], "the field's format for diarization, as pyannote writes it", 'text/plain', {
    parse: parseRttm,
    write: writeRttm,
  }),
  many('json', ['.json'], 'all that diarist knows; pyannote and pyannoteAI are read, too', 'application/json', {
    parse: parseJson,
    write: (annotations, { list = false } = {}) =>
      writeJson(annotations.length === 1 && !list ? annotations[0] : annotations),
  }),
  one('pyannote', ['.pyannote.json'], "pyannote.audio's DiarizeOutput.serialize()", 'application/json', {
    parse: (text, options) => single(parseJson(text, options), 'pyannote'),
    write: writePyannoteJson,
  }),
  one('pyannoteai', ['.pyannoteai.json'], "pyannoteAI's output of a diarize job", 'application/json', {
    parse: (text, options) => single(parseJson(text, options), 'pyannoteai'),
    write: writePyannoteAiJson,
  }),
  many('csv', ['.csv'], 'a table for spreadsheets and data frames', 'text/csv', { parse: parseCsv, write: writeCsv }),
  many('tsv', ['.tsv', '.tab'], 'the same between tabs', 'text/tab-separated-values', {
    parse: parseCsv,
    write: writeTsv,
  }),
  one('srt', ['.srt'], 'SubRip subtitles, the speaker before the text', 'application/x-subrip', {
    parse: parseSrt,
    write: writeSrt,
  }),
  one('vtt', ['.vtt'], 'WebVTT subtitles, the speaker as a voice tag', 'text/vtt', {
    parse: parseVtt,
    write: writeVtt,
  }),
  one('txt', ['.txt'], 'text for people, a line a turn', 'text/plain', { parse: parseTxt, write: writeTxt }),
  one('md', ['.md', '.markdown'], 'Markdown for people (written only)', 'text/markdown', { write: writeMarkdown }),
  one('textgrid', ['.TextGrid'], 'Praat, a tier a speaker', 'text/plain', {
    parse: parseTextGrid,
    write: writeTextGrid,
  }),
  one('eaf', ['.eaf'], 'ELAN, a tier a speaker', 'application/xml', { parse: parseEaf, write: writeEaf }),
  one('audacity', ['.audacity.txt'], "Audacity's label track", 'text/plain', {
    parse: parseAudacity,
    write: writeAudacity,
  }),
  one('lab', ['.lab'], 'start, end and label, as pyannote writes it', 'text/plain', {
    parse: parseLab,
    write: writeLab,
  }),
  many('ctm', ['.ctm'], 'NIST, a word a line', 'text/plain', { parse: parseCtm, write: writeCtm }),
  many('stm', ['.stm'], 'NIST, a stretch of transcript a line', 'text/plain', { parse: parseStm, write: writeStm }),
  many('uem', ['.uem'], 'NIST, the parts that are scored: the whole recording (written only)', 'text/plain', {
    write: (annotations) => writeUem(annotations.map(wholeRecording)),
  }),
];

/** The format of this name; a mistyped name is refused with the nearest. */
export function formatByName(name: string): Format {
  const format = FORMATS.find((candidate) => candidate.name === name.toLowerCase());
  if (format) return format;
  const names = FORMATS.map((candidate) => candidate.name);
  throw new RangeError(
    `Got the format '${name}' when one of ${names.join(', ')} was expected.${didYouMean(name, names)}`,
  );
}

/** The format that a file's name says it has, by its longest known ending. */
export function formatByFile(file: string): Format | undefined {
  const name = file.toLowerCase();
  let best: { format: Format; length: number } | undefined;
  for (const format of FORMATS) {
    for (const { length } of format.extensions.filter((extension) => name.endsWith(extension.toLowerCase()))) {
      if (!best || length > best.length) best = { format, length };
    }
  }
  return best?.format;
}

interface ManyVerbs {
  readonly parse?: (text: string, options?: ReadOptions) => TextAnnotation[];
  readonly write?: (annotations: readonly TextAnnotation[], options?: WriteOptions) => string;
}

interface OneVerbs {
  readonly parse?: (text: string, options?: ReadOptions) => TextAnnotation;
  readonly write?: (annotation: TextAnnotation, options?: WriteOptions) => string;
}

function many(name: string, extensions: string[], description: string, mediaType: string, verbs: ManyVerbs): Format {
  return { name, extensions, description, mediaType, holdsMany: true, ...verbs };
}

function one(name: string, extensions: string[], description: string, mediaType: string, verbs: OneVerbs): Format {
  const { parse, write } = verbs;
  return {
    name,
    extensions,
    description,
    mediaType,
    holdsMany: false,
    ...(parse ? { parse: (text, options) => [parse(text, options)] } : {}),
    ...(write ? { write: (annotations, options) => write(single(annotations, name), options) } : {}),
  };
}

function single(annotations: readonly TextAnnotation[], format: string): TextAnnotation {
  if (annotations.length === 1) return annotations[0];
  const names = annotations.slice(0, 5).map(({ uri = 'one without a name' }) => uri);
  const list = names.length < annotations.length ? `${names.join(', ')}, …` : names.join(', ');
  throw new FormatError(
    `got ${annotations.length} recordings${list && ` (${list})`} when ${format} holds exactly one: choose one of them`,
  );
}

/** From 0 to the end of the recording; where that is unknown, to the end of the last turn. */
function wholeRecording({ uri = '', turns, duration }: TextAnnotation): {
  uri: string;
  timeline: { start: number; end: number }[];
} {
  return { uri, timeline: [{ start: 0, end: duration ?? turns.reduce((last, { end }) => Math.max(last, end), 0) }] };
}
