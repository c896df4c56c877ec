import { z } from '@hono/zod-openapi';
import { exportFormats } from '../contract/jobs.ts';
import type { Deps } from '../deps.ts';
import { exportJob } from '../jobs/export.ts';
import { readStored } from '../jobs/stored.ts';
import { type Api, operation } from '../operation.ts';
import { notFound, Problem } from '../problem.ts';
import { getJob } from '../store/jobs.ts';

const flag = z
  .enum(['true', 'false', '1', '0'])
  .transform((text) => text === 'true' || text === '1')
  .openapi({ type: 'boolean' });

/** GET /v1/jobs/{jobId}/export: the result in the formats of the field. */
export function exportRoutes(api: Api, deps: Deps): void {
  operation(
    api,
    deps,
    {
      method: 'get',
      path: '/v1/jobs/{jobId}/export',
      operationId: 'exportJob',
      tag: 'Transcripts',
      summary: 'The same result in a file format',
      dialect: 'native',
      scopes: ['jobs:read'],
      rate: 'read',
      params: z.object({ jobId: z.uuid() }),
      query: z.object({
        format: z.enum(exportFormats),
        exclusive: flag.optional().openapi({ description: 'use the turns without overlap' }),
        names: flag.optional().openapi({ description: 'labels from identification instead of SPEAKER_nn' }),
      }),
      answers: {
        200: { description: 'the file', schema: z.string(), type: '*/*' },
        400: 'Invalid',
        404: 'NotFound',
        409: 'Conflict',
      },
    },
    async ({ c, caller: { tenant }, params: { jobId }, query: { format, exclusive = false, names = true } }) => {
      const job = await getJob(deps.db, tenant, jobId);
      if (!job) throw notFound('Job');
      const stored = readStored(deps.vault, job);
      if (job.status !== 'succeeded' || !stored)
        throw new Problem(
          409,
          'not_in_state',
          `The job has nothing to export: it is ${job.erased_at ? 'erased' : job.status}`,
        );
      if (job.kind === 'voiceprint') throw new Problem(409, 'not_in_state', 'A voiceprint has no turns to export');
      const { body, mediaType, extension } = exportJob(job, stored, { format, exclusive, names });
      return c.body(body, 200, {
        'content-type': `${mediaType}; charset=utf-8`,
        'content-disposition': `attachment; filename="${job.id}${extension}"`,
      });
    },
  );
}
