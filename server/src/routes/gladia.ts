import { randomUUID } from 'node:crypto';
import { extname } from 'node:path';
import { z } from '@hono/zod-openapi';
import { DateTime } from '../contract/common.ts';
import { addOns, GladiaJob, GladiaRequest } from '../contract/gladia.ts';
import type { Deps } from '../deps.ts';
import { cancelOrErase } from '../jobs/cancel.ts';
import { gladiaJob } from '../jobs/gladia.ts';
import { JobFailure } from '../jobs/inferenceClient.ts';
import { probe } from '../jobs/probe.ts';
import { readStored } from '../jobs/stored.ts';
import { checkWebhook, submit } from '../jobs/submit.ts';
import { type Api, operation, publicUrl } from '../operation.ts';
import { type FieldError, invalid, notFound } from '../problem.ts';
import { transaction } from '../store/db.ts';
import { listWholeJobs } from '../store/jobList.ts';
import { deleteJob, getJob, isAwaited, type JobRow } from '../store/jobs.ts';
import { deleteMedia, getMedia } from '../store/media.ts';
import type { JobStatus } from '../store/schema.ts';
import { nameBlob, sendMedia } from './media.ts';
import { storeDownload, storeMultipart } from './receive.ts';

/** Gladia's pre-recorded dialect: upload, create, poll, list, fetch the file, delete. */
export function gladiaRoutes(api: Api, deps: Deps): void {
  const shared = { tag: 'Gladia', dialect: 'gladia' } as const;
  const params = z.object({ id: z.uuid() });

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'post',
      path: '/v2/upload',
      operationId: 'gladiaUpload',
      summary: 'Upload a file (field `audio`), or name one by URL',
      scopes: ['media:write'],
      rate: 'submit',
      rawBody: {
        'multipart/form-data': z.object({ audio: z.string().openapi({ format: 'binary' }) }),
        'application/json': z.object({ audio_url: z.url() }),
      },
      answers: {
        200: {
          description: 'stored',
          schema: z.object({
            audio_url: z.url(),
            audio_metadata: z.object({
              id: z.string(),
              filename: z.string(),
              source: z.string().optional(),
              extension: z.string(),
              size: z.int(),
              audio_duration: z.number(),
              number_of_channels: z.int(),
            }),
          }),
        },
        400: 'Invalid',
        401: 'Unauthorized',
        413: 'TooLarge',
      },
    },
    async ({ c, caller: { tenant } }) => {
      const isForm = /^multipart\/form-data/i.test(c.req.header('content-type') ?? '');
      const stored = isForm
        ? (await storeMultipart(deps, c.req.raw, 'audio')).file
        : await storeDownload(deps, c.req.raw);
      const id = randomUUID();
      const { duration, channels } = await soundOf(stored.blob);
      const { filename, size, source } = stored;
      await saveFile(tenant, id, { ...stored, info: { duration, channels, ...(source ? { source } : {}) } });
      return c.json({
        audio_url: `${publicUrl(c, deps)}/file/${id}`,
        audio_metadata: {
          id,
          filename,
          ...(source ? { source } : {}),
          extension: extname(filename).slice(1).toLowerCase(),
          size,
          audio_duration: duration,
          number_of_channels: channels,
        },
      });
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'post',
      path: '/v2/pre-recorded',
      operationId: 'gladiaCreate',
      summary: 'Start a pre-recorded job',
      scopes: ['jobs:write'],
      rate: 'submit',
      body: GladiaRequest,
      answers: {
        201: { description: 'accepted', schema: z.object({ id: z.uuid(), result_url: z.url() }) },
        400: 'Invalid',
        401: 'Unauthorized',
        429: 'TooMany',
        503: 'Busy',
      },
    },
    async (call) => {
      const { c, caller, body } = call;
      const refused: FieldError[] = addOns
        .filter((name) => body[name] === true && !(name === 'subtitles' && deps.config.stt))
        .map((field) => ({ field, message: 'is not available on this server' }));
      if (refused.length > 0) throw invalid(...refused);
      const callback = body.callback_config?.url ?? body.callback_url ?? undefined;
      if (callback !== undefined) {
        if (!URL.canParse(callback)) throw invalid({ field: 'callback_config.url', message: 'must be a URL' });
        checkWebhook(callback, deps, 'callback_config.url');
      }
      const { url, file } = await inputOf(caller.tenant, body.audio_url, publicUrl(c, deps));
      const bounds = body.diarization_config ?? {};
      const { job } = await submit(
        deps,
        {
          kind: 'diarize',
          dialect: 'gladia',
          url,
          webhook: callback,
          options: {
            channel: 'auto',
            turnLevelConfidence: true,
            ...(deps.config.stt ? { transcription: { language: oneLanguage(body) } } : {}),
            ...hints(bounds),
            customMetadata: body.custom_metadata ?? undefined,
            callbackMethod: body.callback_config?.method ?? undefined,
            request: body,
            ...file,
          },
        },
        call,
      );
      return c.json({ id: job.id, result_url: `${publicUrl(c, deps)}/v2/pre-recorded/${job.id}` }, 201);
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'get',
      path: '/v2/pre-recorded',
      operationId: 'gladiaList',
      summary: 'List pre-recorded jobs; `custom_metadata[KEY]=VALUE` for those that were sent with it',
      scopes: ['jobs:read'],
      rate: 'read',
      query: z.object({
        offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
        limit: z.coerce.number().int().min(1).max(100).default(20),
        status: z.array(z.enum(['queued', 'processing', 'done', 'error'])).optional(),
        date: IsoDate.optional(),
        before_date: IsoDate.optional(),
        after_date: IsoDate.optional(),
      }),
      answers: {
        200: {
          description: 'a page',
          schema: z.object({
            first: z.string(),
            current: z.string(),
            next: z.string().nullable(),
            items: z.array(GladiaJob),
          }),
        },
        401: 'Unauthorized',
      },
    },
    async ({ c, caller: { tenant }, query: { offset, limit, status, ...dates } }) => {
      const statuses = status?.flatMap((name) => STATUSES[name]);
      const metadata = [...new URL(c.req.url).searchParams].filter(([name]) => METADATA.test(name));
      const page = await listWholeJobs(deps.db, tenant, {
        limit: limit + 1,
        offset,
        dialect: 'gladia',
        ...(statuses ? { statuses } : {}),
        day: dates.date?.slice(0, 'YYYY-MM-DD'.length),
        before: dates.before_date,
        after: dates.after_date,
        metadata: metadata.map(([name, value]) => [METADATA.exec(name)![1], value]),
      });
      const filters = [...(status ?? []).map((name) => ['status', name]), ...Object.entries(dates), ...metadata];
      const filter = filters.map((pair) => `&${new URLSearchParams([pair as [string, string]])}`).join('');
      const at = (from: number) => `${publicUrl(c, deps)}/v2/pre-recorded?offset=${from}&limit=${limit}${filter}`;
      return c.json({
        first: at(0),
        current: at(offset),
        next: page.length > limit ? at(offset + limit) : null,
        items: page.slice(0, limit).map(view),
      });
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'get',
      path: '/v2/pre-recorded/{id}',
      operationId: 'gladiaGet',
      summary: 'State and result',
      scopes: ['jobs:read'],
      rate: 'read',
      params,
      answers: { 200: { description: 'the job', schema: GladiaJob }, 401: 'Unauthorized', 404: 'NotFound' },
    },
    async ({ c, caller: { tenant }, params: { id } }) => c.json(view(await gladiaJobOf(tenant, id))),
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'delete',
      path: '/v2/pre-recorded/{id}',
      operationId: 'gladiaDelete',
      summary: 'Delete a job and its file',
      scopes: ['jobs:write'],
      rate: 'read',
      params,
      answers: { 202: { description: 'deleted' }, 404: 'NotFound' },
    },
    async (call) => {
      const { tenant } = call.caller;
      const job = await gladiaJobOf(tenant, call.params.id);
      await cancelOrErase(deps, job.id, call);
      await transaction(deps.db, async (trx) => {
        await deleteJob(trx, tenant, job.id);
        // A file may be uploaded once for several jobs: it goes with the last that needs it.
        if (job.url.startsWith('media://') && !(await isAwaited(trx, tenant, job.url)))
          await deleteMedia(trx, tenant, job.url.slice('media://'.length));
      });
      return call.c.body(null, 202);
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'get',
      path: '/v2/pre-recorded/{id}/file',
      operationId: 'gladiaFile',
      summary: 'The audio of the job (never with a JSON content type)',
      scopes: ['media:read'],
      rate: 'read',
      params,
      answers: {
        200: {
          description: 'bytes',
          schema: z.string().openapi({ format: 'binary' }),
          type: 'application/octet-stream',
        },
        404: 'NotFound',
      },
    },
    async ({ c, caller: { tenant }, params: { id } }) => {
      const { url } = await gladiaJobOf(tenant, id);
      if (!url.startsWith('media://')) throw notFound('File');
      return sendMedia(deps, c, { tenant, key: url.slice('media://'.length) });
    },
  );

  const view = (job: JobRow) => gladiaJob(job, readStored(deps.vault, job));

  async function gladiaJobOf(tenant: string, id: string): Promise<JobRow> {
    const job = await getJob(deps.db, tenant, id);
    if (job?.dialect !== 'gladia') throw notFound('Job');
    return job;
  }

  /** Duration and channels of a stored blob; a file without sound is refused here, as Gladia does. */
  async function soundOf(blob: string): Promise<{ duration: number; channels: number }> {
    const file = await deps.blobs.checkout(blob);
    if (!file) throw notFound('File');
    try {
      return await probe(deps.engine, file.path);
    } catch (error) {
      await deps.blobs.remove(blob);
      if (error instanceof JobFailure) throw invalid({ field: 'audio', message: `cannot be read: ${error.message}` });
      throw error;
    } finally {
      await file.release();
    }
  }

  async function saveFile(
    tenant: string,
    id: string,
    { blob, size, filename, info }: { blob: string; size: number; filename: string; info: Record<string, unknown> },
  ): Promise<void> {
    await nameBlob(deps, { tenant, key: `gladia/${id}`, blob, size, filename, info });
  }

  /** An audio_url of ours is the file behind it, also one that is gone; any other is fetched by the worker. */
  async function inputOf(
    tenant: string,
    audioUrl: string,
    ourUrl: string,
  ): Promise<{ url: string; file: Record<string, unknown> }> {
    if (!/^https?:\/\//i.test(audioUrl) || !URL.canParse(audioUrl))
      throw invalid({ field: 'audio_url', message: 'must be an http:// or https:// URL' });
    const own = /^\/file\/([0-9a-f-]{36})$/.exec(new URL(audioUrl).pathname)?.[1];
    const media = own ? await getMedia(deps.db, tenant, `gladia/${own}`) : undefined;
    if (media || (own && new URL(audioUrl).origin === URL.parse(ourUrl)?.origin))
      return { url: `media://gladia/${own}`, file: { fileId: own, filename: media?.filename } };
    const filename = new URL(audioUrl).pathname.split('/').at(-1) || null;
    return { url: audioUrl, file: { filename, source: audioUrl } };
  }
}

const IsoDate = z.union([z.iso.date(), DateTime]);
const METADATA = /^custom_metadata\[(.+)\]$/;

/** Hints never make a job fail: bounds that contradict one another are left out. */
function hints({
  number_of_speakers: exact,
  min_speakers: min,
  max_speakers: max,
}: {
  number_of_speakers?: number | null | undefined;
  min_speakers?: number | null | undefined;
  max_speakers?: number | null | undefined;
}): Record<string, unknown> {
  if (exact) return { maxSpeakers: exact };
  const least = min && min > 0 ? min : undefined;
  const most = max && max > 0 ? max : undefined;
  return least !== undefined && most !== undefined && least > most ? {} : { minSpeakers: least, maxSpeakers: most };
}

/** The language, where there is no doubt about it. */
function oneLanguage({ language_config: config }: GladiaRequest): string | undefined {
  return config?.languages?.length === 1 && config['code_switching'] !== true ? config.languages[0] : undefined;
}

const STATUSES: Readonly<Record<string, readonly JobStatus[]>> = {
  queued: ['created', 'pending'],
  processing: ['running'],
  done: ['succeeded'],
  error: ['failed', 'canceled'],
};
