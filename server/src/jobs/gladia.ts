import { type AssignedTranscript, toGladia, UNKNOWN, writeTranscript } from 'diarist';
import type { GladiaJob, GladiaRequest, GladiaResult, GladiaUtterance } from '../contract/gladia.ts';
import type { DiarizeOutput } from '../contract/jobs.ts';
import type { JobRow } from '../store/jobs.ts';
import { languageCode } from './language.ts';
import type { Stored } from './stored.ts';
import { transcriptOf, withoutNames } from './transcript.ts';

/**
 * A job in Gladia's words. Speakers are integers by first appearance over all channels, and there only where diarization
 * was asked for; confidence 0..1. Without a speech-to-text backend an utterance is a turn: empty text, no words.
 */
type Turn = DiarizeOutput['diarization'][number] & { channel?: number };

export const gladiaStatus = {
  created: 'queued',
  pending: 'queued',
  running: 'processing',
  succeeded: 'done',
  failed: 'error',
  canceled: 'error',
} as const;

/** HTTP-like numbers for `error_code`, which is an integer in this dialect. */
const errorStatus: Readonly<Record<string, number>> = {
  media_not_found: 404,
  fetch_forbidden: 403,
  too_large: 413,
  decode_failed: 415,
  no_audio_stream: 415,
  internal: 500,
  worker_lost: 500,
  timed_out: 504,
};

export function gladiaJob(job: JobRow, stored: Stored | undefined): GladiaJob {
  const { options } = job;
  return {
    id: job.id,
    request_id: `G-${job.id.slice(0, 8)}`,
    version: 2,
    status: gladiaStatus[job.status],
    created_at: job.created_at.toISOString(),
    completed_at: job.ended_at?.toISOString() ?? null,
    kind: 'pre-recorded',
    custom_metadata: (options['customMetadata'] as Record<string, unknown> | undefined) ?? null,
    error_code: job.error_code ? (errorStatus[job.error_code] ?? 422) : null,
    post_session_metadata: {},
    file: {
      id: options['fileId'] ?? job.id,
      filename: options['filename'] ?? null,
      source: options['source'] ?? null,
      audio_duration: job.audio?.['duration'] ?? null,
      number_of_channels: job.audio?.['channels'] ?? null,
    },
    request_params: (options['request'] as Record<string, unknown> | undefined) ?? null,
    result: job.status === 'succeeded' && stored ? gladiaResult(job, stored) : null,
  };
}

function gladiaResult(job: JobRow, { answer, spoken }: Stored): GladiaResult {
  const duration = Number(job.audio?.['duration'] ?? 0);
  const distinct = Number(job.audio?.['distinctChannels'] ?? 1);
  const seconds = job.started_at && job.ended_at ? (job.ended_at.getTime() - job.started_at.getTime()) / 1000 : 0;
  // A job of another dialect, as it is exported, was a diarization.
  const request = (job.options['request'] ?? { diarization: true }) as GladiaRequest;
  const withSpeakers = request.diarization === true;
  const transcript = spoken && transcriptOf(spoken);
  const found = transcript ? saidBy(transcript) : { ...turnsBy(answer as DiarizeOutput), full_transcript: '' };
  const utterances = withSpeakers ? found.utterances : found.utterances.map(({ speaker: _, ...one }) => one);
  const languages = [...new Set(utterances.map(({ language }) => language).filter(Boolean))];
  return {
    metadata: {
      audio_duration: duration,
      number_of_distinct_channels: distinct,
      billing_time: Math.round(duration * distinct * 1000) / 1000,
      transcription_time: seconds,
    },
    transcription: {
      full_transcript: found.full_transcript,
      languages,
      utterances,
      ...(transcript && request.subtitles ? { subtitles: subtitles(transcript, request, withSpeakers) } : {}),
    },
    ...(withSpeakers
      ? {
          diarization: {
            success: true,
            is_empty: utterances.length === 0,
            exec_time: seconds,
            error: null,
            results: utterances,
          },
        }
      : {}),
  };
}

interface Said {
  readonly utterances: GladiaUtterance[];
  readonly full_transcript: string;
}

/** What was said; an utterance that no speaker was found for has none. */
function saidBy(transcript: AssignedTranscript): Said {
  const { transcription } = toGladia(transcript) as { transcription: Said };
  const numberOf = numbering();
  const utterances = transcription.utterances.map(({ speaker: _, ...one }, i): GladiaUtterance => {
    const { speaker } = transcript.turns[i];
    return {
      ...one,
      end: Math.max(one.end, milliseconds(one.start + 0.001)),
      language: languageCode(one.language),
      ...(speaker === UNKNOWN ? {} : { speaker: numberOf(speaker) }),
    };
  });
  return { utterances, full_transcript: transcription.full_transcript };
}

function turnsBy({ diarization }: DiarizeOutput): Pick<Said, 'utterances'> {
  const numberOf = numbering();
  const utterances = (diarization as Turn[]).map((turn) => ({
    start: turn.start,
    end: turn.end,
    confidence: Math.round(turn.confidence?.[turn.speaker] ?? 100) / 100,
    channel: turn.channel ?? 0,
    speaker: numberOf(turn.speaker),
    words: [],
    text: '',
    language: '',
  }));
  return { utterances };
}

function numbering(): (speaker: string) => number {
  const numbers = new Map<string, number>();
  return (speaker) => {
    if (!numbers.has(speaker)) numbers.set(speaker, numbers.size);
    return numbers.get(speaker)!;
  };
}

function subtitles(transcript: AssignedTranscript, { subtitles_config: wanted }: GladiaRequest, withSpeakers: boolean) {
  const shown = withSpeakers ? transcript : withoutNames(transcript);
  return (wanted?.formats ?? ['srt']).map((format) => ({ format, subtitles: writeTranscript(shown, format) }));
}

const milliseconds = (seconds: number) => Math.round(seconds * 1000) / 1000;

/** What is sent to `callback_config.url` when a job ends. */
export function gladiaCallback(job: JobRow, stored: Stored | undefined): Record<string, unknown> {
  const { result, custom_metadata, error_code } = gladiaJob(job, stored);
  const common = { id: job.id, custom_metadata: custom_metadata ?? {} };
  if (job.status === 'succeeded') return { ...common, event: 'transcription.success', payload: result };
  const reason = stored?.answer['error'];
  const message = typeof reason === 'string' ? reason : 'The job was canceled';
  return { ...common, event: 'transcription.error', error: { code: error_code, message } };
}
