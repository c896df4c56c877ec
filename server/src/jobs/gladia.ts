import type { GladiaJob, GladiaResult, GladiaUtterance } from '../contract/gladia.ts';
import type { DiarizeOutput } from '../contract/jobs.ts';
import type { JobRow } from '../store/jobs.ts';

/**
 * A job in Gladia's words. Without a speech-to-text backend an utterance is a turn: empty text, no words; the same
 * turns are in the `diarization` block. Speakers are integers by first appearance over all channels; confidence 0..1.
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

export function gladiaJob(job: JobRow, output: Record<string, unknown> | undefined): GladiaJob {
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
    result: job.status === 'succeeded' && output ? gladiaResult(job, output as DiarizeOutput) : null,
  };
}

function gladiaResult(job: JobRow, output: DiarizeOutput): GladiaResult {
  const duration = Number(job.audio?.['duration'] ?? 0);
  const distinct = Number(job.audio?.['distinctChannels'] ?? 1);
  const seconds = job.started_at && job.ended_at ? (job.ended_at.getTime() - job.started_at.getTime()) / 1000 : 0;
  const numbers = new Map<string, number>();
  const utterances: GladiaUtterance[] = (output.diarization as Turn[]).map((turn) => {
    if (!numbers.has(turn.speaker)) numbers.set(turn.speaker, numbers.size);
    return {
      start: turn.start,
      end: turn.end,
      confidence: Math.round(turn.confidence?.[turn.speaker] ?? 100) / 100,
      channel: turn.channel ?? 0,
      speaker: numbers.get(turn.speaker)!,
      words: [],
      text: '',
      language: '',
    };
  });
  return {
    metadata: {
      audio_duration: duration,
      number_of_distinct_channels: distinct,
      billing_time: Math.round(duration * distinct * 1000) / 1000,
      transcription_time: seconds,
    },
    transcription: { full_transcript: '', languages: [], utterances },
    diarization: {
      success: true,
      is_empty: utterances.length === 0,
      exec_time: seconds,
      error: null,
      results: utterances,
    },
  };
}

/** What is sent to `callback_config.url` when a job ends. */
export function gladiaCallback(job: JobRow, output: Record<string, unknown> | undefined): Record<string, unknown> {
  const { result, custom_metadata, error_code } = gladiaJob(job, output);
  const common = { id: job.id, custom_metadata: custom_metadata ?? {} };
  if (job.status === 'succeeded') return { ...common, event: 'transcription.success', payload: result };
  const message = typeof output?.['error'] === 'string' ? output['error'] : 'The job was canceled';
  return { ...common, event: 'transcription.error', error: { code: error_code, message } };
}
