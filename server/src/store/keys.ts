import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { DbOrTrx } from './db.ts';
import type { KeyTable } from './schema.ts';

/** API keys: who may call, for which tenant, with which scopes. Only the SHA-256 of a key is here. */
export type KeyRow = Selectable<KeyTable>;

export async function insertKey(
  db: DbOrTrx,
  key: Pick<KeyRow, 'id' | 'tenant' | 'name' | 'prefix' | 'hash' | 'scopes' | 'rate_per_minute' | 'expires_at'>,
): Promise<KeyRow> {
  return db.insertInto('api_key').values(key).returningAll().executeTakeFirstOrThrow();
}

/** Adds a key unless one with the same hash is there. Returns whether it was added. */
export async function insertKeyOnce(
  db: DbOrTrx,
  key: Pick<KeyRow, 'id' | 'tenant' | 'name' | 'prefix' | 'hash' | 'scopes'>,
): Promise<boolean> {
  const added = await db
    .insertInto('api_key')
    .values(key)
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .returning('id')
    .executeTakeFirst();
  return added !== undefined;
}

/** The key with this hash, if it is neither revoked nor expired. Notes its use, at most once a minute. */
export async function useKey(db: DbOrTrx, hash: Buffer): Promise<KeyRow | undefined> {
  const key = await db
    .selectFrom('api_key')
    .selectAll()
    .where('hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<Date>`now()`)]))
    .executeTakeFirst();
  if (key && (key.last_used_at === null || Date.now() - key.last_used_at.getTime() > 60_000))
    await db.updateTable('api_key').set({ last_used_at: sql`now()` }).where('id', '=', key.id).execute();
  return key;
}

export async function listKeys(db: DbOrTrx, tenant: string | undefined): Promise<KeyRow[]> {
  let query = db.selectFrom('api_key').selectAll().where('revoked_at', 'is', null).orderBy('created_at');
  if (tenant !== undefined) query = query.where('tenant', '=', tenant);
  return query.execute();
}

/** Revokes a key of a tenant (of any tenant when it is undefined). Returns the key, if there was one to revoke. */
export async function revokeKey(db: DbOrTrx, id: string, tenant: string | undefined): Promise<KeyRow | undefined> {
  let query = db
    .updateTable('api_key')
    .set({ revoked_at: sql`now()` })
    .where('id', '=', id)
    .where('revoked_at', 'is', null);
  if (tenant !== undefined) query = query.where('tenant', '=', tenant);
  return query.returningAll().executeTakeFirst();
}

export async function countKeys(db: DbOrTrx): Promise<number> {
  const { count } = await db
    .selectFrom('api_key')
    .select(db.fn.countAll<string>().as('count'))
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}
