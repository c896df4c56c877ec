import { z } from '@hono/zod-openapi';
import { Job, JobListItem, JobStatus } from '../contract/jobs.ts';
import type { Deps } from '../deps.ts';
import { cancelOrErase } from '../jobs/cancel.ts';
import { jobView } from '../jobs/view.ts';
import { type Api, operation } from '../operation.ts';
import { invalid, notFound } from '../problem.ts';
import { countJobs, type ListedJob, listJobs } from '../store/jobList.ts';
import { getJob, isEnd, peekJob, queuePosition } from '../store/jobs.ts';

const HELD_SECONDS = 60;
const LOOK_MS = 250;

/** Reading jobs, in both list forms; DELETE cancels or erases. */
export function jobRoutes(api: Api, deps: Deps): void {
  const params = z.object({ jobId: z.uuid() });
  const shared = { tag: 'Jobs', dialect: 'pyannoteai', scopes: ['jobs:read'], rate: 'read' } as const;

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'get',
      path: '/v1/jobs/{jobId}',
      operationId: 'getJob',
      summary: 'State of a job and, at the end, its output',
      params,
      answers: {
        200: { description: 'the job', schema: Job },
        401: 'Unauthorized',
        403: 'Forbidden',
        404: 'NotFound',
        429: 'TooMany',
      },
    },
    async ({ c, caller: { tenant }, params: { jobId } }) => {
      const wait = Number(/(?:^|[,;\s])wait=(\d{1,4})/.exec(c.req.header('prefer') ?? '')?.[1] ?? 0);
      if (wait > 0) await untilChanged(tenant, jobId, Math.min(wait, HELD_SECONDS), c.req.raw.signal);
      const job = await getJob(deps.db, tenant, jobId);
      if (!job) throw notFound('Job');
      const waiting = job.status === 'created' || job.status === 'pending';
      return c.json(jobView(deps.vault, job, waiting ? await queuePosition(deps.db, job) : undefined));
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'delete',
      path: '/v1/jobs/{jobId}',
      operationId: 'cancelOrEraseJob',
      dialect: 'native',
      scopes: ['jobs:write'],
      summary: 'Cancel a job that has not ended; erase the output of one that has',
      params,
      answers: { 200: { description: 'the job after the call', schema: Job }, 401: 'Unauthorized', 404: 'NotFound' },
    },
    async (call) => {
      const job = await cancelOrErase(deps, call.params.jobId, call);
      if (!job) throw notFound('Job');
      return call.c.json(jobView(deps.vault, job));
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'get',
      path: '/v1/jobs',
      operationId: 'listJobsV1',
      deprecated: true,
      summary: 'Older list, offset based',
      query: z.object({
        take: z.coerce.number().int().min(1).max(100).default(10),
        skip: z.coerce.number().int().min(0).max(1_000_000).default(0),
        status: JobStatus.optional(),
      }),
      answers: {
        200: { description: 'newest first', schema: z.object({ items: z.array(JobListItem), total: z.int() }) },
        401: 'Unauthorized',
      },
    },
    async ({ c, caller: { tenant }, query: { take, skip, status } }) => {
      const statuses = status ? [status] : undefined;
      const items = await listJobs(deps.db, tenant, { limit: take, offset: skip, ...(statuses ? { statuses } : {}) });
      return c.json({ items: items.map(listItem), total: await countJobs(deps.db, tenant, statuses) });
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'get',
      path: '/v2/jobs',
      operationId: 'listJobs',
      summary: 'List jobs, cursor based, without outputs',
      query: z.object({
        limit: z.coerce.number().int().min(1).max(100).default(10),
        cursor: z.preprocess((text) => (text === '' ? undefined : text), z.uuid().optional()),
        status: JobStatus.optional(),
      }),
      answers: {
        200: {
          description: 'newest first',
          schema: z.object({ items: z.array(JobListItem), nextCursor: z.string().nullable() }),
        },
        400: 'Invalid',
        401: 'Unauthorized',
      },
    },
    async ({ c, caller: { tenant }, query: { limit, cursor, status } }) => {
      // After a job that was deleted there is no telling what comes next: an empty page would say that nothing does.
      if (cursor && !(await peekJob(deps.db, tenant, cursor)))
        throw invalid({ field: 'cursor', message: 'names a job that is no longer there: begin again without it' });
      const page = await listJobs(deps.db, tenant, {
        limit: limit + 1,
        ...(cursor ? { cursor } : {}),
        ...(status ? { statuses: [status] } : {}),
      });
      const items = page.slice(0, limit);
      return c.json({ items: items.map(listItem), nextCursor: page.length > limit ? items.at(-1)!.id : null });
    },
  );

  /** Holds until the job changes state, ends, or the time is up. */
  async function untilChanged(tenant: string, id: string, seconds: number, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    const first = await peekJob(deps.db, tenant, id);
    let now = first;
    while (
      now &&
      first &&
      now.status === first.status &&
      !isEnd(now.status) &&
      performance.now() < deadline &&
      !signal.aborted
    ) {
      await new Promise((resume) => setTimeout(resume, LOOK_MS));
      now = await peekJob(deps.db, tenant, id);
    }
  }
}

const listItem = (job: ListedJob) => ({
  id: job.id,
  status: job.status,
  createdAt: job.created_at.toISOString(),
  kind: job.kind,
});
