import { z } from '@hono/zod-openapi';
import { DateTime, Language } from './common.ts';

/** Gladia's pre-recorded dialect. Add-ons are refused when asked for, but subtitles where there is speech-to-text. */
export const addOns = [
  'translation',
  'summarization',
  'moderation',
  'named_entity_recognition',
  'chapterization',
  'name_consistency',
  'custom_spelling',
  'structured_data_extraction',
  'sentiment_analysis',
  'audio_to_llm',
  'sentences',
  'display_mode',
  'punctuation_enhanced',
  'custom_vocabulary',
  'subtitles',
] as const;

const addOnFields = Object.fromEntries(addOns.map((name) => [name, z.boolean().nullish()])) as Record<
  (typeof addOns)[number],
  z.ZodOptional<z.ZodNullable<z.ZodBoolean>>
>;

export const GladiaRequest = z
  .object({
    audio_url: z.string().min(1).max(8192),
    diarization: z.boolean().nullish(),
    diarization_config: z
      .object({
        number_of_speakers: z.int().min(1).nullish(),
        min_speakers: z.int().min(0).nullish(),
        max_speakers: z.int().min(0).nullish(),
      })
      .nullish(),
    language_config: z.looseObject({ languages: z.array(Language).max(100).nullish() }).nullish(),
    subtitles_config: z.object({ formats: z.array(z.enum(['srt', 'vtt'])).nullish() }).nullish(),
    callback: z.boolean().nullish(),
    callback_config: z.object({ url: z.string().max(2048), method: z.enum(['POST', 'PUT']).nullish() }).nullish(),
    callback_url: z.string().max(2048).nullish(),
    custom_metadata: z.record(z.string(), z.unknown()).nullish(),
    model: z.string().nullish(),
    ...addOnFields,
  })
  .openapi('GladiaRequest');
export type GladiaRequest = z.infer<typeof GladiaRequest>;

export const GladiaWord = z
  .object({ word: z.string(), start: z.number(), end: z.number(), confidence: z.number().min(0).max(1) })
  .openapi('GladiaWord');

export const GladiaUtterance = z
  .object({
    start: z.number(),
    end: z.number(),
    confidence: z.number().min(0).max(1),
    channel: z.int().min(0),
    speaker: z.int().min(0).optional(),
    words: z.array(GladiaWord),
    text: z.string(),
    language: z.string(),
  })
  .openapi('GladiaUtterance');
export type GladiaUtterance = z.infer<typeof GladiaUtterance>;

export const GladiaResult = z
  .object({
    metadata: z.object({
      audio_duration: z.number(),
      number_of_distinct_channels: z.int().min(1),
      billing_time: z.number(),
      transcription_time: z.number(),
    }),
    transcription: z
      .object({
        full_transcript: z.string(),
        languages: z.array(z.string()),
        utterances: z.array(GladiaUtterance),
        subtitles: z.array(z.object({ format: z.string().optional(), subtitles: z.string().optional() })).optional(),
      })
      .optional(),
    diarization: z
      .object({
        success: z.boolean(),
        is_empty: z.boolean(),
        exec_time: z.number(),
        error: z.record(z.string(), z.unknown()).nullable(),
        results: z.array(GladiaUtterance),
      })
      .optional(),
  })
  .openapi('GladiaResult');
export type GladiaResult = z.infer<typeof GladiaResult>;

export const GladiaJob = z
  .object({
    id: z.string(),
    request_id: z.string(),
    version: z.literal(2),
    status: z.enum(['queued', 'processing', 'done', 'error']),
    created_at: DateTime,
    completed_at: DateTime.nullish(),
    kind: z.literal('pre-recorded'),
    custom_metadata: z.record(z.string(), z.unknown()).nullish(),
    error_code: z.int().nullish(),
    post_session_metadata: z.record(z.string(), z.unknown()).optional(),
    file: z.record(z.string(), z.unknown()).nullish(),
    request_params: z.record(z.string(), z.unknown()).nullish(),
    result: GladiaResult.nullish(),
  })
  .openapi('GladiaJob');
export type GladiaJob = z.infer<typeof GladiaJob>;
