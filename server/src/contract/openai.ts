import { z } from '@hono/zod-openapi';
import { Language } from './common.ts';

/** OpenAI's transcription call: a multipart form in, one of six shapes out. */
export const responseFormats = ['json', 'text', 'srt', 'vtt', 'verbose_json', 'diarized_json'] as const;

/** The most that a reference may be as a data URL: 10 s of studio sound, and some. */
export const MAX_REFERENCE_BYTES: number = 4 * 2 ** 20;

/** The form without its file; fields that are not here (`prompt`, `temperature`, `chunking_strategy` …) are ignored. */
export const OpenAIForm = z
  .object({
    model: z.string().min(1).max(200),
    response_format: z.enum(responseFormats).default('json'),
    language: Language.optional(),
    stream: z
      .string()
      .optional()
      .refine((value) => value === undefined || /^(false|0|)$/i.test(value), 'must be false: answers come whole here'),
    timestamp_granularities: z.array(z.enum(['word', 'segment'])).default([]),
    known_speaker_names: z
      .array(z.string().min(1).max(100))
      .max(4)
      .default([])
      .refine((names) => new Set(names).size === names.length, 'must have a different name for each'),
    known_speaker_references: z.array(z.string().startsWith('data:', 'must be data: URLs')).max(4).default([]),
  })
  .refine((form) => form.known_speaker_names.length === form.known_speaker_references.length, {
    path: ['known_speaker_references'],
    error: 'must have one item for each of known_speaker_names',
  });
export type OpenAIForm = z.output<typeof OpenAIForm>;

export const OpenAIDiarized = z
  .object({
    task: z.literal('transcribe'),
    duration: z.number(),
    text: z.string(),
    segments: z.array(
      z.object({
        type: z.literal('transcript.text.segment'),
        id: z.string(),
        start: z.number(),
        end: z.number(),
        speaker: z.string(),
        text: z.string(),
      }),
    ),
    usage: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi('OpenAIDiarized');

/** How the form is shown in the document; arrays are sent as repeated fields with `[]` after their name. */
export const OpenAIFormShown = z.object({
  file: z.string().openapi({ format: 'binary' }),
  model: z.string(),
  response_format: z.enum(responseFormats).optional(),
  language: z.string().optional(),
  chunking_strategy: z.string().optional().openapi({ description: 'accepted and ignored' }),
  'timestamp_granularities[]': z.array(z.enum(['word', 'segment'])).optional(),
  'known_speaker_names[]': z.array(z.string()).max(4).optional(),
  'known_speaker_references[]': z.array(z.string()).max(4).optional().openapi({
    description: 'data: URLs, 1.2 to 10 s each',
  }),
});
