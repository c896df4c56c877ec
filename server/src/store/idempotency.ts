import { sql } from 'kysely';
import type { DbOrTrx, Trx } from './db.ts';

/** Which job an Idempotency-Key made, for 24 hours. */
export interface Replay {
  readonly bodyHash: Buffer;
  readonly jobId: string;
}

/** Takes the key for a new job. Returns the earlier use when there is one; then nothing was written. */
export async function takeIdempotencyKey(
  trx: Trx,
  tenant: string,
  key: string,
  { bodyHash, jobId }: Replay,
): Promise<Replay | undefined> {
  await trx
    .deleteFrom('idempotency')
    .where('tenant', '=', tenant)
    .where('key', '=', key)
    .where('created_at', '<', sql<Date>`now() - interval '24 hours'`)
    .execute();
  const taken = await trx
    .insertInto('idempotency')
    .values({ tenant, key, body_hash: bodyHash, job_id: jobId })
    .onConflict((conflict) => conflict.doNothing())
    .returning('job_id')
    .executeTakeFirst();
  if (taken) return undefined;
  const earlier = await trx
    .selectFrom('idempotency')
    .select(['body_hash', 'job_id'])
    .where('tenant', '=', tenant)
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  return { bodyHash: earlier.body_hash, jobId: earlier.job_id };
}

export async function forgetOldIdempotencyKeys(db: DbOrTrx): Promise<void> {
  await db.deleteFrom('idempotency').where('created_at', '<', sql<Date>`now() - interval '24 hours'`).execute();
}
