import { FormatError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest.ts';
import { type Built, build } from '../build.ts';
import { isObject, type Json, objects, type RawTranscript, type ReadTranscriptOptions } from '../raw.ts';
import { TRANSCRIPT_FORMATS, type Transcript, type TranscriptFormat } from '../transcript.ts';
import { readRev, readSpeechmatics } from './elements.ts';
import { recogniseTranscript } from './recognise.ts';
import { readAssemblyai, readDeepgram, readGladia, readPyannoteai, runs } from './services.ts';
import { readSubtitles } from './subtitles.ts';
import { readOpenai, readWhisperCpp, readWhisperx, whisperSegment, whisperWord } from './whisper.ts';

/**
 * Any transcript to ours. The source is parsed JSON, the text of a JSON file, or the text of subtitles.
 * @example
 * const transcript = readTranscript(await readFile('meeting.json', 'utf8'));
 */
export function readTranscript(source: unknown, options: ReadTranscriptOptions = {}): Transcript {
  return readWithOrigins(source, options).transcript;
}

/** The same, and the objects in the source that words and segments came from. */
export function readWithOrigins(source: unknown, options: ReadTranscriptOptions = {}): Built & { source: unknown } {
  const { format: asked = 'auto', file } = options;
  if (asked !== 'auto' && !TRANSCRIPT_FORMATS.includes(asked)) {
    const hint = didYouMean(asked, TRANSCRIPT_FORMATS);
    throw new RangeError(
      `Got the format '${asked}' when one of auto, ${TRANSCRIPT_FORMATS.join(', ')} was expected.${hint}`,
    );
  }
  const value = parsed(source, asked, file);
  const format = asked === 'auto' ? recogniseTranscript(value) : asked;
  if (format === undefined) throw new FormatError(unrecognised(value), { file });
  return { ...build(readAs(value, format, file), options), source: value };
}

/** JSON in a string is parsed; other strings are subtitles. */
function parsed(source: unknown, format: TranscriptFormat | 'auto', file: string | undefined): unknown {
  if (typeof source !== 'string' || format === 'srt' || format === 'vtt') return source;
  const text = source.replace(/^\uFEFF/, '');
  if (text.trim() === '') throw new FormatError('is empty when a transcript was expected', { file });
  if (!/^\s*[[{]/.test(text)) {
    if (/^\s*<(!doctype|html)/i.test(text))
      throw new FormatError('is an HTML page when a transcript was expected', { file });
    return text;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (text.includes('-->')) return text;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`is not whole JSON: ${reason}`, { file }, { cause });
  }
}

function readAs(value: unknown, format: TranscriptFormat, file: string | undefined): RawTranscript {
  if (format === 'srt' || format === 'vtt') {
    if (typeof value !== 'string') throw wrong(format, value, 'the text of a subtitle file', file);
    return readSubtitles(value, format, file);
  }
  if (format === 'words' || format === 'segments') {
    const items = Array.isArray(value) ? value : isObject(value) ? (value[format] ?? value['words']) : undefined;
    if (!Array.isArray(items)) throw wrong(format, value, 'a list', file);
    const list = objects(items);
    if (list.length < items.length)
      throw wrong(
        format,
        items.find((item) => !isObject(item)),
        'objects in the list',
        file,
      );
    return format === 'words'
      ? { format, unit: 's', segments: runs(list.map(whisperWord)) }
      : { format, unit: 's', segments: list.map(whisperSegment) };
  }
  if (!isObject(value)) throw wrong(format, value, 'a JSON object', file);
  return READERS[format](value);
}

const READERS: Readonly<
  Record<Exclude<TranscriptFormat, 'words' | 'segments' | 'srt' | 'vtt'>, (source: Json) => RawTranscript>
> = {
  pyannoteai: readPyannoteai,
  whisperx: readWhisperx,
  openai: readOpenai,
  whisper_cpp: readWhisperCpp,
  assemblyai: readAssemblyai,
  deepgram: readDeepgram,
  speechmatics: readSpeechmatics,
  rev: readRev,
  gladia: readGladia,
};

function wrong(format: TranscriptFormat, got: unknown, expected: string, file: string | undefined): FormatError {
  return new FormatError(`got ${describe(got)} when ${format} needs ${expected}`, { file });
}

function unrecognised(value: unknown): string {
  return `got ${describe(value)}, which is no transcript that is recognised: name its format, one of ${TRANSCRIPT_FORMATS.join(', ')}`;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return `an object with the keys ${Object.keys(value).slice(0, 8).join(', ') || '(none)'}`;
  return typeof value === 'string' ? `the text "${value.slice(0, 40).replace(/\s+/g, ' ')}"` : String(value);
}
