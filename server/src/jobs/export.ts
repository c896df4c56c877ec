import {
  formatByName,
  letterOf,
  type TextAnnotation,
  type TextTurn,
  TRANSCRIPT_OUTPUTS,
  type TranscriptOutput,
  writeTranscript,
} from 'diarist';
import type { DiarizeOutput, ExportFormat, IdentifyOutput } from '../contract/jobs.ts';
import type { JobRow } from '../store/jobs.ts';
import { gladiaJob } from './gladia.ts';
import type { SpokenWords } from './messages.ts';
import type { Stored } from './stored.ts';
import { transcriptOf } from './transcript.ts';

/**
 * A job's result as a file. The formats of the field are the engine's, and so are those of a transcript where there is one;
 * without one the JSON of other services has empty text.
 */
export interface ExportOptions {
  readonly format: ExportFormat;
  readonly exclusive: boolean;
  readonly names: boolean;
}

export interface Exported {
  readonly body: string;
  readonly mediaType: string;
  readonly extension: string;
}

export function exportJob(job: JobRow, stored: Stored, options: ExportOptions): Exported {
  const { answer, exclusive } = stored;
  const output = answer as DiarizeOutput;
  const recording = recordingOf(job, { ...output, exclusiveDiarization: [...(exclusive ?? [])] }, options);
  const { turns } = recording;
  const duration = recording.duration ?? 0;
  if (stored.spoken && isOfWords(options.format)) return spokenAs(options.format, stored.spoken, recording);
  switch (options.format) {
    case 'whisperx': {
      const segments = turns.map(({ start, end, speaker }) => ({ start, end, text: '', speaker, words: [] }));
      return json({ segments, word_segments: [], language: null });
    }
    case 'verbose_json':
      return json({
        task: 'transcribe',
        duration,
        language: '',
        text: '',
        segments: turns.map(({ start, end, speaker }, id) => ({ id, start, end, text: '', speaker })),
      });
    case 'diarized_json':
      return json({
        task: 'transcribe',
        duration,
        text: '',
        segments: turns.map(({ start, end, speaker }, i) => ({
          type: 'transcript.text.segment',
          id: `seg_${i}`,
          start,
          end,
          speaker: letterOf(speaker),
          text: '',
        })),
        usage: { type: 'duration', seconds: Math.ceil(duration) },
      });
    case 'gladia':
      return json(gladiaJob(job, stored));
    default: {
      const { write, mediaType, extensions } = formatByName(options.format);
      return { body: write!([recording], { date: job.created_at.toISOString() }), mediaType, extension: extensions[0] };
    }
  }
}

/** Formats of turns that have no place for text: they are who spoke when, whether or not there are words. */
const WITHOUT_TEXT: readonly ExportFormat[] = ['rttm', 'pyannote'];

function recordingOf(job: JobRow, output: DiarizeOutput, { format, exclusive, names }: ExportOptions): TextAnnotation {
  const named = new Map(
    names
      ? ((output as IdentifyOutput).voiceprints ?? []).map(({ speaker, match }) => [speaker, match ?? speaker])
      : [],
  );
  const toTurn = ({ start, end, speaker, confidence }: DiarizeOutput['diarization'][number]): TextTurn => ({
    start,
    end,
    speaker: named.get(speaker) ?? speaker,
    ...(confidence ? { confidence: (confidence[speaker] ?? 0) / 100 } : {}),
  });
  const spoken = output.turnLevelTranscription?.map(
    ({ start, end, text, speaker }): TextTurn => ({ start, end, speaker: named.get(speaker) ?? speaker, text }),
  );
  const exclusiveTurns = output.exclusiveDiarization?.map(toTurn);
  const duration = job.audio?.['duration'] as number | undefined;
  return {
    uri: uriOf(job),
    turns:
      (exclusive || WITHOUT_TEXT.includes(format) ? undefined : spoken) ??
      (exclusive && exclusiveTurns ? exclusiveTurns : output.diarization.map(toTurn)),
    ...(exclusiveTurns ? { exclusiveTurns } : {}),
    ...(duration === undefined ? {} : { duration }),
  };
}

/** What RTTM calls the file: the last part of the url, without its ending. */
function uriOf(job: JobRow): string {
  const last =
    job.url
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1) ?? '';
  return last.replace(/\.[A-Za-z0-9]{1,5}$/, '') || job.id;
}

type OfWords = 'txt' | 'md' | 'srt' | 'vtt' | 'whisperx' | 'verbose_json' | 'diarized_json';

/** Formats that are made of words where there are words; the others are made of turns, with their text. */
function isOfWords(format: ExportFormat): format is OfWords {
  return format !== 'json' && format !== 'gladia' && (TRANSCRIPT_OUTPUTS as readonly string[]).includes(format);
}

function spokenAs(
  format: OfWords & TranscriptOutput,
  spoken: SpokenWords,
  { uri, duration }: TextAnnotation,
): Exported {
  const transcript = { ...transcriptOf(spoken), ...(duration === undefined ? {} : { duration }) };
  const body = writeTranscript(transcript, format, { title: uri ?? 'Transcript' });
  if (/_json$|^whisperx$/.test(format)) return { body, mediaType: 'application/json', extension: '.json' };
  const { mediaType, extensions } = formatByName(format);
  return { body, mediaType, extension: extensions[0] };
}

const json = (value: unknown): Exported => ({
  body: `${JSON.stringify(value, null, 2)}\n`,
  mediaType: 'application/json',
  extension: '.json',
});
