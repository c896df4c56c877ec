import { setTimeout as sleep } from 'node:timers/promises';
import { z } from '@hono/zod-openapi';
import { OPERATOR } from '../auth.ts';
import { Model, Readiness } from '../contract/admin.ts';
import type { Deps } from '../deps.ts';
import { readMetrics } from '../jobs/gauges.ts';
import { sttModel } from '../jobs/recogniser.ts';
import { type Api, operation } from '../operation.ts';
import { Problem } from '../problem.ts';
import { whyNewer } from '../store/db.ts';
import { countWaiting } from '../store/jobs.ts';
import { liveWorkers } from '../store/workers.ts';
import { VERSION } from '../version.ts';

const GIB = 2 ** 30;
const LEAST_FREE = 0.25 * GIB;

/** Is it up, would a job run, what is it: for load balancers, Prometheus and people. */
export function opsRoutes(api: Api, deps: Deps): void {
  const shared = { method: 'get', tag: 'Ops', dialect: 'native', open: true } as const;

  operation(
    api,
    deps,
    {
      ...shared,
      path: '/healthz',
      operationId: 'live',
      summary: 'The process answers',
      answers: { 200: { description: 'up', schema: z.object({ status: z.literal('ok') }) } },
    },
    ({ c }) => c.json({ status: 'ok' }),
  );

  operation(
    api,
    deps,
    {
      ...shared,
      path: '/readyz',
      operationId: 'ready',
      summary: 'Models are loaded, the queue and the store are reachable, the disk has room',
      answers: {
        200: { description: 'ready', schema: Readiness },
        503: { description: 'not ready', schema: Readiness },
      },
    },
    async ({ c }) => {
      const checks = await readiness(deps);
      const ready = Object.values(checks).every((text) => text.startsWith('ok'));
      return c.json({ status: ready ? 'ready' : 'not_ready', checks }, ready ? 200 : 503);
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      open: false,
      path: '/metrics',
      operationId: 'metrics',
      summary: 'Prometheus text (own listener by default, no key needed there)',
      scopes: ['admin'],
      answers: { 200: { description: 'metrics', schema: z.string(), type: 'text/plain' }, 403: 'Forbidden' },
    },
    async ({ c, caller: { tenant } }) => {
      if (tenant !== OPERATOR) throw new Problem(403, 'forbidden', 'Metrics are of all tenants, and the operator’s');
      return c.text(await readMetrics(deps), 200, { 'content-type': deps.metrics.registry.contentType });
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      path: '/version',
      operationId: 'version',
      summary: 'Build',
      answers: {
        200: {
          description: 'build',
          schema: z.object({
            version: z.string(),
            commit: z.string().optional(),
            dialects: z.record(z.string(), z.string()).optional(),
          }),
        },
      },
    },
    ({ c }) => c.json({ version: VERSION, dialects: { pyannoteai: 'v1', gladia: 'v2', native: 'v1' } }),
  );

  operation(
    api,
    deps,
    {
      ...shared,
      open: false,
      path: '/v1/models',
      operationId: 'listModels',
      summary: 'What can be named in `model`, with aliases and the digests of the weights',
      rate: 'read',
      answers: { 200: { description: 'models', schema: z.object({ data: z.array(Model) }) }, 401: 'Unauthorized' },
    },
    async ({ c }) => {
      const ready = (await liveWorkers(deps.db)).some((worker) => worker.ready);
      const { stt } = deps.config;
      const models = [...deps.models(), ...(stt ? [sttModel(stt)] : [])];
      return c.json({ data: models.map((model) => ({ ...model, ready })) });
    },
  );
}

/** A store that hangs is as good as none. */
const STORE_MS = 3000;

async function storeReadiness({ db, config }: Deps): Promise<Record<string, string>> {
  const waiting = await countWaiting(db);
  const workers = await liveWorkers(db);
  const ready = workers.filter((worker) => worker.ready).length;
  return {
    store: (await whyNewer(db)) ?? 'ok',
    queue: waiting < config.limits.queue ? `ok ${waiting} waiting` : 'full',
    worker: workers.length > 0 ? `ok ${workers.length}` : 'none is running',
    models: ready > 0 ? 'ok' : 'no worker has loaded them yet',
  };
}

/** One line a thing that a job needs; all begin with `ok` when a job would run. */
async function readiness(deps: Deps): Promise<Record<string, string>> {
  const late = sleep(STORE_MS, { store: `does not answer within ${STORE_MS / 1000} s` }, { ref: false });
  const asked = storeReadiness(deps).catch(() => ({ store: 'cannot be reached' }));
  const checks: Record<string, string> = await Promise.race([asked, late]);
  const free = await deps.freeBytes().catch(() => 0);
  checks['disk'] = `${free > LEAST_FREE ? 'ok' : 'full:'} ${Math.floor((free / GIB) * 10) / 10} GiB`;
  return checks;
}
