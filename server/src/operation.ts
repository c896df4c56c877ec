import type { HttpBindings } from '@hono/node-server';
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { authenticate, type Caller, keyOf, requireScopes } from './auth.ts';
import { readJson } from './body.ts';
import { ApiError, OpenAIError, type Scope, ValidationErrorResponse } from './contract/common.ts';
import type { Deps } from './deps.ts';
import { fieldErrors } from './issues.ts';
import { invalid, Problem } from './problem.ts';
import { appendAudit } from './store/audit.ts';
import { countRequest } from './store/rates.ts';

/**
 * One operation of the API, said once: its place in the OpenAPI document and everything that is checked before its
 * handler runs, in this order: key, rate, scope, parameters, body. The handler then trusts what it gets.
 */
export type Api = OpenAPIHono<{ Variables: { requestId: string; operation: string }; Bindings: Partial<HttpBindings> }>;
export type AppContext = Context<{
  Variables: { requestId: string; operation: string };
  Bindings: Partial<HttpBindings>;
}>;

export type Dialect = 'pyannoteai' | 'gladia' | 'openai' | 'native';
type Answers = Readonly<Record<number, { description: string; schema?: z.ZodType; type?: string } | ErrorName>>;
type ErrorName = keyof typeof ERRORS;

export interface Operation<B extends z.ZodType, Q extends z.ZodType, P extends z.ZodType> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly dialect: Dialect;
  /** All of these are needed; none: any good key. */
  readonly scopes?: readonly Scope[];
  /** No key is looked at. */
  readonly open?: boolean;
  readonly deprecated?: boolean;
  readonly body?: B;
  /** Bodies that are not JSON are read by the handler; this is how the document shows them. */
  readonly rawBody?: Readonly<Record<string, z.ZodType>>;
  readonly maxBytes?: (deps: Deps) => number;
  readonly query?: Q;
  readonly params?: P;
  readonly headers?: z.ZodObject;
  readonly rate?: 'submit' | 'read';
  readonly answers: Answers;
}

export interface Call<B, Q, P> {
  readonly c: AppContext;
  readonly deps: Deps;
  readonly caller: Caller;
  readonly requestId: string;
  readonly ip: string | undefined;
  readonly body: B;
  readonly query: Q;
  readonly params: P;
}

const none = z.object({});

/** Adds an operation to the app and to its OpenAPI document. */
export function operation<
  B extends z.ZodType = typeof none,
  Q extends z.ZodType = typeof none,
  P extends z.ZodType = typeof none,
>(
  api: Api,
  deps: Deps,
  spec: Operation<B, Q, P>,
  handler: (call: Call<z.output<B>, z.output<Q>, z.output<P>>) => Promise<Response> | Response,
): void {
  document(api, spec);
  api.on(spec.method.toUpperCase(), spec.path.replace(/\{(\w+)\}/g, ':$1'), async (c) => {
    c.set('operation', spec.path);
    const requestId = c.get('requestId');
    const ip = clientAddress(c, deps);
    const caller = spec.open
      ? NOBODY
      : await authenticate(deps.db, keyOf(c.req.raw.headers, { gladia: spec.dialect === 'gladia' }));
    if (!spec.open) await checkRate(c, deps, spec, caller); // before a refusal is written down
    if (spec.scopes) await checkScopes(deps, spec, caller, { requestId, ip });
    const params = check(spec.params, c.req.param(), 'path');
    const query = check(spec.query, queryOf(c, spec.query), 'query');
    const body = spec.body
      ? check(spec.body, await readJson(c.req.raw, spec.maxBytes?.(deps) ?? deps.config.limits.jsonBytes), 'body')
      : ({} as z.output<B>);
    return handler({ c, deps, caller, requestId, ip, body, query, params });
  });
}

const NOBODY: Caller = { keyId: 'anonymous', tenant: 'default', scopes: [], ratePerMinute: null };

function check<S extends z.ZodType>(schema: S | undefined, value: unknown, root: string): z.output<S> {
  if (!schema) return {} as z.output<S>;
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  // An id that cannot be one is an id that nothing has.
  if (root === 'path') throw new Problem(404, 'not_found', 'No such thing: the id in the path has the wrong form');
  if (value === undefined) throw invalid({ field: 'body', message: 'is required: a JSON object' });
  throw invalid(...fieldErrors(parsed.error.issues, root));
}

/** Query values; a list where the schema has one. */
function queryOf(c: AppContext, schema: z.ZodType | undefined): Record<string, unknown> {
  const shape = schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : {};
  const values: Record<string, unknown> = {};
  for (const [name, list] of Object.entries(c.req.queries())) {
    const isList = shape[name] && unwrap(shape[name]) instanceof z.ZodArray;
    values[name] = isList ? list : list[0];
  }
  return values;
}

function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? unwrap(schema.unwrap() as z.ZodType)
    : schema;
}

async function checkScopes(
  deps: Deps,
  spec: { path: string; scopes?: readonly Scope[] },
  caller: Caller,
  { requestId, ip }: { requestId: string; ip: string | undefined },
): Promise<void> {
  try {
    requireScopes(caller, spec.scopes ?? []);
  } catch (error) {
    const detail = { needed: spec.scopes };
    await appendAudit(deps.db, {
      tenant: caller.tenant,
      actor: caller.keyId,
      action: 'auth.denied',
      target: spec.path,
      requestId,
      ip,
      detail,
    });
    throw error;
  }
}

async function checkRate(
  c: AppContext,
  deps: Deps,
  spec: { operationId: string; rate?: 'submit' | 'read' },
  caller: Caller,
): Promise<void> {
  const { submitPerMinute, readPerMinute } = deps.config.limits;
  const usual = spec.rate === 'submit' ? submitPerMinute : readPerMinute;
  const limit = caller.ratePerMinute ?? usual;
  if (limit === 0) return;
  const { count, reset } = await countRequest(deps.db, `${caller.keyId} ${spec.operationId}`);
  c.header('X-RateLimit-Limit', String(limit));
  c.header('X-RateLimit-Remaining', String(Math.max(0, limit - count)));
  c.header('X-RateLimit-Reset', String(reset));
  if (count > limit)
    throw new Problem(429, 'rate_limited', `More than ${limit} requests in a minute`, { retryAfter: reset });
}

/** The caller's address: the socket's, or what a trusted proxy says. */
export function clientAddress(c: AppContext, deps: Deps): string | undefined {
  const forwarded = deps.config.trustProxy ? c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  return forwarded || c.env?.incoming?.socket?.remoteAddress;
}

/** The address that clients reach us at, for the links that we hand out. */
export function publicUrl(c: AppContext, { config }: Deps): string {
  if (config.publicUrl) return config.publicUrl;
  const header = (name: string) => (config.trustProxy ? c.req.header(name)?.split(',')[0]?.trim() : undefined);
  const host = header('x-forwarded-host') ?? c.req.header('host') ?? `${config.host}:${config.port}`;
  return `${header('x-forwarded-proto') ?? 'http'}://${host}`;
}

const ERRORS = {
  Invalid: { description: 'the request is wrong', schema: ValidationErrorResponse },
  Unauthorized: { description: 'no key or a bad key', schema: ApiError },
  Forbidden: { description: 'the key lacks the scope or the signed URL is not good', schema: ApiError },
  NotFound: { description: 'no such thing in this tenant', schema: ApiError },
  Conflict: { description: 'idempotency key used with another body, or not in a fit state', schema: ApiError },
  TooLarge: { description: 'too many bytes', schema: ApiError },
  TooMany: { description: 'rate limit', schema: ApiError },
  Busy: { description: 'the queue is full', schema: ApiError },
  OpenAIError: { description: 'error in the shape that OpenAI clients read', schema: OpenAIError },
} as const;

function document<B extends z.ZodType, Q extends z.ZodType, P extends z.ZodType>(
  api: Api,
  spec: Operation<B, Q, P>,
): void {
  const content = spec.rawBody
    ? Object.fromEntries(Object.entries(spec.rawBody).map(([type, schema]) => [type, { schema }]))
    : spec.body
      ? { 'application/json': { schema: spec.body } }
      : undefined;
  api.openAPIRegistry.registerPath({
    method: spec.method,
    path: spec.path,
    operationId: spec.operationId,
    tags: [spec.tag],
    summary: spec.summary,
    deprecated: spec.deprecated,
    'x-dialect': spec.dialect,
    ...(spec.scopes ? { 'x-scopes': spec.scopes } : {}),
    security: spec.open ? [] : spec.dialect === 'gladia' ? [{ gladiaKey: [] }, { bearer: [] }] : [{ bearer: [] }],
    request: {
      ...(content ? { body: { content, required: true } } : {}),
      ...(spec.query instanceof z.ZodObject ? { query: spec.query } : {}),
      ...(spec.params instanceof z.ZodObject ? { params: spec.params } : {}),
      ...(spec.headers ? { headers: spec.headers } : {}),
    },
    responses: Object.fromEntries(
      Object.entries(spec.answers).map(([status, answer]) => {
        const { description, schema, type } =
          typeof answer === 'string' ? { ...ERRORS[answer], type: undefined } : answer;
        return [status, { description, ...(schema ? { content: { [type ?? 'application/json']: { schema } } } : {}) }];
      }),
    ),
  });
}
