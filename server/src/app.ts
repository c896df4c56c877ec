import { randomUUID } from 'node:crypto';
import { OpenAPIHono } from '@hono/zod-openapi';
import { cors } from 'hono/cors';
import type { Deps } from './deps.ts';
import { openApiDocument } from './openapi.ts';
import { type Api, type AppContext, clientAddress } from './operation.ts';
import { firstMistake, notFound, Problem, problemBody, reasonPhrase } from './problem.ts';
import { assignRoutes } from './routes/assign.ts';
import { auditRoutes } from './routes/audit.ts';
import { docsPage } from './routes/docs.ts';
import { exportRoutes } from './routes/export.ts';
import { gladiaRoutes } from './routes/gladia.ts';
import { jobRoutes } from './routes/jobs.ts';
import { keyRoutes } from './routes/keys.ts';
import { liveRoutes } from './routes/live.ts';
import { mediaRoutes } from './routes/media.ts';
import { openaiError, openaiRoutes } from './routes/openai.ts';
import { opsRoutes } from './routes/ops.ts';
import { submitRoutes } from './routes/submit.ts';
import { testRoutes } from './routes/test.ts';
import { voiceprintRoutes } from './routes/voiceprints.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { isStoreDown } from './store/db.ts';

/**
 * The whole HTTP service as a function of what it works with. It opens no socket and reads no environment:
 * `createApp(deps).request('/v1/test')` is a test.
 *
 *   request ─► id, log, headers, CORS ─► operation (key, scope, rate, parameters, body) ─► handler ─► answer
 *                                              └────────── Problem ──────────► problem answer
 */
export function createApp(deps: Deps): Api {
  const app: Api = new OpenAPIHono();
  app.use('*', async (c, next) => {
    const started = performance.now();
    const requestId = incomingId(c.req.header('x-request-id')) ?? randomUUID();
    c.set('requestId', requestId);
    c.header('X-Request-Id', requestId);
    await next();
    securityHeaders(c);
    const seconds = (performance.now() - started) / 1000;
    const route = c.get('operation') ?? 'other';
    deps.metrics.requests.inc({ route, code: String(c.res.status) });
    deps.metrics.requestSeconds.observe({ route }, seconds);
    deps.log.debug('request', {
      requestId,
      method: c.req.method,
      route,
      status: c.res.status,
      seconds,
      ip: clientAddress(c, deps),
    });
  });
  if (deps.config.corsOrigins.length > 0) app.use('*', corsFor(deps.config.corsOrigins));

  for (const routes of ROUTES) routes(app, deps);
  app.get('/openapi.json', (c) => c.json(openApiDocument(app)));
  app.get('/docs', (c) => c.html(docsPage(openApiDocument(app))));
  app.get('/', (c) => c.redirect('/docs'));

  app.notFound((c) => problemAnswer(c, notFound(`${c.req.method} ${c.req.path.slice(0, 100)}`)));
  app.onError((error, c) => {
    const problem = toProblem(error);
    if (problem.status >= 500 && problem.status !== 501)
      deps.log.error(problem.message, { requestId: c.get('requestId'), route: c.get('operation'), error });
    return problemAnswer(c, problem);
  });
  return app;
}

const ROUTES: readonly ((api: Api, deps: Deps) => void)[] = [
  testRoutes,
  mediaRoutes,
  submitRoutes,
  jobRoutes,
  exportRoutes,
  assignRoutes,
  liveRoutes,
  voiceprintRoutes,
  gladiaRoutes,
  openaiRoutes,
  keyRoutes,
  webhookRoutes,
  auditRoutes,
  opsRoutes,
];

/** Only an id in our own form is taken over, so that nobody writes into our logs. */
const incomingId = (given: string | undefined) =>
  given && /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(given)
    ? given.toLowerCase()
    : undefined;

function securityHeaders(c: AppContext): void {
  const { headers } = c.res;
  headers.set('X-Content-Type-Options', 'nosniff');
  headers.set('X-Frame-Options', 'DENY');
  headers.set('Referrer-Policy', 'no-referrer');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
  if (!headers.has('Content-Security-Policy'))
    headers.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
}

function corsFor(origins: readonly string[]) {
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'Prefer',
      'Range',
      'x-gladia-key',
      'x-gladia-version',
    ],
    exposeHeaders: [
      'X-Request-Id',
      'X-RateLimit-Limit',
      'X-RateLimit-Remaining',
      'X-RateLimit-Reset',
      'Retry-After',
      'Idempotent-Replayed',
      'Content-Range',
    ],
    maxAge: 600,
  });
}

/** What went wrong, as an answer. A store that cannot be reached is 503; anything unforeseen is 500 and a bug. */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isStoreDown(error))
    return new Problem(503, 'store_unavailable', 'The store cannot be reached', { retryAfter: 5, cause: error });
  // Postgres keeps no NUL and no half of a surrogate pair: where a schema lets one through, nothing can have that name.
  // Of such a half in JSON it says no more than that its reader refuses it; nothing else that we write is no JSON.
  const { code = '', routine = '' } = error as { code?: string; routine?: string };
  if (/^(22021|22P05)$/.test(code) || (code === '22P02' && routine.startsWith('json_')))
    return new Problem(400, 'invalid_request', 'The request has a character that no text may have', { cause: error });
  return new Problem(500, 'internal', 'Something went wrong here; the request id is in the log', { cause: error });
}

/**
 * What is left of an over-large body is thrown away for half a second (the adapter does that), then the connection ends.
 * Node ends one that says `Connection: close` with the answer, which would take the answer away from a client that is still
 * sending; not to say it would let clients send their next request on a connection that is about to end.
 */
function closeWhenRead(c: AppContext): void {
  c.header('Connection', 'close');
  const { incoming } = c.env ?? {};
  if (!incoming || incoming.closed) return; // nothing is left: Node may end it with the answer
  const { socket } = incoming;
  const end = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {};
  incoming.once('close', end);
}

const GLADIA = /^\/v2\/(upload|pre-recorded)/;

function problemAnswer(c: AppContext, problem: Problem): Response {
  const requestId = c.get('requestId');
  if (problem.retryAfter !== undefined) c.header('Retry-After', String(problem.retryAfter));
  if (problem.status === 401) c.header('WWW-Authenticate', 'Bearer');
  if (problem.status === 413 || problem.status === 408) closeWhenRead(c);
  if (c.env?.outgoing) c.env.outgoing.statusMessage = reasonPhrase(problem);
  const operation = c.get('operation');
  if (operation === '/v1/audio/transcriptions') return c.json(openaiError(problem), problem.status);
  const body = problemBody(problem, requestId);
  // Gladia's client shows nothing but the message.
  if (operation && GLADIA.test(operation)) body['message'] = firstMistake(problem);
  return c.json(body, problem.status);
}
