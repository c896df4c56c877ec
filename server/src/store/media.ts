import { type Selectable, sql } from 'kysely';
import { type DbOrTrx, inHours, transaction } from './db.ts';
import type { MediaTable } from './schema.ts';

/**
 * What a `media://` key of a tenant names: a blob. A new upload makes a new blob and moves the name to it; the old
 * blob stays until no job that might be reading it is left.
 */
export type MediaRow = Selectable<MediaTable>;

/** Points a name at a freshly written blob. */
export async function putMedia(
  db: DbOrTrx,
  media: {
    tenant: string;
    key: string;
    blob: string;
    size: number;
    filename?: string | undefined;
    info?: Record<string, unknown>;
  },
  hours: number | undefined,
): Promise<void> {
  await transaction(db, async (trx) => {
    // Two first uploads of a name at once: with no row to lock, neither would see the blob that it replaces.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`media:${media.tenant}/${media.key}`}, 0))`.execute(trx);
    const old = await trx
      .selectFrom('media')
      .select('blob')
      .where('tenant', '=', media.tenant)
      .where('key', '=', media.key)
      .forUpdate()
      .executeTakeFirst();
    const row = {
      blob: media.blob,
      size: media.size,
      filename: media.filename ?? null,
      info: media.info ? JSON.stringify(media.info) : null,
      expires_at: hours === undefined ? null : inHours(hours),
    };
    await trx
      .insertInto('media')
      .values({ tenant: media.tenant, key: media.key, ...row })
      .onConflict((conflict) => conflict.columns(['tenant', 'key']).doUpdateSet({ ...row, created_at: sql`now()` }))
      .execute();
    await forgetBlob(trx, media.blob); // it was announced
    if (old) await orphanBlob(trx, old.blob);
  });
}

export async function getMedia(db: DbOrTrx, tenant: string, key: string): Promise<MediaRow | undefined> {
  return db
    .selectFrom('media')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('key', '=', key)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<Date>`now()`)]))
    .executeTakeFirst();
}

/** Takes a name away; its blob goes with the next sweep. */
export async function deleteMedia(db: DbOrTrx, tenant: string, key: string): Promise<void> {
  await transaction(db, async (trx) => {
    const gone = await trx
      .deleteFrom('media')
      .where('tenant', '=', tenant)
      .where('key', '=', key)
      .returning('blob')
      .executeTakeFirst();
    if (gone) await orphanBlob(trx, gone.blob);
  });
}

/** Takes away the names whose time has come. */
export async function expireMedia(db: DbOrTrx): Promise<number> {
  return transaction(db, async (trx) => {
    const gone = await trx.deleteFrom('media').where('expires_at', '<', sql<Date>`now()`).returning('blob').execute();
    for (const { blob } of gone) await orphanBlob(trx, blob);
    return gone.length;
  });
}

/** Before a blob is written. It has no name yet; one that has none a day later never gets one. */
export async function announceBlob(db: DbOrTrx, blob: string): Promise<void> {
  await db
    .insertInto('orphan_blob')
    .values({ blob, orphaned_at: inHours(24) })
    .execute();
}

async function orphanBlob(db: DbOrTrx, blob: string): Promise<void> {
  await db
    .insertInto('orphan_blob')
    .values({ blob })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Blobs without a name that no running job can be reading: every job that was running then has ended. */
export async function listDeadBlobs(db: DbOrTrx, limit = 100): Promise<string[]> {
  const { rows } = await sql<{ blob: string }>`
    select blob from orphan_blob o
    where o.orphaned_at <= now()
    and not exists (select 1 from job where status = 'running' and started_at <= o.orphaned_at)
    order by orphaned_at limit ${limit}
  `.execute(db);
  return rows.map((row) => row.blob);
}

/** Puts a blob that storage refuses to remove at the end of the line, so that it keeps no other from going. */
export async function postponeBlob(db: DbOrTrx, blob: string): Promise<void> {
  await db.updateTable('orphan_blob').set({ orphaned_at: sql`now()` }).where('blob', '=', blob).execute();
}

export async function forgetBlob(db: DbOrTrx, blob: string): Promise<void> {
  await db.deleteFrom('orphan_blob').where('blob', '=', blob).execute();
}
