import { z } from '@hono/zod-openapi';
import { TRANSCRIPT_FORMATS } from 'diarist';

export const transcriptFormats = ['auto', ...TRANSCRIPT_FORMATS] as const;
export const TranscriptFormat = z.enum(transcriptFormats).openapi('TranscriptFormat');

const Turn = z
  .object({ speaker: z.string().min(1).max(200), start: z.number().min(0), end: z.number().gt(0) })
  .refine((turn) => turn.end > turn.start, { path: ['end'], error: 'must be larger than start' });

export const AssignRequest = z
  .object({
    jobId: z.uuid().nullish().openapi({ description: 'take the turns from this finished job' }),
    diarization: z.array(Turn).max(200_000).nullish(),
    transcript: z
      .unknown()
      .optional()
      .openapi({ description: 'JSON in the source format, or a string for srt and vtt' }),
    format: TranscriptFormat.nullish(),
    options: z
      .object({
        useExclusive: z.boolean().nullish(),
        fillNearest: z.boolean().nullish(),
        maxGap: z.number().min(0).nullish(),
        keepUnknown: z.boolean().nullish(),
        splitSegments: z.boolean().nullish(),
        output: z.enum(['native', 'same']).nullish(),
      })
      .nullish(),
  })
  .refine((request) => request.transcript !== undefined && request.transcript !== null, {
    path: ['transcript'],
    error: 'is required',
  })
  .refine((request) => (request.jobId == null) !== (request.diarization == null), {
    path: ['jobId'],
    error: 'or diarization is required, and not both',
  })
  .openapi('AssignRequest');

const TextSegment = z.object({ start: z.number(), end: z.number(), text: z.string(), speaker: z.string() });

export const AssignResponse = z
  .object({
    detectedFormat: z.string(),
    words: z.array(TextSegment),
    turns: z.array(TextSegment),
    speakers: z.array(z.object({ speaker: z.string(), seconds: z.number(), words: z.int() })),
    stats: z.object({
      words: z.int(),
      unassigned: z.int(),
      filledNearest: z.int(),
      interpolatedTimes: z.int().optional(),
    }),
    transcript: z.unknown().optional().openapi({ description: 'only with options.output = same' }),
    warning: z.string().optional(),
  })
  .openapi('AssignResponse');
