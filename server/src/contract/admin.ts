import { z } from '@hono/zod-openapi';
import { DateTime, Expiry, Label, Metadata, Scope, Sets, VoiceprintString } from './common.ts';

export const ApiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    prefix: z.string(),
    scopes: z.array(Scope),
    tenant: z.string().optional(),
    createdAt: DateTime,
    lastUsedAt: DateTime.nullish(),
    expiresAt: DateTime.nullish(),
  })
  .openapi('ApiKey');

export const NewKey = z
  .object({
    name: z.string().min(1).max(100),
    scopes: z.array(Scope).min(1),
    tenant: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9, _ and -')
      .nullish(),
    expiresAt: Expiry.nullish(),
    rateLimitPerMinute: z.int().min(1).max(1_000_000).nullish(),
  })
  .openapi('NewKey');

export const AuditEvent = z
  .object({
    seq: z.int(),
    at: DateTime,
    tenant: z.string().optional(),
    actor: z.string().openapi({ description: 'key id or system' }),
    action: z.string(),
    target: z.string(),
    requestId: z.string().optional(),
    ip: z.string().nullish(),
    detail: z.record(z.string(), z.unknown()).optional(),
    prevHash: z.string().regex(/^[0-9a-f]{64}$/),
    hash: z.string().regex(/^[0-9a-f]{64}$/),
  })
  .openapi('AuditEvent');

export const Delivery = z
  .object({
    id: z.string(),
    jobId: z.string(),
    attempt: z.int().min(0).max(3),
    at: DateTime,
    outcome: z.enum([
      'delivered',
      'http_timeout',
      'too_many_redirects',
      'connection_failed',
      'ssl_error',
      'http_error',
      'unknown_error',
    ]),
    httpStatus: z.int().nullish(),
  })
  .openapi('Delivery');

const Consent = z
  .object({
    basis: z.string().max(200).nullish(),
    reference: z.string().max(500).nullish(),
    at: DateTime.nullish(),
  })
  .openapi('Consent');

export const StoredVoiceprint = z
  .object({
    id: z.string(),
    label: Label,
    sets: Sets,
    samples: z.int().min(1),
    model: z.string(),
    consent: Consent.nullish(),
    metadata: Metadata.optional(),
    createdAt: DateTime,
    updatedAt: DateTime,
    lastMatchedAt: DateTime.nullish(),
    expiresAt: DateTime.nullish(),
    voiceprint: VoiceprintString.optional(),
  })
  .openapi('StoredVoiceprint');

export const EnrollRequest = z
  .object({
    label: Label,
    voiceprint: VoiceprintString.nullish(),
    fromJob: z.object({ jobId: z.uuid(), speaker: z.string().min(1).max(200) }).nullish(),
    sets: Sets.nullish(),
    consent: Consent.nullish(),
    metadata: Metadata.nullish(),
    expiresAt: Expiry.nullish(),
  })
  .refine((request) => (request.voiceprint == null) !== (request.fromJob == null), {
    path: ['voiceprint'],
    error: 'or fromJob is required, and not both',
  })
  .openapi('EnrollRequest');

export const VoiceprintChange = z
  .object({
    label: Label.nullish(),
    sets: Sets.nullish(),
    metadata: Metadata.nullish(),
    expiresAt: Expiry.nullable().optional(),
    addVoiceprint: VoiceprintString.nullish(),
  })
  .openapi('VoiceprintChange');

export const Model = z
  .object({
    id: z.string(),
    kind: z.enum(['diarization', 'embedding', 'transcription']),
    aliases: z.array(z.string()).optional(),
    license: z.string().optional(),
    sha256: z.string().optional(),
    ready: z.boolean(),
  })
  .openapi('Model');

export const Readiness = z
  .object({ status: z.enum(['ready', 'not_ready']), checks: z.record(z.string(), z.string()) })
  .openapi('Readiness');
