import { countInText } from '../pieces.ts';
import { isObject, type Json, objects, type RawSegment, type RawTranscript, type RawWord, stringOf } from '../raw.ts';
import { isUnspaced } from '../transcript.ts';

/**
 * What Whisper and its relatives write:
 *
 *     whisperx      {segments: [{start, end, text, words: [{word, start?, end?, score|probability}]}], word_segments?}
 *                   also faster-whisper and openai-whisper; whisperX leaves out the times of numbers it can't align
 *     openai        {task, text, language, duration, segments?, words?}        verbose_json: words are beside segments
 *                   {segments: [{type: 'transcript.text.segment', speaker, start, end, text}]}        diarized_json
 *     whisper_cpp   {transcription: [{offsets: {from, to}, text, tokens?: [{text, offsets}]}]}         milliseconds
 */
export function readWhisperx(source: Json): RawTranscript {
  const segments = objects(source['segments']);
  const words = objects(source['word_segments']).map(whisperWord);
  return {
    format: 'whisperx',
    unit: 's',
    language: source['language'],
    segments: segments.length > 0 ? segments.map(whisperSegment) : words.length > 0 ? [{ words }] : [],
  };
}

export function readOpenai(source: Json): RawTranscript {
  const { language, duration } = source;
  const segments = objects(source['segments']).map(whisperSegment);
  const words = objects(source['words']).map(whisperWord);
  const text = stringOf(source, 'text');
  return {
    format: 'openai',
    unit: 's',
    language,
    duration,
    segments:
      words.length === 0
        ? segments.length > 0 || text === undefined
          ? segments
          : [{ text, words: [] }]
        : (shareOut(words, segments) ?? [{ ...(text === undefined ? {} : { text }), words }]),
  };
}

export function whisperSegment(segment: Json): RawSegment {
  const { start, end, speaker, language, channel, confidence, avg_logprob: logProbability } = segment;
  return {
    text: stringOf(segment, 'text'),
    start,
    end,
    speaker,
    language,
    channel,
    confidence: confidence ?? (typeof logProbability === 'number' ? Math.exp(Math.min(0, logProbability)) : undefined),
    words: objects(segment['words']).map(whisperWord),
    origin: segment,
  };
}

export function whisperWord(word: Json): RawWord {
  const { start, end, speaker, language, channel, score, probability, confidence } = word;
  return {
    text: stringOf(word, 'word', 'text') ?? '',
    start,
    end,
    speaker,
    language,
    channel,
    confidence: confidence ?? score ?? probability,
    origins: [word],
  };
}

/** Words that stand beside the segments, put into them; undefined where they are not the segments' words. */
function shareOut(words: readonly RawWord[], segments: readonly RawSegment[]): RawSegment[] | undefined {
  if (segments.length === 0) return undefined;
  const texts = words.map(({ text }) => text);
  let next = 0;
  const shared: RawSegment[] = [];
  for (const segment of segments) {
    const { count, end } = countInText(segment.text ?? '', texts, next);
    if (/[\p{L}\p{N}]/u.test((segment.text ?? '').slice(end))) return undefined;
    shared.push({ ...segment, words: words.slice(next, next + count) });
    next += count;
  }
  return next === words.length ? shared : undefined;
}

export function readWhisperCpp(source: Json): RawTranscript {
  const result = isObject(source['result']) ? source['result'] : {};
  return {
    format: 'whisper_cpp',
    unit: 'ms',
    language: result['language'],
    segments: objects(source['transcription']).map((segment): RawSegment => {
      const { from, to } = offsetsOf(segment);
      const text = stringOf(segment, 'text') ?? '';
      return {
        text,
        start: from,
        end: to,
        speaker: segment['speaker'],
        words: wordsOfTokens(objects(segment['tokens']), text),
        origin: segment,
      };
    }),
  };
}

/** Tokens to words: a blank begins one; special tokens like [_BEG_] are none. Bytes of half a letter can't be joined. */
function wordsOfTokens(tokens: readonly Json[], text: string): RawWord[] {
  const words: { text: string; start: unknown; end: unknown; sure: number; count: number }[] = [];
  for (const token of tokens) {
    const piece = stringOf(token, 'text') ?? '';
    if (piece === '' || /^\[_.*\]$|^<\|.*\|>$/.test(piece)) continue;
    const { from, to } = offsetsOf(token);
    const sure = typeof token['p'] === 'number' ? token['p'] : Number.NaN;
    const last = words[words.length - 1];
    const begins = last === undefined || /^\s/u.test(piece) || isUnspaced(piece.charAt(0));
    if (begins) words.push({ text: piece, start: from, end: to, sure, count: 1 });
    else {
      last.text += piece;
      last.end = to;
      last.sure += sure;
      last.count++;
    }
  }
  if (words.map((word) => word.text).join('') !== text) return [];
  return words.map(({ text, start, end, sure, count }) => ({
    text,
    start,
    end,
    ...(Number.isNaN(sure) ? {} : { confidence: sure / count }),
  }));
}

function offsetsOf(item: Json): { from?: unknown; to?: unknown } {
  return isObject(item['offsets']) ? item['offsets'] : {};
}
