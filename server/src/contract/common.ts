import { z } from '@hono/zod-openapi';

/**
 * The words that every dialect shares. These schemas are the one source: requests are checked by them, the OpenAPI
 * document and the TypeScript client are made from them. Optional request fields are nullish: null equals absent.
 */
export const scopes = [
  'jobs:read',
  'jobs:write',
  'media:read',
  'media:write',
  'stream:read',
  'stream:write',
  'voiceprints:read',
  'voiceprints:write',
  'admin',
] as const;
export const Scope = z.enum(scopes).openapi('Scope');
export type Scope = z.infer<typeof Scope>;

export const ApiError = z
  .object({
    requestId: z.uuid(),
    message: z.string(),
    code: z.string().optional(),
    request_id: z.string().optional().openapi({ description: 'the same value for Gladia clients' }),
  })
  .openapi('ApiError');

export const ValidationErrorResponse = z
  .object({
    requestId: z.string().optional(),
    message: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })),
  })
  .openapi('ValidationErrorResponse');

export const OpenAIError = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullish(),
      code: z.string().nullish(),
    }),
  })
  .openapi('OpenAIError');

export const TestResponse = z.object({ status: z.string(), message: z.string() }).openapi('TestResponse');

/** A calendar time as it goes over the wire. */
export const DateTime = z.iso.datetime({ offset: true });

/** Until when something asked for lasts. */
export const Expiry = DateTime.refine((time) => Date.parse(time) > Date.now(), 'must be a time in the future').refine(
  (time) => Date.parse(time) < Date.UTC(10_000, 0),
  'must be before the year 10000', // which has five digits in UTC, and is no DateTime of an answer
);

export const Metadata = z
  .record(z.string().max(100), z.string().max(500))
  .refine((value) => Object.keys(value).length <= 20, 'must have at most 20 entries')
  .openapi('Metadata', { maxProperties: 20 });

export const Label = z
  .string()
  .min(1)
  .max(100)
  .regex(/^(?![Ss][Pp][Ee][Aa][Kk][Ee][Rr]_)/, 'must not start with SPEAKER_')
  .openapi('Label', { description: 'may not start with SPEAKER_ in any case' });

export const SetName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9, _ and -');
export const Sets = z.array(SetName).max(20).openapi('Sets');

/** Of a portable voiceprint, in characters; pyannoteAI's limit, too. */
export const LONGEST_VOICEPRINT = 20_000;

export const VoiceprintString = z.string().min(1).max(LONGEST_VOICEPRINT).openapi('VoiceprintString', {
  description: 'opaque portable string (vpr1. + base64url), or store:vp_… which names an enrolled speaker',
});

/** A code such as `en` or `pt-BR`, or a name such as `english`: it is passed on to programs. */
export const Language = z.string().regex(/^[A-Za-z][A-Za-z_-]{1,19}$/, 'must be a language such as en');
