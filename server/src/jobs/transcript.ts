import { type AssignedTranscript, ownSpeakers, UNKNOWN } from 'diarist';
import type { DiarizeOutput } from '../contract/jobs.ts';
import type { SpokenWords } from './messages.ts';

/** A transcript as a job keeps it: the words, each with its speaker. Turns and segments are made of them again. */
export function wordsOf({ format, words, language, duration, warnings }: AssignedTranscript): SpokenWords {
  return {
    format,
    words,
    warnings,
    ...(language === undefined ? {} : { language }),
    ...(duration === undefined ? {} : { duration }),
  };
}

/** Words, turns, segments and speakers again. */
export function transcriptOf(spoken: SpokenWords): AssignedTranscript {
  return ownSpeakers({ ...spoken, segments: [] });
}

/** The same words, said by nobody: subtitles of it have no names. */
export function withoutNames(transcript: AssignedTranscript): AssignedTranscript {
  return { ...transcript, turns: transcript.turns.map((turn) => ({ ...turn, speaker: UNKNOWN })) };
}

/** The two lists of text of a job's output: to the millisecond, sorted, `start < end`. */
export function textLists(
  transcript: Pick<AssignedTranscript, 'words' | 'turns'>,
): Required<Pick<DiarizeOutput, 'wordLevelTranscription' | 'turnLevelTranscription'>> {
  return { wordLevelTranscription: list(transcript.words), turnLevelTranscription: list(transcript.turns) };
}

type Said = { readonly start: number; readonly end: number; readonly text: string; readonly speaker: string };

function list(items: readonly Said[]): Said[] {
  return items
    .map(({ start, end, text, speaker }) => {
      const from = milliseconds(start);
      // A word without length would not be a segment to any client, and no word is left out.
      return { start: from, end: Math.max(milliseconds(end), milliseconds(from + 0.001)), text, speaker };
    })
    .sort((a, b) => a.start - b.start || a.end - b.end);
}

const milliseconds = (seconds: number) => Math.round(seconds * 1000) / 1000;
