import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { readJson } from '../body.ts';
import { Stream } from '../contract/jobs.ts';
import type { Deps } from '../deps.ts';
import { LIVE_PATH } from '../live/socket.ts';
import { type Api, operation, publicUrl } from '../operation.ts';
import { invalid, notFound, Problem } from '../problem.ts';
import { getStream, insertStream } from '../store/streams.ts';

/** Live streams (beta): a URL for one WebSocket (live/socket.ts), and how the stream goes. Off unless LIVE is set. */
export function liveRoutes(api: Api, deps: Deps): void {
  operation(
    api,
    deps,
    {
      method: 'post',
      path: '/v1/live',
      operationId: 'createStream',
      tag: 'Live',
      summary: 'Get a single-use WebSocket URL (the body may be empty)',
      dialect: 'pyannoteai',
      scopes: ['stream:write'],
      rate: 'submit',
      answers: {
        200: { description: 'connect within 60 s', schema: z.object({ id: z.string(), url: z.string() }) },
        401: 'Unauthorized',
        403: 'Forbidden',
        429: 'TooMany',
      },
    },
    async ({ c, caller: { tenant } }) => {
      const { live } = deps;
      if (!live) throw new Problem(403, 'streaming_disabled', 'Streaming is disabled');
      const input = (await readJson(c.req.raw, 10_000)) ?? {};
      if (typeof input !== 'object' || Array.isArray(input))
        throw invalid({ field: 'body', message: 'must be an object' });
      await live.ready().catch((cause: unknown) => {
        throw new Problem(503, 'streaming_unavailable', 'Streams cannot be heard now', { retryAfter: 10, cause });
      });
      const id = randomUUID();
      const token = randomBytes(32).toString('base64url');
      const tokenHash = createHash('sha256').update(token).digest();
      await insertStream(deps.db, { id, tenant, tokenHash, input: input as Record<string, unknown> });
      const url = `${publicUrl(c, deps).replace(/^http/, 'ws')}${LIVE_PATH}?token=${token}`;
      return c.json({ id, url });
    },
  );
  operation(
    api,
    deps,
    {
      method: 'get',
      path: '/v1/live/{id}',
      operationId: 'getStream',
      tag: 'Live',
      summary: 'State of a stream',
      dialect: 'pyannoteai',
      scopes: ['stream:read'],
      rate: 'read',
      params: z.object({ id: z.string().max(100) }),
      answers: { 200: { description: 'the stream', schema: Stream }, 404: 'NotFound' },
    },
    async ({ c, caller: { tenant }, params: { id } }) => {
      const stream = z.uuid().safeParse(id).success ? await getStream(deps.db, tenant, id) : undefined;
      if (!stream) throw notFound('Stream');
      return c.json({
        id: stream.id,
        status: stream.status,
        startedAt: stream.started_at?.toISOString() ?? null,
        completedAt: stream.completed_at?.toISOString() ?? null,
        input: stream.input,
      });
    },
  );
}
