import { z } from '@hono/zod-openapi';
import { createKey, OPERATOR } from '../auth.ts';
import { ApiKey, NewKey } from '../contract/admin.ts';
import type { Deps } from '../deps.ts';
import { type Api, operation } from '../operation.ts';
import { notFound, Problem } from '../problem.ts';
import { appendAudit } from '../store/audit.ts';
import { transaction } from '../store/db.ts';
import { type KeyRow, listKeys, revokeKey } from '../store/keys.ts';

/** API keys: list, make, revoke. */
export function keyRoutes(api: Api, deps: Deps): void {
  const shared = { tag: 'Admin', dialect: 'native', scopes: ['admin'], rate: 'read' } as const;

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'get',
      path: '/v1/keys',
      operationId: 'listKeys',
      summary: 'Keys (prefix and scopes; never the secret)',
      answers: { 200: { description: 'keys', schema: z.object({ items: z.array(ApiKey) }) }, 403: 'Forbidden' },
    },
    async ({ c, caller: { tenant } }) => {
      const keys = await listKeys(deps.db, tenant === OPERATOR ? undefined : tenant);
      return c.json({ items: keys.map(view) });
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'post',
      path: '/v1/keys',
      operationId: 'createKey',
      summary: 'Make a key; the secret is shown once',
      body: NewKey,
      answers: {
        201: { description: 'made', schema: ApiKey.extend({ secret: z.string() }) },
        400: 'Invalid',
        403: 'Forbidden',
      },
    },
    async ({ c, caller, body, requestId, ip }) => {
      const tenant = body.tenant ?? caller.tenant;
      if (tenant !== caller.tenant && caller.tenant !== OPERATOR)
        throw new Problem(403, 'forbidden', 'Keys of another tenant can only be made by the operator');
      const { row, secret } = await createKey(
        deps.db,
        {
          name: body.name,
          scopes: body.scopes,
          tenant,
          ratePerMinute: body.rateLimitPerMinute ?? null,
          expiresAt: body.expiresAt ? new Date(body.expiresAt) : null,
        },
        { actor: caller.keyId, requestId, ip },
      );
      return c.json({ ...view(row), secret }, 201);
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'delete',
      path: '/v1/keys/{id}',
      operationId: 'revokeKey',
      summary: 'Revoke at once',
      params: z.object({ id: z.string().max(100) }),
      answers: { 204: { description: 'revoked' }, 404: 'NotFound' },
    },
    async ({ c, caller, params: { id }, requestId, ip }) => {
      await transaction(deps.db, async (trx) => {
        const key = await revokeKey(trx, id, caller.tenant === OPERATOR ? undefined : caller.tenant);
        if (!key) throw notFound('Key');
        const event = { actor: caller.keyId, action: 'key.revoke', target: id, requestId, ip };
        await appendAudit(trx, { tenant: key.tenant, ...event });
      });
      return c.body(null, 204);
    },
  );
}

const view = (key: KeyRow) => ({
  id: key.id,
  name: key.name,
  prefix: key.prefix,
  scopes: key.scopes,
  tenant: key.tenant,
  createdAt: key.created_at.toISOString(),
  lastUsedAt: key.last_used_at?.toISOString() ?? null,
  expiresAt: key.expires_at?.toISOString() ?? null,
});
