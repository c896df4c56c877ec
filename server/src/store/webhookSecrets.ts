import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Vault } from '../vault.ts';
import { type DbOrTrx, transaction } from './db.ts';

/** The secret that signs a tenant's webhooks, and the one before it for a day after a rotation. */
export interface SigningSecrets {
  readonly secret: string;
  readonly previous?: string;
}

const context = (tenant: string) => `webhook_secret:${tenant}`;

/** The tenant's secrets; the first use makes one. */
export async function signingSecrets(db: DbOrTrx, vault: Vault, tenant: string): Promise<SigningSecrets> {
  const fresh = vault.seal(Buffer.from(newSecret()), context(tenant));
  await db
    .insertInto('webhook_secret')
    .values({ tenant, secret: fresh })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await db
    .selectFrom('webhook_secret')
    .select(['secret', 'previous', sql<boolean>`coalesce(previous_until > now(), false)`.as('both')])
    .where('tenant', '=', tenant)
    .executeTakeFirstOrThrow();
  const secret = vault.open(row.secret, context(tenant)).toString();
  return row.both && row.previous
    ? { secret, previous: vault.open(row.previous, context(tenant)).toString() }
    : { secret };
}

/** Makes a new secret; the old one goes on signing X-Signature-Previous for 24 hours. */
export async function rotateSecret(
  db: DbOrTrx,
  vault: Vault,
  tenant: string,
): Promise<{ secret: string; previousValidUntil: Date | null }> {
  const secret = newSecret();
  const sealed = vault.seal(Buffer.from(secret), context(tenant));
  return transaction(db, async (trx) => {
    const row = await trx
      .insertInto('webhook_secret')
      .values({ tenant, secret: sealed })
      .onConflict((conflict) =>
        conflict.column('tenant').doUpdateSet({
          secret: sealed,
          previous: sql`webhook_secret.secret`,
          previous_until: sql`now() + interval '24 hours'`,
        }),
      )
      .returning('previous_until')
      .executeTakeFirstOrThrow();
    return { secret, previousValidUntil: row.previous_until };
  });
}

function newSecret(): string {
  return `whs_${randomBytes(16).toString('hex')}`;
}
