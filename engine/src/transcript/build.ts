import { FormatError } from '../core/errors.ts';
import { interpolateTimes, type Timed } from './interpolate.ts';
import { type Piece, piecesInText, piecesOfText, piecesOfWords } from './pieces.ts';
import type { RawSegment, RawTranscript, RawWord, ReadTranscriptOptions } from './raw.ts';
import type { Transcript, TranscriptSegment, Word } from './transcript.ts';
import { numberOf, timeScale } from './units.ts';

/**
 * From what a reader found to a Transcript: units found out, words put into their text, missing times filled in, oddities
 * counted and told. Words keep the order of the text, whatever their times say.
 */
export interface Built {
  readonly transcript: Transcript;
  /** The objects in the source that each word came from. */
  readonly origins: readonly (readonly object[])[];
  /** The object in the source that each segment came from. */
  readonly segmentOrigins: readonly (object | undefined)[];
}

export function build(raw: RawTranscript, { file, duration, unit }: ReadTranscriptOptions = {}): Built {
  const warnings = [...(raw.warnings ?? [])];
  const { scale, warning } = timeScale(raw, { unit, duration });
  if (warning) warnings.push(warning);
  const seconds = (value: unknown): number | undefined => {
    const number = numberOf(value);
    return number === undefined ? undefined : scale === 1 ? number : Math.round(number * scale * 1e6) / 1e6;
  };
  const language = languageOf(raw.language);
  const said = numberOf(raw.duration);
  const length = duration ?? said;
  const words: Word[] = [];
  const segments: TranscriptSegment[] = [];
  const origins: (readonly object[])[] = [];
  const segmentOrigins: (object | undefined)[] = [];
  const odd = { negative: 0, backward: 0, disorder: 0, interpolated: 0, text: 0 };
  let last = 0;
  const timeless = !raw.segments.some((segment) =>
    [segment, ...segment.words].some(({ start, end }) => seconds(start) !== undefined || seconds(end) !== undefined),
  );
  const numCharacters = timeless ? raw.segments.reduce((sum, segment) => sum + spokenLength(segment), 0) : 0;
  if (timeless && numCharacters > 0 && length === undefined)
    throw new FormatError(
      'has no times at all: give the length of the recording to spread the words over it, or a transcript with times',
      { file },
    );

  for (const segment of raw.segments) {
    const { pieces, rawWords, mismatch } = piecesOf(segment);
    if (mismatch) odd.text++;
    if (pieces.length === 0) continue;
    const index = segments.length;
    let start = notNegative(seconds(segment.start));
    let end = notNegative(seconds(segment.end));
    if (timeless) {
      start = last;
      end = last + (length! * spokenLength(segment)) / numCharacters;
    }
    if (start !== undefined && end !== undefined && end < start) {
      odd.backward++;
      end = undefined;
    }
    const times = pieces.map((piece, i): Timed => {
      const time = {
        start: notNegative(seconds(rawWords[i]?.start)),
        end: notNegative(seconds(rawWords[i]?.end)),
        length: Math.max(1, [...piece.text].length),
      };
      if (time.start !== undefined && time.end !== undefined && time.end < time.start) {
        odd.backward++;
        time.end = undefined;
      }
      return time;
    });
    odd.interpolated += interpolateTimes(times, { start, end, from: last });
    const shared = attributes(segment);
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < pieces.length; i++) {
      const { before, text, after } = pieces[i];
      const word = rawWords[i];
      const time = times[i];
      if (i > 0 && time.start! < times[i - 1].start! - 0.01) odd.disorder++;
      from = Math.min(from, time.start!);
      to = Math.max(to, time.end!);
      words.push({
        text,
        before,
        ...(after === '' ? {} : { after }),
        start: time.start!,
        end: time.end!,
        ...(language === undefined ? {} : { language }),
        ...shared,
        ...(word ? { ...attributes(word), ...confidenceOf(word.confidence) } : {}),
        ...(time.interpolated ? { interpolated: true } : {}),
        segment: index,
      });
      origins.push(word?.origins ?? []);
    }
    segments.push({
      start: start ?? from,
      end: Math.max(end ?? to, start ?? from),
      ...(language === undefined ? {} : { language }),
      ...shared,
      ...confidenceOf(segment.confidence),
    });
    segmentOrigins.push(segment.origin);
    last = Math.max(last, end ?? to);
  }

  function notNegative(time: number | undefined): number | undefined {
    if (time === undefined || time >= 0) return time;
    odd.negative++;
    return 0;
  }

  const tell = (count: number, text: string) => count > 0 && warnings.push(text.replace('#', String(count)));
  tell(odd.negative, '# times were negative and were taken as 0.');
  tell(odd.backward, '# words or segments ended before they began; their ends were taken as unknown.');
  tell(odd.disorder, '# words begin before the word ahead of them; the order of the text was kept.');
  tell(odd.text, '# segments have a text that is not that of their words; the words were taken.');
  const late = length === undefined ? 0 : words.filter((word) => word.start > length).length;
  tell(late, `# words begin after the end of the recording at ${length?.toFixed(3)} s.`);
  if (words.length === 0) warnings.push('The transcript holds no words.');
  return {
    transcript: {
      format: raw.format,
      words,
      segments,
      ...(language === undefined ? {} : { language }),
      ...(length === undefined ? {} : { duration: length }),
      warnings,
    },
    origins,
    segmentOrigins,
  };
}

/** The pieces of a segment and the words that they are, if the source has words. */
function piecesOf({ text, words, delimiter }: RawSegment): {
  pieces: readonly Piece[];
  rawWords: readonly RawWord[];
  mismatch: boolean;
} {
  const rawWords = words.filter((word) => word.text.trim() !== '');
  if (rawWords.length === 0)
    return { pieces: text === undefined ? [] : piecesOfText(text), rawWords: [], mismatch: false };
  const texts = rawWords.map((word) => word.text);
  const inText = text === undefined || text.trim() === '' ? undefined : piecesInText(text, texts);
  if (inText) return { pieces: inText, rawWords, mismatch: false };
  const mismatch = text !== undefined && text.trim() !== '';
  return { pieces: piecesOfWords(texts, delimiter), rawWords, mismatch };
}

function spokenLength({ text, words }: RawSegment): number {
  return words.length > 0 ? words.reduce((sum, word) => sum + word.text.length, 0) : (text ?? '').length;
}

function attributes(item: RawSegment | RawWord): Pick<Word, 'speaker' | 'language' | 'channel'> {
  const speaker = speakerOf(item.speaker);
  const language = languageOf(item.language);
  const channel = numberOf(item.channel);
  return {
    ...(speaker === undefined ? {} : { speaker }),
    ...(language === undefined ? {} : { language }),
    ...(channel !== undefined && Number.isInteger(channel) && channel >= 0 ? { channel } : {}),
  };
}

/** Names as they are, numbers as SPEAKER_00 … */
export function speakerOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0)
    return `SPEAKER_${String(value).padStart(2, '0')}`;
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function languageOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function confidenceOf(value: unknown): { confidence?: number } {
  const number = numberOf(value);
  return number === undefined || number < 0 || number > 1 ? {} : { confidence: number };
}
