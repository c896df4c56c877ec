import { z } from '@hono/zod-openapi';
import { Delivery } from '../contract/admin.ts';
import { DateTime } from '../contract/common.ts';
import type { Deps } from '../deps.ts';
import { type Api, operation } from '../operation.ts';
import { notFound, Problem } from '../problem.ts';
import { appendAudit } from '../store/audit.ts';
import { transaction } from '../store/db.ts';
import { listDeliveries, redeliver } from '../store/outbox.ts';
import { rotateSecret } from '../store/webhookSecrets.ts';

/** The signing secret, and the attempts to deliver. */
export function webhookRoutes(api: Api, deps: Deps): void {
  const shared = { tag: 'Admin', dialect: 'native', rate: 'read' } as const;

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'post',
      path: '/v1/webhook-secret/rotate',
      operationId: 'rotateWebhookSecret',
      summary: 'New signing secret; the old one signs X-Signature-Previous for 24 h',
      scopes: ['admin'],
      answers: {
        200: {
          description: 'shown once',
          schema: z.object({
            secret: z.string().regex(/^whs_[0-9a-f]{32}$/),
            previousValidUntil: DateTime.nullish(),
          }),
        },
        403: 'Forbidden',
      },
    },
    async ({ c, caller: { tenant, keyId }, requestId, ip }) => {
      // A secret that signs without ever having been shown would leave receivers with none that is good.
      const { secret, previousValidUntil } = await transaction(deps.db, async (trx) => {
        const target = 'webhook-secret';
        await appendAudit(trx, { tenant, actor: keyId, action: 'secret.rotate', target, requestId, ip });
        return rotateSecret(trx, deps.vault, tenant);
      });
      return c.json({ secret, previousValidUntil: previousValidUntil?.toISOString() ?? null });
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'get',
      path: '/v1/webhooks/deliveries',
      operationId: 'listDeliveries',
      summary: 'Attempts and their outcome, newest first',
      scopes: ['jobs:read'],
      query: z.object({ jobId: z.uuid().optional(), limit: z.coerce.number().int().min(1).max(100).default(50) }),
      answers: { 200: { description: 'attempts', schema: z.object({ items: z.array(Delivery) }) } },
    },
    async ({ c, caller: { tenant }, query: { jobId, limit } }) => {
      const rows = await listDeliveries(deps.db, tenant, { jobId, limit });
      const items = rows.map((row) => ({
        id: row.id,
        jobId: row.job_id,
        attempt: row.attempt,
        at: row.at.toISOString(),
        outcome: row.outcome,
        httpStatus: row.http_status,
      }));
      return c.json({ items });
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'post',
      path: '/v1/webhooks/deliveries/{id}/redeliver',
      operationId: 'redeliver',
      summary: 'Send the same payload again, with a fresh timestamp',
      scopes: ['jobs:write'],
      params: z.object({ id: z.uuid() }),
      answers: { 202: { description: 'queued' }, 404: 'NotFound', 409: 'Conflict' },
    },
    async ({ c, caller: { tenant }, params: { id } }) => {
      const outcome = await redeliver(deps.db, tenant, id);
      if (!outcome) throw notFound('Delivery');
      if (outcome === 'erased') throw new Problem(409, 'erased', 'The payload of this delivery has been erased');
      return c.body(null, 202);
    },
  );
}
