import { FormatError } from '../core/errors.ts';
import type { Turn } from '../core/turn.ts';
import { fixed3 } from './fixed.ts';
import { quote, type ReadOptions, recordingName, tolerate } from './lines.ts';
import { annotation, inOrder, segmentOf, several, type TextAnnotation, type TextTurn, UNKNOWN } from './turns.ts';

/**
 * Turns as JSON, in three shapes that are told apart by their keys:
 *
 *     ours          {uri?, duration?, turns: [{start, end, speaker, confidence?, text?}], exclusiveTurns?, …}
 *     pyannote      {diarization: [{start, end, speaker}], exclusive_diarization}      DiarizeOutput.serialize()
 *     pyannoteAI    {diarization: [{speaker, start, end, confidence?: {name: percent}}], exclusiveDiarization?},
 *                   also within a job's {output}
 *
 * A bare list of turns is read, too, a list of such objects is several recordings, and `segments` are turns as well.
 * There are no lines in JSON: complaints name the item, `diarization[3].end`.
 */
export function parseJson(text: string, options: ReadOptions = {}): TextAnnotation[] {
  const { file } = options;
  const value = parseText(text, file);
  if (
    Array.isArray(value) &&
    value.every((item) => isObject(item) && turnsKey(item) !== undefined) &&
    value.length > 0
  ) {
    return value.map((item, i) => readDocument(item, `[${i}].`, options));
  }
  if (Array.isArray(value)) return [annotation(recordingName(options), readTurns(value, '', options))];
  if (isObject(value)) return [readDocument(value, '', options)];
  throw new FormatError(`got ${quote(text.slice(0, 80))} when a JSON object or list was expected`, { file });
}

/** A diarization, or any recording with its turns, as our JSON with all that is known; several as a list. */
export function writeJson(annotations: TextAnnotation | readonly TextAnnotation[]): string {
  const documents = several(annotations).map((one) => rows({ ...one, turns: inOrder(one.turns) }));
  return Array.isArray(annotations) ? `[\n${documents.join(',\n')}\n]\n` : `${documents[0]}\n`;
}

/** One recording as pyannote.audio 4.0's `DiarizeOutput.serialize()`, times rounded to milliseconds. */
export function writePyannoteJson({ turns, exclusiveTurns }: TextAnnotation): string {
  const plain = (list: readonly Turn[]) =>
    inOrder(list).map(({ start, end, speaker }) => ({ start: round3(start), end: round3(end), speaker }));
  return `${rows({
    diarization: plain(turns),
    ...(exclusiveTurns ? { exclusive_diarization: plain(exclusiveTurns) } : {}),
  })}\n`;
}

/** One recording as the output of pyannoteAI's diarize job. */
export function writePyannoteAiJson({ turns, exclusiveTurns }: TextAnnotation): string {
  const items = (list: readonly Turn[]) =>
    inOrder(list).map(({ start, end, speaker, confidence }) => ({
      speaker,
      start: round3(start),
      end: round3(end),
      ...(confidence === undefined ? {} : { confidence: { [speaker]: Math.round(confidence * 100) } }),
    }));
  return `${rows({
    diarization: items(turns),
    ...(exclusiveTurns ? { exclusiveDiarization: items(exclusiveTurns) } : {}),
  })}\n`;
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseText(text: string, file: string | undefined): unknown {
  if (text.trim() === '') throw new FormatError('is empty when JSON was expected', { file, line: 1 });
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const position = /position (\d+)/.exec(reason);
    const line = position ? text.slice(0, Number(position[1])).split('\n').length : undefined;
    throw new FormatError(`is not JSON: ${reason}`, { file, line }, { cause: error });
  }
}

function turnsKey(document: Json): string | undefined {
  return ['turns', 'diarization', 'segments'].find((key) => Array.isArray(document[key]));
}

function readDocument(document: Json, path: string, options: ReadOptions): TextAnnotation {
  const key = turnsKey(document);
  if (key === undefined && isObject(document.output)) return readDocument(document.output, `${path}output.`, options);
  if (key === undefined) {
    const found = Object.keys(document).slice(0, 8).join(', ') || 'none';
    throw new FormatError(`got the keys ${found} when turns, diarization or segments was expected`, {
      file: options.file,
    });
  }
  const { uri, duration } = document;
  const exclusive = ['exclusiveTurns', 'exclusiveDiarization', 'exclusive_diarization']
    .map((name) => [name, document[name]] as const)
    .find(([, list]) => Array.isArray(list));
  return {
    ...annotation(
      typeof uri === 'string' ? uri : recordingName(options),
      readTurns(document[key] as unknown[], `${path}${key}`, options),
    ),
    ...(exclusive ? { exclusiveTurns: readTurns(exclusive[1] as unknown[], `${path}${exclusive[0]}`, options) } : {}),
    ...(typeof duration === 'number' ? { duration } : {}),
  };
}

function readTurns(items: readonly unknown[], path: string, options: ReadOptions): TextTurn[] {
  const turns: TextTurn[] = [];
  items.forEach((item, i) => {
    tolerate(options.onBadLine, () => {
      const turn = readTurn(item, `${path}[${i}]`, options.file);
      if (turn) turns.push(turn);
    });
  });
  return annotation(undefined, turns).turns.slice();
}

function readTurn(item: unknown, path: string, file: string | undefined): TextTurn | undefined {
  if (!isObject(item)) throw new FormatError(`${path}: got ${quote(String(item))} when a turn was expected`, { file });
  const seconds = (key: 'start' | 'end') => {
    const value = item[key];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    const got = typeof value === 'number' ? value : JSON.stringify(value);
    throw new FormatError(`${path}.${key}: got ${got} when a number of seconds was expected`, { file });
  };
  const [start, end] = [seconds('start'), seconds('end')];
  const label = item.speaker ?? item.label ?? UNKNOWN;
  if (typeof label !== 'string' && typeof label !== 'number') {
    throw new FormatError(`${path}.speaker: got ${JSON.stringify(label)} when a name was expected`, { file });
  }
  const speaker = String(label).trim() || UNKNOWN;
  const segment = segmentOf(start, end, { file, line: undefined }, path);
  if (!segment) return undefined;
  const sure = confidenceOf(item.confidence, speaker);
  const text = typeof item.text === 'string' ? item.text.trim() : '';
  return { ...segment, speaker, ...(sure === undefined ? {} : { confidence: sure }), ...(text ? { text } : {}) };
}

/** Ours is a number in 0..1; pyannoteAI's are per cent for each speaker. */
function confidenceOf(value: unknown, speaker: string): number | undefined {
  if (isObject(value)) {
    const percent = Object.hasOwn(value, speaker) ? value[speaker] : undefined;
    return typeof percent === 'number' && percent >= 0 && percent <= 100 ? percent / 100 : undefined;
  }
  if (typeof value !== 'number' || !(value >= 0 && value <= 100)) return undefined;
  return value > 1 ? value / 100 : value;
}

function round3(x: number): number {
  return Number(fixed3(x));
}

/** An object with a key a line, and the items of its lists a line each. */
function rows(document: object): string {
  const entries = Object.entries(document)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      if (!Array.isArray(value) || value.length === 0) return `  ${JSON.stringify(key)}: ${compact(value)}`;
      return `  ${JSON.stringify(key)}: [\n${value.map((item) => `    ${compact(item)}`).join(',\n')}\n  ]`;
    });
  return `{\n${entries.join(',\n')}\n}`;
}

/** Typed arrays as lists; a float32 with the nine digits that make it out. */
function compact(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner instanceof Float32Array) return Array.from(inner, (x) => Number(x.toPrecision(9)));
    return ArrayBuffer.isView(inner) && !(inner instanceof DataView) ? Array.from(inner as Float64Array) : inner;
  });
}
