import { formatByName, type TextAnnotation, type TextTurn } from 'diarist';
import type { DiarizeOutput, ExportFormat, IdentifyOutput } from '../contract/jobs.ts';
import type { JobRow } from '../store/jobs.ts';
import type { Stored } from './ends.ts';
import { gladiaJob } from './gladia.ts';

/**
 * A job's result as a file. The formats of the field are the engine's; those of other services are their JSON with
 * empty text where there is no transcript.
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
  const words = (output.wordLevelTranscription ?? []).map(({ start, end, text, speaker }) => ({
    start,
    end,
    word: text,
    speaker,
  }));
  switch (options.format) {
    case 'whisperx': {
      const segments = turns.map(({ start, end, speaker, text = '' }) => ({
        start,
        end,
        text,
        speaker,
        words: words.filter((word) => word.start >= start && word.start < end),
      }));
      return json({ segments, word_segments: words, language: null });
    }
    case 'verbose_json':
      return json({
        task: 'transcribe',
        duration,
        language: '',
        text: textOf(turns),
        segments: turns.map(({ start, end, speaker, text = '' }, id) => ({ id, start, end, text, speaker })),
        ...(words.length > 0 ? { words } : {}),
      });
    case 'diarized_json':
      return json({
        task: 'transcribe',
        duration,
        text: textOf(turns),
        segments: turns.map(({ start, end, speaker, text = '' }, i) => ({
          type: 'transcript.text.segment',
          id: `seg_${i}`,
          start,
          end,
          speaker: openAiName(speaker),
          text,
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

function recordingOf(job: JobRow, output: DiarizeOutput, { exclusive, names }: ExportOptions): TextAnnotation {
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
      (exclusive ? undefined : spoken) ??
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

/** SPEAKER_00 is A, SPEAKER_25 is Z, SPEAKER_26 is AA; names stay. */
function openAiName(speaker: string): string {
  const number = /^SPEAKER_(\d+)$/.exec(speaker)?.[1];
  if (number === undefined) return speaker;
  let name = '';
  for (let n = Number(number); n >= 0; n = Math.floor(n / 26) - 1) name = String.fromCharCode(65 + (n % 26)) + name;
  return name;
}

const textOf = (turns: readonly TextTurn[]) =>
  turns
    .map(({ text = '' }) => text)
    .filter(Boolean)
    .join(' ');

const json = (value: unknown): Exported => ({
  body: `${JSON.stringify(value, null, 2)}\n`,
  mediaType: 'application/json',
  extension: '.json',
});
