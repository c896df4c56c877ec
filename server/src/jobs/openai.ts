import {
  type AssignedTranscript,
  letterOf,
  renameSpeakers,
  textOfWords,
  toDiarizedJson,
  toVerboseJson,
  UNKNOWN,
  writeTranscript,
} from 'diarist';
import type { OpenAIForm } from '../contract/openai.ts';
import type { Stored } from './stored.ts';
import { transcriptOf, withoutNames } from './transcript.ts';

/**
 * A job in OpenAI's words. Speakers are the known names, the others A, B, … by first appearance. Subtitles and plain text
 * have no speakers, as OpenAI's have none.
 */
export interface OpenAIAnswer {
  readonly body: string;
  readonly mediaType: 'application/json' | 'text/plain; charset=utf-8';
}

export function openaiAnswer(
  { spoken, names = {} }: Pick<Stored, 'spoken' | 'names'>,
  duration: number,
  { response_format: format, timestamp_granularities: granularities }: OpenAIForm,
): OpenAIAnswer {
  const transcript = { ...transcriptOf(spoken!), duration };
  const text = textOfWords(transcript.words).trim();
  switch (format) {
    case 'json':
      return json({ text, usage: { type: 'duration', seconds: Math.ceil(duration) } });
    case 'text':
      return plain(`${text}\n`);
    case 'srt':
    case 'vtt':
      return plain(writeTranscript(withoutNames(transcript), format));
    case 'diarized_json':
      return json(toDiarizedJson(named(transcript, names)));
    case 'verbose_json': {
      const { words, segments, ...rest } = toVerboseJson(named(transcript, names)) as Record<string, unknown>;
      // Segments unless only words were asked for; words only where they were.
      const withSegments = granularities.length === 0 || granularities.includes('segment');
      return json({
        ...rest,
        ...(withSegments ? { segments } : {}),
        ...(granularities.includes('word') ? { words } : {}),
      });
    }
  }
}

/** Known speakers by their names; the others by letters that are nobody's name. */
function named(transcript: AssignedTranscript, names: Readonly<Record<string, string>>): AssignedTranscript {
  const taken = new Set(Object.values(names));
  let count = 0;
  const nextLetter = (): string => {
    const letter = letterOf(`SPEAKER_${count++}`);
    return taken.has(letter) ? nextLetter() : letter;
  };
  const labels = transcript.speakers.map(({ speaker }) => speaker).filter((speaker) => speaker !== UNKNOWN);
  return renameSpeakers(transcript, new Map(labels.map((label) => [label, names[label] ?? nextLetter()])));
}

const json = (value: unknown): OpenAIAnswer => ({ body: JSON.stringify(value), mediaType: 'application/json' });
const plain = (body: string): OpenAIAnswer => ({ body, mediaType: 'text/plain; charset=utf-8' });
