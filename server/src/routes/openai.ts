import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { z } from '@hono/zod-openapi';
import { MAX_REFERENCE_BYTES, OpenAIDiarized, OpenAIForm, OpenAIFormShown } from '../contract/openai.ts';
import type { Deps } from '../deps.ts';
import { fieldErrors } from '../issues.ts';
import { cancelOrErase } from '../jobs/cancel.ts';
import { JobFailure } from '../jobs/inferenceClient.ts';
import { type KnownSpeaker, REFERENCE_SECONDS } from '../jobs/knownSpeakers.ts';
import { openaiAnswer } from '../jobs/openai.ts';
import { probe } from '../jobs/probe.ts';
import { resolveStt } from '../jobs/recogniser.ts';
import { readStored } from '../jobs/stored.ts';
import { submit } from '../jobs/submit.ts';
import { type Api, type AppContext, type Call, operation } from '../operation.ts';
import { invalid, Problem, type ProblemStatus } from '../problem.ts';
import { transaction } from '../store/db.ts';
import { deleteJob, getJob, isEnd, type JobRow, peekJob } from '../store/jobs.ts';
import { deleteMedia } from '../store/media.ts';
import { nameBlob } from './media.ts';
import { type ReceivedForm, storeMultipart } from './receive.ts';

const LOOK_MS = 200;

/**
 * POST /v1/audio/transcriptions, as OpenAI's clients call it: one request that waits for its answer. Inside it is a job like
 * any other, so that it waits its turn, and a worker that dies is made up for; job, file and references go with the answer.
 */
export function openaiRoutes(api: Api, deps: Deps): void {
  operation(
    api,
    deps,
    {
      method: 'post',
      path: '/v1/audio/transcriptions',
      operationId: 'openaiTranscribe',
      tag: 'OpenAI',
      summary: 'Transcribe with speakers; needs a configured speech-to-text backend',
      dialect: 'openai',
      scopes: ['jobs:write'],
      rate: 'submit',
      rawBody: { 'multipart/form-data': OpenAIFormShown },
      answers: {
        200: {
          description: 'shape by response_format',
          schema: z.union([OpenAIDiarized, z.object({ text: z.string() })]),
        },
        400: 'OpenAIError',
        401: 'OpenAIError',
        501: 'OpenAIError',
      },
    },
    async (call) => {
      const { stt } = deps.config;
      if (!stt) throw new Problem(501, 'transcription_unavailable', 'This server has no speech-to-text backend');
      const { c, caller } = call;
      const received = await storeMultipart(deps, c.req.raw, 'file', { maxFieldBytes: MAX_REFERENCE_BYTES });
      const keys: string[] = [];
      let job: JobRow | undefined;
      try {
        const { blob, size, filename } = received.file;
        const key = `openai/${randomUUID()}`;
        await nameBlob(deps, { tenant: caller.tenant, key, blob, size, filename });
        keys.push(key);
        const form = formOf(received);
        const model = resolveStt(stt, form.model);
        if (!model.known) throw invalid({ field: 'model', message: model.message });
        const knownSpeakers = await storeReferences(caller.tenant, key, form, keys);
        ({ job } = await submit(
          deps,
          {
            kind: 'diarize',
            dialect: 'openai',
            url: `media://${key}`,
            retentionHours: 1,
            options: {
              channel: 'auto',
              transcription: { language: form.language },
              filename,
              ...(knownSpeakers.length > 0 ? { knownSpeakers } : {}),
            },
          },
          call,
        ));
        const ended = await untilEnded(c, job);
        const stored = readStored(deps.vault, ended);
        if (ended.status !== 'succeeded' || !stored?.spoken) throw problemOf(ended, stored?.answer['error']);
        const { body, mediaType } = openaiAnswer(stored, Number(ended.audio?.['duration'] ?? 0), form);
        return c.body(body, 200, { 'content-type': mediaType });
      } finally {
        await forget(call, job, keys);
      }
    },
  );

  /** The clips of known speakers as media of this job; those that cannot be used are refused now. */
  async function storeReferences(
    tenant: string,
    key: string,
    { known_speaker_names: names, known_speaker_references: references }: OpenAIForm,
    keys: string[],
  ): Promise<KnownSpeaker[]> {
    const field = 'known_speaker_references';
    const { least, most } = REFERENCE_SECONDS;
    const known: KnownSpeaker[] = [];
    for (const [i, name] of names.entries()) {
      const bytes = bytesOf(references[i]);
      if (!bytes) throw invalid({ field, message: `must be data: URLs in base64; that of ${name} is none` });
      const blob = randomUUID();
      const { size } = await deps.blobs.write(blob, Readable.from([bytes]), MAX_REFERENCE_BYTES);
      const clip = `${key}-${i}`;
      await nameBlob(deps, { tenant, key: clip, blob, size });
      keys.push(clip);
      const seconds = await lengthOf(blob, name);
      if (seconds < least || seconds > most)
        throw invalid({
          field,
          message: `must be ${least} to ${most} s long; that of ${name} is ${seconds.toFixed(1)} s`,
        });
      known.push({ name, url: `media://${clip}` });
    }
    return known;
  }

  async function lengthOf(blob: string, name: string): Promise<number> {
    const file = (await deps.blobs.checkout(blob))!;
    try {
      return (await probe(deps.engine, file.path)).duration;
    } catch (error) {
      if (!(error instanceof JobFailure)) throw error;
      const message = `must be recordings; that of ${name} cannot be read: ${error.message}`;
      throw invalid({ field: 'known_speaker_references', message });
    } finally {
      await file.release();
    }
  }

  /** Waits as long as the job takes; the connection is silent for that time. */
  async function untilEnded(c: AppContext, { tenant, id }: JobRow): Promise<JobRow> {
    const socket = c.env?.incoming?.socket;
    const usual = socket?.timeout ?? 0;
    socket?.setTimeout(0);
    const { signal } = c.req.raw;
    try {
      for (;;) {
        const now = await peekJob(deps.db, tenant, id);
        if (!now || signal.aborted) throw new Problem(503, 'canceled', 'The request was canceled');
        if (isEnd(now.status)) return (await getJob(deps.db, tenant, id))!;
        await new Promise((resume) => setTimeout(resume, LOOK_MS));
      }
    } finally {
      socket?.setTimeout(usual);
    }
  }

  /** Nothing of a request stays but the audit trail; a job that has not ended is canceled, as nobody waits for it. */
  async function forget(call: Call<unknown, unknown, unknown>, job: JobRow | undefined, keys: readonly string[]) {
    const { tenant } = call.caller;
    if (job) await cancelOrErase(deps, job.id, call);
    await transaction(deps.db, async (trx) => {
      for (const key of keys) await deleteMedia(trx, tenant, key);
      if (job) await deleteJob(trx, tenant, job.id);
    });
  }
}

/** OpenAI's error shape. */
export function openaiError({ status, code, message, errors }: Problem): Record<string, unknown> {
  const [first] = errors ?? [];
  return {
    error: {
      message: first ? `${first.field} ${first.message}` : message,
      type: status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error',
      param: first?.field ?? null,
      code: CODES[code] ?? code,
    },
  };
}

const CODES: Readonly<Record<string, string>> = {
  unauthorized: 'invalid_api_key',
  rate_limited: 'rate_limit_exceeded',
};

/** Fields by name: `x[]`, `x[0]` and `x` are one list. */
function formOf({ fields }: ReceivedForm): OpenAIForm {
  const lists = new Set(['timestamp_granularities', 'known_speaker_names', 'known_speaker_references']);
  const form: Record<string, string | string[]> = {};
  for (const [full, value] of fields) {
    const name = full.replace(/\[\d*\]$/, '');
    if (!lists.has(name)) form[name] = value;
    else form[name] = [...((form[name] as string[] | undefined) ?? []), value];
  }
  const parsed = OpenAIForm.safeParse(form, { reportInput: true });
  if (!parsed.success) throw invalid(...fieldErrors(parsed.error.issues));
  return parsed.data;
}

/** The bytes of a data URL in base64. */
function bytesOf(url: string): Buffer | undefined {
  const found = /^data:[^,]{0,200};base64,([A-Za-z0-9+/_-]+={0,2})\s*$/.exec(url);
  return found ? Buffer.from(found[1], 'base64') : undefined;
}

/** Why there is no answer: the caller's fault where the recording is at fault. */
function problemOf({ error_code: code, status }: JobRow, reason: unknown): Problem {
  const message = typeof reason === 'string' ? reason : `The request ended as ${status}`;
  return new Problem((code && STATUSES[code]) || 503, code ?? 'unavailable', message);
}

const STATUSES: Readonly<Record<string, ProblemStatus>> = {
  media_not_found: 400,
  decode_failed: 400,
  no_audio_stream: 400,
  no_speech: 400,
  too_short: 400,
  too_long: 400,
  too_large: 413,
  internal: 500,
};
