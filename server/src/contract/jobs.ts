import { z } from '@hono/zod-openapi';
import { DateTime, Label, Language, Metadata, SetName, VoiceprintString } from './common.ts';
import { mediaKey } from './media.ts';
import { TranscriptFormat } from './transcripts.ts';

export const JobStatus = z
  .enum(['created', 'pending', 'running', 'succeeded', 'failed', 'canceled'])
  .openapi('JobStatus');

export const errorCodes = [
  'media_not_found',
  'fetch_failed',
  'fetch_forbidden',
  'too_large',
  'too_long',
  'too_short',
  'decode_failed',
  'no_audio_stream',
  'no_speech',
  'voiceprint_multiple_speakers',
  'voiceprint_incompatible',
  'transcription_unavailable',
  'canceled_by_user',
  'timed_out',
  'worker_lost',
  'out_of_memory',
  'internal',
] as const;
export const JobErrorCode = z.enum(errorCodes).openapi('JobErrorCode');
export type JobErrorCode = z.infer<typeof JobErrorCode>;

const SpeakerCount = z
  .int()
  .min(1)
  .max(100)
  .nullish()
  .openapi('SpeakerCount', { description: 'null means "not given"; a whole number written as 2.0 is taken as 2' });

const InputUrl = z
  .string()
  .min(1)
  .max(8192)
  .superRefine((url, context) => {
    const fail = (message: string) => context.addIssue({ code: 'custom', message });
    if (url.startsWith('media://')) {
      if (url.length > 255) fail('must be at most 255 characters for a media:// url');
      else if (!/^media:\/\/[A-Za-z0-9_./-]+$/.test(url) || mediaKey(url) === undefined)
        fail('must be media:// and then letters, digits, _ . / - without empty, . or .. parts');
    } else if (!/^(https?|file):\/\//i.test(url) || !URL.canParse(url))
      fail('must be a media://, http:// or https:// url');
  });

const Webhook = z
  .string()
  .max(2048)
  .refine((url) => /^https?:\/\//i.test(url) && URL.canParse(url), 'must be an https:// url')
  .nullish()
  .openapi({ format: 'uri' });

/** A hundred years, and some: what the store's numbers and times hold. */
const MOST_HOURS = 1_000_000;

const common = {
  url: InputUrl.openapi({
    description: 'media:// object, http(s) URL, or (if switched on) file:// below an allowed folder',
  }),
  webhook: Webhook,
  webhookStatusOnly: z.boolean().nullish(),
  model: z.string().max(200).nullish().openapi({
    description: 'an id or alias from /v1/models; precision-* and community-* stand for the default model',
  }),
  channel: z
    .union([z.enum(['mix', 'separate', 'auto']), z.int().min(0).max(63)], {
      error: 'must be mix, separate, auto or a channel number',
    })
    .nullish()
    .openapi({ description: 'native: mix, separate, auto, or a channel number' }),
  metadata: Metadata.nullish(),
  retentionHours: z
    .int()
    .min(0)
    .max(MOST_HOURS)
    .nullish()
    .openapi({ description: 'native: shorter than the server default only' }),
  priority: z.int().min(-10).max(10).nullish().openapi({ description: 'native: larger goes first' }),
};

const speakers = {
  numSpeakers: SpeakerCount,
  minSpeakers: SpeakerCount,
  maxSpeakers: SpeakerCount,
  turnLevelConfidence: z.boolean().nullish(),
  exclusive: z.boolean().nullish(),
  confidence: z.boolean().nullish(),
};

const boundsFit = (request: { minSpeakers?: number | null; maxSpeakers?: number | null }) =>
  (request.minSpeakers ?? 1) <= (request.maxSpeakers ?? 100);
const boundsError = { path: ['minSpeakers'], error: 'must not be larger than maxSpeakers' };

export const DiarizeRequest = z
  .object({
    ...common,
    ...speakers,
    transcription: z.boolean().nullish(),
    transcriptionConfig: z.object({ model: z.string().max(200).nullish(), language: Language.nullish() }).nullish(),
    transcript: z.unknown().optional().openapi({
      description: 'native: a transcript to put the speakers on, in any format of /v1/assign; no speech-to-text needed',
    }),
    transcriptFormat: TranscriptFormat.nullish(),
  })
  .refine(boundsFit, boundsError)
  .openapi('DiarizeRequest', {
    example: { url: 'media://9a0364b9e99bb480dd25e1f0284c8555', model: 'precision-2', exclusive: true },
  });

export const VoiceprintRequest = z.object(common).openapi('VoiceprintRequest');

export const IdentifyRequest = z
  .object({
    ...common,
    ...speakers,
    voiceprints: z.array(z.object({ label: Label, voiceprint: VoiceprintString })).max(50),
    voiceprintSet: SetName.nullish().openapi({
      description: 'native: every enrolled speaker of this set is a candidate; then voiceprints may be empty',
    }),
    matching: z.object({ exclusive: z.boolean().nullish(), threshold: z.number().min(0).max(100).nullish() }).nullish(),
  })
  .refine(boundsFit, boundsError)
  .refine((request) => request.voiceprints.length > 0 || request.voiceprintSet != null, {
    path: ['voiceprints'],
    error: 'must have at least 1 item',
  })
  .refine((request) => new Set(request.voiceprints.map((one) => one.label)).size === request.voiceprints.length, {
    path: ['voiceprints'],
    error: 'must have a different label for each',
  })
  .openapi('IdentifyRequest');

export const JobCreated = z
  .object({ jobId: z.uuid(), status: JobStatus, warning: z.string().optional() })
  .openapi('JobCreated');

export const JobListItem = z
  .object({ id: z.string(), status: JobStatus, createdAt: DateTime, kind: z.string().optional() })
  .openapi('JobListItem');

const Score = z.number().min(0).max(100).openapi('Score');

export const Segment = z
  .object({
    speaker: z.string(),
    start: z.number().min(0).openapi({ description: 'seconds, at most three decimals' }),
    end: z.number().gt(0),
    confidence: z.record(z.string(), Score).optional(),
  })
  .openapi('Segment');

export const TextSegment = z
  .object({ start: z.number(), end: z.number(), text: z.string(), speaker: z.string() })
  .openapi('TextSegment');

export const FrameConfidence = z
  .object({ score: z.array(Score), resolution: z.number().gt(0) })
  .openapi('FrameConfidence');

export const DiarizeOutput = z
  .object({
    diarization: z.array(Segment),
    exclusiveDiarization: z.array(Segment).optional(),
    confidence: FrameConfidence.optional(),
    speakerConfidence: z.record(z.string(), Score).optional(),
    wordLevelTranscription: z.array(TextSegment).optional(),
    turnLevelTranscription: z.array(TextSegment).optional(),
    warning: z.string().optional(),
  })
  .openapi('DiarizeOutput');
export type DiarizeOutput = z.infer<typeof DiarizeOutput>;

export const IdentifyOutput = DiarizeOutput.extend({
  identification: z.array(Segment.extend({ diarizationSpeaker: z.string(), match: z.string().nullable() })),
  voiceprints: z.array(
    z.object({ speaker: z.string(), match: z.string().nullable(), confidence: z.record(z.string(), Score) }),
  ),
}).openapi('IdentifyOutput');
export type IdentifyOutput = z.infer<typeof IdentifyOutput>;

export const VoiceprintOutput = z
  .object({ voiceprint: VoiceprintString, warning: z.string().optional() })
  .openapi('VoiceprintOutput');

export const ErrorOutput = z.object({ error: z.string().min(1) }).openapi('ErrorOutput');

export const stages = [
  'queued',
  'fetching',
  'decoding',
  'segmentation',
  'embedding',
  'clustering',
  'transcription',
  'identification',
  'writing',
] as const;
export type Stage = (typeof stages)[number];

export const Job = z
  .object({
    jobId: z.uuid(),
    status: JobStatus,
    createdAt: DateTime,
    updatedAt: DateTime,
    output: z.union([IdentifyOutput, DiarizeOutput, VoiceprintOutput, ErrorOutput]).optional().openapi({
      description: 'absent while the job is not at an end, and once it has been erased; never null',
    }),
    kind: z.enum(['diarize', 'voiceprint', 'identify']).optional(),
    progress: z.number().min(0).max(1).optional(),
    stage: z.enum(stages).optional(),
    queuePosition: z.int().min(0).optional(),
    attempts: z.int().min(0).optional(),
    errorCode: JobErrorCode.optional(),
    audio: z
      .object({
        duration: z.number().optional(),
        sampleRate: z.int().optional(),
        channels: z.int().optional(),
        distinctChannels: z.int().optional(),
        codec: z.string().optional(),
      })
      .optional(),
    model: z.object({ id: z.string(), sha256: z.string().optional() }).optional(),
    metadata: Metadata.optional(),
    outputErasedAt: DateTime.nullish(),
  })
  .openapi('Job');

export const Stream = z
  .object({
    id: z.string(),
    status: z.enum(['created', 'running', 'done', 'error']).optional(),
    startedAt: DateTime.nullable(),
    completedAt: DateTime.nullable(),
    input: z.record(z.string(), z.unknown()),
  })
  .openapi('Stream');

export const exportFormats = [
  'json',
  'pyannote',
  'rttm',
  'uem',
  'csv',
  'tsv',
  'txt',
  'md',
  'srt',
  'vtt',
  'whisperx',
  'verbose_json',
  'diarized_json',
  'gladia',
  'textgrid',
  'eaf',
  'audacity',
] as const;
export type ExportFormat = (typeof exportFormats)[number];
