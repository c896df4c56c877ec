import { z } from '@hono/zod-openapi';
import type { Deps } from '../deps.ts';
import { type Api, operation } from '../operation.ts';
import { Problem } from '../problem.ts';

/** OpenAI's transcription call needs speech-to-text, which this server does not have: it says so, with 501. */
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
      rawBody: {
        'multipart/form-data': z.object({ file: z.string().openapi({ format: 'binary' }), model: z.string() }),
      },
      answers: { 400: 'OpenAIError', 401: 'OpenAIError', 501: 'OpenAIError' },
    },
    () => {
      throw new Problem(501, 'transcription_unavailable', 'This server has no speech-to-text backend');
    },
  );
}
