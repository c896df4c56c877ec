import { piecesOfText } from '../pieces.ts';
import { isObject, type Json, objects } from '../raw.ts';
import type { TranscriptFormat } from '../transcript.ts';

/** The format that a source's shape says it has; undefined where none fits. */
export function recogniseTranscript(source: unknown): TranscriptFormat | undefined {
  if (typeof source === 'string') {
    if (/^\uFEFF?WEBVTT(\s|$)/.test(source)) return 'vtt';
    return source.includes('-->') ? 'srt' : undefined;
  }
  if (Array.isArray(source)) {
    const [first] = objects(source);
    if (first === undefined) return source.length === 0 ? 'words' : undefined;
    if (objects(first['words']).length > 0) return 'segments';
    return looksLikeWords(source) ? 'words' : typeof first['text'] === 'string' ? 'segments' : undefined;
  }
  return isObject(source) ? recogniseObject(source) : undefined;
}

function recogniseObject(source: Json): TranscriptFormat | undefined {
  const has = (key: string) => source[key] !== undefined && source[key] !== null;
  const list = (key: string) => Array.isArray(source[key]);
  const output = source['output'];
  const result = source['result'];
  if (list('wordLevelTranscription') || list('turnLevelTranscription')) return 'pyannoteai';
  if (
    isObject(output) &&
    (Array.isArray(output['wordLevelTranscription']) || Array.isArray(output['turnLevelTranscription']))
  )
    return 'pyannoteai';
  if (isObject(source['results']) && Array.isArray(source['results']['channels'])) return 'deepgram';
  if (list('monologues')) return 'rev';
  if (list('transcription')) return 'whisper_cpp';
  if (isObject(source['transcription']) && Array.isArray(source['transcription']['utterances'])) return 'gladia';
  if (isObject(result) && isObject(result['transcription'])) return 'gladia';
  if (
    list('results') &&
    (has('format') || objects(source['results']).some((item) => Array.isArray(item['alternatives'])))
  )
    return 'speechmatics';
  if (list('utterances') || (list('words') && (has('audio_url') || has('language_model') || has('acoustic_model'))))
    return 'assemblyai';
  if (objects(source['segments']).some((segment) => segment['type'] === 'transcript.text.segment')) return 'openai';
  if (has('task') && (list('segments') || list('words'))) return 'openai';
  if (list('word_segments')) return 'whisperx';
  if (list('segments')) {
    const segments = objects(source['segments']);
    if (segments.some((segment) => Array.isArray(segment['words']))) return 'whisperx';
    return list('words') ? 'openai' : has('text') || has('language') ? 'whisperx' : 'segments';
  }
  if (list('words')) {
    const words = objects(source['words']);
    const whole = words.every(({ start, end }) => Number.isInteger(start) && Number.isInteger(end));
    if (words.length > 0 && whole && words.some((word) => typeof word['text'] === 'string')) return 'assemblyai';
    return has('text') ? 'openai' : 'words';
  }
  return typeof source['text'] === 'string' ? 'openai' : undefined;
}

/** Items of a word each; segments hold several: blanks, or more than a few letters of a script without blanks. */
function looksLikeWords(source: readonly unknown[]): boolean {
  const items = objects(source);
  if (items.some((item) => typeof item['word'] === 'string')) return true;
  const texts = items.map((item) => (typeof item['text'] === 'string' ? item['text'].trim() : ''));
  const several = texts.filter(
    (text) => /\s/u.test(text) || piecesOfText(text).length > 4 || /[，、。！？].*\S/u.test(text),
  );
  return texts.some((text) => text !== '') && several.length * 5 <= texts.length;
}
