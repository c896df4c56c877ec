import { TestResponse } from '../contract/common.ts';
import type { Deps } from '../deps.ts';
import { type Api, operation } from '../operation.ts';

/** GET /v1/test: is this key good? pyannoteAI's client asks when it is made. */
export function testRoutes(api: Api, deps: Deps): void {
  operation(
    api,
    deps,
    {
      method: 'get',
      path: '/v1/test',
      operationId: 'testKey',
      tag: 'Auth',
      summary: 'Is this key good?',
      dialect: 'pyannoteai',
      rate: 'read',
      answers: { 200: { description: 'the key is valid', schema: TestResponse }, 401: 'Unauthorized', 429: 'TooMany' },
    },
    ({ c }) => c.json({ status: 'OK', message: 'Test connection successful' }),
  );
}
