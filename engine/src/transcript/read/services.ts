import { isObject, type Json, objects, type RawSegment, type RawTranscript, type RawWord, stringOf } from '../raw.ts';
import { whisperSegment, whisperWord } from './whisper.ts';

/**
 * What the services answer:
 *
 *     pyannoteai    {wordLevelTranscription: [{start, end, text, speaker}], turnLevelTranscription}, also in {output}
 *     assemblyai    {text, words: [{text, start, end, confidence, speaker}], utterances}                  milliseconds
 *     deepgram      {results: {channels: [{alternatives: [{transcript, words: [{punctuated_word, …}]}]}]}}
 *     gladia        {result: {transcription: {utterances: [{text, words: [{word: ' hi', …}]}]}}}
 */
export function readPyannoteai(source: Json): RawTranscript {
  const output = isObject(source['output']) ? source['output'] : source;
  const words = objects(output['wordLevelTranscription']).map(whisperWord);
  const turns = objects(output['turnLevelTranscription']).map(whisperSegment);
  return { format: 'pyannoteai', unit: 's', segments: words.length > 0 ? runs(words) : turns };
}

export function readAssemblyai(source: Json): RawTranscript {
  const words = objects(source['words']).map(whisperWord);
  const utterances = objects(source['utterances']).map(whisperSegment);
  const text = stringOf(source, 'text');
  const split = utterances.length > 0 && utterances.every((utterance) => utterance.words.length > 0);
  return {
    format: 'assemblyai',
    unit: 'ms',
    language: source['language_code'],
    // the one field in seconds of a format in milliseconds
    duration: source['audio_duration'],
    segments: split
      ? utterances
      : words.length > 0
        ? [{ ...(text === undefined ? {} : { text }), words }]
        : utterances.length > 0
          ? utterances
          : text === undefined
            ? []
            : [{ text, words: [] }],
  };
}

export function readDeepgram(source: Json): RawTranscript {
  const results = isObject(source['results']) ? source['results'] : {};
  const metadata = isObject(source['metadata']) ? source['metadata'] : {};
  const channels = objects(results['channels']);
  const segments = channels.flatMap((channel, index): RawSegment[] => {
    const [best] = objects(channel['alternatives']);
    if (best === undefined) return [];
    const number = channels.length > 1 ? index : undefined;
    const words = objects(best['words']).map(
      (word): RawWord => ({ ...whisperWord(word), text: stringOf(word, 'punctuated_word', 'word') ?? '' }),
    );
    const text = stringOf(best, 'transcript');
    const language = channel['detected_language'] ?? (best['languages'] as unknown[] | undefined)?.[0];
    if (words.length === 0 && !text) return [];
    return [{ ...(text ? { text } : {}), words, channel: number, language, confidence: best['confidence'] }];
  });
  return { format: 'deepgram', unit: 's', duration: metadata['duration'], segments };
}

export function readGladia(source: Json): RawTranscript {
  const result = isObject(source['result']) ? source['result'] : source;
  const transcription = isObject(result['transcription']) ? result['transcription'] : {};
  const metadata = isObject(result['metadata']) ? result['metadata'] : {};
  const languages = transcription['languages'];
  return {
    format: 'gladia',
    unit: 's',
    language: Array.isArray(languages) && languages.length === 1 ? languages[0] : undefined,
    duration: metadata['audio_duration'],
    segments: objects(transcription['utterances']).map(whisperSegment),
  };
}

/** Words in a row, cut where the speaker or the channel changes. */
export function runs(words: readonly RawWord[], shared: Partial<RawSegment> = {}): RawSegment[] {
  const segments: RawSegment[] = [];
  for (let first = 0, i = 1; i <= words.length; i++) {
    if (i < words.length && words[i].speaker === words[first].speaker && words[i].channel === words[first].channel)
      continue;
    segments.push({ ...shared, words: words.slice(first, i) });
    first = i;
  }
  return segments;
}
