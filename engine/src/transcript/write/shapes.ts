import type { Seconds } from '../../core/segment.ts';
import { UNKNOWN } from '../../formats/turns.ts';
import type { AssignedTranscript } from '../assign.ts';
import { type AssignedWord, textOfWords } from '../transcript.ts';
import type { Utterance } from '../utterances.ts';

/** The transcript as plain objects in the shapes of others, times to the millisecond. Every word has a speaker. */

/** pyannoteAI: `wordLevelTranscription` and `turnLevelTranscription`. */
export function toPyannoteai({ words, turns }: AssignedTranscript): object {
  return { wordLevelTranscription: words.map(textSegment), turnLevelTranscription: turns.map(textSegment) };
}

/** WhisperX: segments with their words, and all words again. */
export function toWhisperx({ words, segments, language }: AssignedTranscript): object {
  return {
    segments: segments.map((segment) => ({
      ...times(segment),
      text: segment.text,
      words: segment.words.map(scored),
      speaker: segment.speaker,
    })),
    word_segments: words.map(scored),
    language: language ?? null,
  };
}

/** OpenAI's verbose_json, with a speaker in each segment and word. */
export function toVerboseJson(transcript: AssignedTranscript): object {
  const { words, segments, language = '' } = transcript;
  return {
    task: 'transcribe',
    language,
    duration: durationOf(transcript),
    text: textOfWords(words).trim(),
    segments: segments.map((segment, id) => ({
      id,
      seek: 0,
      ...times(segment),
      text: segment.text,
      speaker: segment.speaker,
    })),
    words: words.map((word) => ({ word: word.text, ...times(word), speaker: word.speaker })),
  };
}

/** OpenAI's diarized_json; our names SPEAKER_00 … are its A, B, …, others stay. */
export function toDiarizedJson(transcript: AssignedTranscript): object {
  const duration = durationOf(transcript);
  return {
    task: 'transcribe',
    duration,
    text: textOfWords(transcript.words).trim(),
    segments: transcript.segments.map((segment, i) => ({
      type: 'transcript.text.segment',
      id: `seg_${i}`,
      ...times(segment),
      speaker: letterOf(segment.speaker),
      text: segment.text,
    })),
    usage: { type: 'duration', seconds: Math.ceil(duration) },
  };
}

/** Gladia's `result`: words with a leading blank, speakers as numbers by first appearance. */
export function toGladia(
  transcript: AssignedTranscript,
  { distinctChannels = 1 }: { distinctChannels?: number } = {},
): object {
  const { words, turns, language } = transcript;
  const duration = durationOf(transcript);
  const numbers = new Map<string, number>();
  const numberOf = (speaker: string): number => {
    if (!numbers.has(speaker)) numbers.set(speaker, numbers.size);
    return numbers.get(speaker)!;
  };
  const found = new Set(turns.map((turn) => turn.language ?? language).filter((name) => name !== undefined));
  return {
    metadata: {
      audio_duration: duration,
      number_of_distinct_channels: distinctChannels,
      billing_time: round(duration * distinctChannels),
      transcription_time: 0,
    },
    transcription: {
      full_transcript: textOfWords(words).trim(),
      languages: [...found],
      utterances: turns.map((turn) => ({
        ...times(turn),
        confidence: round(turn.confidence ?? 1),
        channel: turn.channel ?? 0,
        speaker: numberOf(turn.speaker),
        text: turn.text,
        language: turn.language ?? language ?? '',
        words: turn.words.map((word, i) => ({
          word: (i === 0 ? word.before.trimStart() : word.before) + word.text + (word.after ?? ''),
          ...times(word),
          confidence: round(word.confidence ?? 1),
        })),
      })),
    },
  };
}

/** Ours: all that is known. */
export function toNative({
  format,
  words,
  turns,
  speakers,
  stats,
  language,
  duration,
  warnings,
}: AssignedTranscript): object {
  return {
    detectedFormat: format,
    ...(language === undefined ? {} : { language }),
    ...(duration === undefined ? {} : { duration }),
    words: words.map((word) => ({
      ...textSegment(word),
      ...(word.confidence === undefined ? {} : { confidence: round(word.confidence) }),
      ...(word.speakerConfidence === undefined ? {} : { speakerConfidence: round(word.speakerConfidence) }),
      ...(word.language === undefined ? {} : { language: word.language }),
      ...(word.channel === undefined ? {} : { channel: word.channel }),
      ...(word.interpolated ? { interpolated: true } : {}),
      ...(word.nearest ? { nearest: true } : {}),
    })),
    turns: turns.map((turn) => ({
      ...textSegment(turn),
      ...(turn.confidence === undefined ? {} : { confidence: round(turn.confidence) }),
      ...(turn.language === undefined ? {} : { language: turn.language }),
      ...(turn.channel === undefined ? {} : { channel: turn.channel }),
    })),
    speakers,
    stats,
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** The length of the recording; where it is not known, to the end of the last word. */
export function durationOf({ duration, words }: AssignedTranscript): Seconds {
  return round(duration ?? words.reduce((last, { end }) => Math.max(last, end), 0));
}

/** `A`, `B`, … `Z`, `AA` … for SPEAKER_00 …; a name stays. */
export function letterOf(speaker: string): string {
  const number = /^SPEAKER_(\d+)$/.exec(speaker)?.[1];
  if (number === undefined) return speaker === UNKNOWN ? 'unknown' : speaker;
  let letters = '';
  for (let n = Number(number) + 1; n > 0; n = Math.floor((n - 1) / 26))
    letters = String.fromCharCode(65 + ((n - 1) % 26)) + letters;
  return letters;
}

function textSegment({ start, end, text, speaker }: AssignedWord | Utterance): object {
  return { ...times({ start, end }), text, speaker };
}

function scored(word: AssignedWord): object {
  return {
    word: word.text,
    ...times(word),
    ...(word.confidence === undefined ? {} : { score: round(word.confidence) }),
    speaker: word.speaker,
  };
}

function times({ start, end }: { readonly start: Seconds; readonly end: Seconds }): { start: Seconds; end: Seconds } {
  return { start: round(start), end: round(end) };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
