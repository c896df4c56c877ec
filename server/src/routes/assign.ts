import type { DiarizeOutput } from '../contract/jobs.ts';
import { AssignRequest, AssignResponse } from '../contract/transcripts.ts';
import type { Deps } from '../deps.ts';
import { assign } from '../jobs/assign.ts';
import { readStored } from '../jobs/stored.ts';
import { type Api, operation } from '../operation.ts';
import { notFound, Problem } from '../problem.ts';
import { getJob } from '../store/jobs.ts';

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
      },
    },
    async ({ c, caller: { tenant }, body }) => {
      const { output, ...options } = body.options ?? {};
      const given = Object.fromEntries(
        Object.entries(options).filter(([, value]) => value !== null && value !== undefined),
      );
      const diarization = body.diarization ? { turns: body.diarization } : await turnsOf(tenant, body.jobId!);
      const { transcript, format } = body;
      return c.json(
        assign(diarization, { transcript, format: format ?? 'auto', same: output === 'same', options: given }),
      );
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
