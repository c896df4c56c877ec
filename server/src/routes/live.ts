import { z } from '@hono/zod-openapi';
import { Stream } from '../contract/jobs.ts';
import type { Deps } from '../deps.ts';
import { type Api, operation } from '../operation.ts';
import { notFound, Problem } from '../problem.ts';

/** The streaming beta is off in this release; its calls answer as pyannoteAI does where it is off: 403. */
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
    () => {
      throw new Problem(403, 'streaming_disabled', 'Streaming is disabled');
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
    () => {
      throw notFound('Stream');
    },
  );
}
