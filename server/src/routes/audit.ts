import { z } from '@hono/zod-openapi';
import { AuditEvent } from '../contract/admin.ts';
import { DateTime } from '../contract/common.ts';
import type { Deps } from '../deps.ts';
import { type Api, operation } from '../operation.ts';
import { listAudit, verifyAudit } from '../store/audit.ts';

/** The audit trail of the caller's tenant, and whether its chain holds. */
export function auditRoutes(api: Api, deps: Deps): void {
  const shared = { method: 'get', tag: 'Admin', dialect: 'native', scopes: ['admin'], rate: 'read' } as const;

  operation(
    api,
    deps,
    {
      ...shared,
      path: '/v1/audit',
      operationId: 'listAudit',
      summary: 'Hash-chained audit trail',
      query: z.object({
        limit: z.coerce.number().int().min(1).max(500).default(100),
        cursor: z
          .string()
          .regex(/^\d{1,15}$/, 'must be a cursor from an earlier page')
          .optional(),
        action: z.string().max(100).optional(),
        since: DateTime.optional(),
      }),
      answers: {
        200: {
          description: 'oldest first after the cursor',
          schema: z.object({ items: z.array(AuditEvent), nextCursor: z.string().nullable() }),
        },
        403: 'Forbidden',
      },
    },
    async ({ c, caller: { tenant }, query: { limit, cursor, action, since } }) => {
      const page = await listAudit(deps.db, tenant, {
        after: Number(cursor ?? 0),
        limit: limit + 1,
        ...(action ? { action } : {}),
        ...(since ? { since } : {}),
      });
      const items = page.slice(0, limit);
      return c.json({ items, nextCursor: page.length > limit ? String(items.at(-1)!.seq) : null });
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      path: '/v1/audit/verify',
      operationId: 'verifyAudit',
      summary: 'Walk the chain',
      answers: {
        200: {
          description: 'outcome',
          schema: z.object({ ok: z.boolean(), events: z.int(), firstBadSeq: z.int().nullish() }),
        },
        403: 'Forbidden',
      },
    },
    async ({ c, caller: { tenant } }) => c.json(await verifyAudit(deps.db, tenant)),
  );
}
