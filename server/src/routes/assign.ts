import type { DiarizeOutput } from '../contract/jobs.ts';
import { AssignRequest, AssignResponse } from '../contract/transcripts.ts';
import type { Deps } from '../deps.ts';
import { assign } from '../jobs/assign.ts';
import { assignAside } from '../jobs/assignAside.ts';
import { readStored } from '../jobs/stored.ts';
import { type Api, operation } from '../operation.ts';
import { notFound, Problem } from '../problem.ts';
import { getJob } from '../store/jobs.ts';

/** Requests up to this are assigned at once, in a tenth of a second at most; others in a process of their own. */
const SMALL_BYTES = 500_000;

/** POST /v1/assign: put speakers onto a transcript that somebody else made. No audio, no waiting. */
export function assignRoutes(api: Api, deps: Deps): void {
  operation(
    api,
    deps,
    {
      method: 'post',
      path: '/v1/assign',
      operationId: 'assignSpeakers',
      tag: 'Transcripts',
      summary: 'Put speakers onto a transcript that somebody else made (synchronous, no audio needed)',
      dialect: 'native',
      scopes: ['jobs:write'],
      rate: 'submit',
      body: AssignRequest,
      maxBytes: ({ config }) => config.limits.assignBytes,
      answers: {
        200: { description: 'the transcript with speakers', schema: AssignResponse },
        400: 'Invalid',
        401: 'Unauthorized',
        404: 'NotFound',
        409: 'Conflict',
        413: 'TooLarge',
        503: 'Busy',
      },
    },
    async ({ c, caller: { tenant }, body }) => {
      const { output, ...options } = body.options ?? {};
      const given = Object.fromEntries(
        Object.entries(options).filter(([, value]) => value !== null && value !== undefined),
      );
      const diarization = body.diarization ? { turns: body.diarization } : await turnsOf(tenant, body.jobId!);
      const { transcript, format } = body;
      const call = { transcript, format: format ?? 'auto', same: output === 'same', options: given };
      const small = Number(c.req.header('content-length') ?? Number.POSITIVE_INFINITY) <= SMALL_BYTES;
      return c.json(small ? assign(diarization, call) : await assignAside({ diarization, call }));
    },
  );

  async function turnsOf(tenant: string, jobId: string) {
    const job = await getJob(deps.db, tenant, jobId);
    if (!job) throw notFound('Job');
    const stored = readStored(deps.vault, job);
    const { diarization } = (stored?.answer ?? {}) as Partial<DiarizeOutput>;
    if (job.status !== 'succeeded' || !diarization)
      throw new Problem(409, 'not_in_state', `The job has no turns: it is ${job.erased_at ? 'erased' : job.status}`);
    return { turns: diarization, ...(stored?.exclusive ? { exclusiveTurns: stored.exclusive } : {}) };
  }
}
