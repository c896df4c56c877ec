import { type Selectable, sql } from 'kysely';
import type { DbOrTrx, Trx } from './db.ts';
import type { VoiceprintSampleTable, VoiceprintTable } from './schema.ts';

/** Enrolled speakers: a label in some sets, and one sealed vector a sample. */
export type VoiceprintRow = Selectable<VoiceprintTable> & { sets: string[]; samples: number; cursor: string };
export type SampleRow = Pick<Selectable<VoiceprintSampleTable>, 'id' | 'vector'>;

const shape = (db: DbOrTrx) =>
  db
    .selectFrom('voiceprint')
    .selectAll('voiceprint')
    .select([
      sql<
        string[]
      >`array(select s.name from voiceprint_set s where s.voiceprint_id = voiceprint.id order by s.name)`.as('sets'),
      sql<number>`(select count(*)::int from voiceprint_sample p where p.voiceprint_id = voiceprint.id)`.as('samples'),
      sql<string>`(extract(epoch from created_at) * 1000000)::bigint || '.' || id`.as('cursor'),
    ])
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<Date>`now()`)]));

const one = (db: DbOrTrx, tenant: string, id: string) => shape(db).where('tenant', '=', tenant).where('id', '=', id);

export async function insertVoiceprint(
  trx: Trx,
  row: {
    id: string;
    tenant: string;
    label: string;
    model: string;
    consent: Record<string, unknown> | null;
    metadata: Record<string, string>;
    expires_at: Date | null;
  },
): Promise<void> {
  await trx
    .insertInto('voiceprint')
    .values({
      ...row,
      consent: row.consent ? JSON.stringify(row.consent) : null,
      metadata: JSON.stringify(row.metadata),
    })
    .execute();
}

/**
 * Puts a speaker in exactly these sets under a label. Returns a set where the label is taken, if there is one: by somebody
 * whose time has come it is not, whether or not housekeeping was there.
 */
export async function setSets(
  trx: Trx,
  { tenant, id, label, sets }: { tenant: string; id: string; label: string; sets: readonly string[] },
): Promise<string | undefined> {
  await trx.deleteFrom('voiceprint_set').where('voiceprint_id', '=', id).execute();
  for (const name of new Set(sets)) {
    await sql`
      delete from voiceprint_set s using voiceprint v
      where s.tenant = ${tenant} and s.name = ${name} and s.label = ${label}
        and v.id = s.voiceprint_id and v.expires_at <= now()
    `.execute(trx);
    const added = await trx
      .insertInto('voiceprint_set')
      .values({ tenant, name, label, voiceprint_id: id })
      .onConflict((conflict) => conflict.doNothing())
      .returning('name')
      .executeTakeFirst();
    if (!added) return name;
  }
  return undefined;
}

export async function insertSample(
  trx: Trx,
  voiceprintId: string,
  vector: Buffer,
  jobId: string | null,
): Promise<void> {
  await trx.insertInto('voiceprint_sample').values({ voiceprint_id: voiceprintId, vector, job_id: jobId }).execute();
}

export async function getVoiceprint(db: DbOrTrx, tenant: string, id: string): Promise<VoiceprintRow | undefined> {
  return one(db, tenant, id).executeTakeFirst();
}

/** The same, held until the transaction ends: nobody erases or changes it meanwhile. */
export async function holdVoiceprint(trx: Trx, tenant: string, id: string): Promise<VoiceprintRow | undefined> {
  return one(trx, tenant, id).forUpdate('voiceprint').executeTakeFirst();
}

/** A cursor is a place and not a speaker: who lists and erases page by page goes on where one was that is gone. */
export const CURSOR: RegExp = /^\d{1,16}\.vp_[a-z0-9]{20}$/;

/** Oldest first, after the place of the cursor. */
export async function listVoiceprints(
  db: DbOrTrx,
  tenant: string,
  { limit, cursor, set, label }: { limit: number; cursor?: string; set?: string; label?: string },
): Promise<VoiceprintRow[]> {
  let query = shape(db).where('tenant', '=', tenant).orderBy('created_at').orderBy('id').limit(limit);
  if (label !== undefined) query = query.where('label', '=', label);
  if (set !== undefined)
    query = query.where(
      sql<boolean>`exists (select 1 from voiceprint_set s where s.voiceprint_id = voiceprint.id and s.name = ${set})`,
    );
  if (cursor !== undefined) {
    const [micros, id] = cursor.split('.');
    query = query.where(
      sql<boolean>`(created_at, id) > ('epoch'::timestamptz + ${micros}::bigint * interval '1 microsecond', ${id})`,
    );
  }
  return query.execute();
}

export async function updateVoiceprint(
  trx: Trx,
  id: string,
  change: { label?: string; metadata?: Record<string, string>; expires_at?: Date | null },
): Promise<void> {
  const { metadata, ...rest } = change;
  await trx
    .updateTable('voiceprint')
    .set({ ...rest, ...(metadata ? { metadata: JSON.stringify(metadata) } : {}), updated_at: sql`now()` })
    .where('id', '=', id)
    .execute();
}

export async function listSamples(db: DbOrTrx, voiceprintId: string): Promise<SampleRow[]> {
  return db
    .selectFrom('voiceprint_sample')
    .select(['id', 'vector'])
    .where('voiceprint_id', '=', voiceprintId)
    .orderBy('id')
    .execute();
}

/** Everybody in a set with their samples, in one statement: a set may have ten thousand. */
export async function listSetSamples(
  db: DbOrTrx,
  tenant: string,
  name: string,
): Promise<{ id: string; label: string; model: string; vector: Buffer }[]> {
  const { rows } = await sql<{ id: string; label: string; model: string; vector: Buffer }>`
    select v.id, v.label, v.model, p.vector
    from voiceprint_set s
      join voiceprint v on v.id = s.voiceprint_id and (v.expires_at is null or v.expires_at > now())
      join voiceprint_sample p on p.voiceprint_id = v.id
    where s.tenant = ${tenant} and s.name = ${name}
    order by v.created_at, v.id, p.id
  `.execute(db);
  return rows;
}

export async function noteMatch(trx: Trx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await trx.updateTable('voiceprint').set({ last_matched_at: sql`now()` }).where('id', 'in', ids).execute();
}

/** Erases a speaker: the row, its sets and every sample. */
export async function deleteVoiceprint(db: DbOrTrx, tenant: string, id: string): Promise<boolean> {
  const gone = await db
    .deleteFrom('voiceprint')
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return gone !== undefined;
}

/** Speakers whose time has come. */
export async function listExpiredVoiceprints(
  db: DbOrTrx,
  limit = 100,
): Promise<Pick<VoiceprintRow, 'id' | 'tenant'>[]> {
  return db
    .selectFrom('voiceprint')
    .select(['id', 'tenant'])
    .where('expires_at', '<', sql<Date>`now()`)
    .limit(limit)
    .execute();
}

/** Erases a speaker whose time has come; false when it is gone, or was given more time. */
export async function expireVoiceprint(trx: Trx, id: string): Promise<boolean> {
  const gone = await trx
    .deleteFrom('voiceprint')
    .where('id', '=', id)
    .where('expires_at', '<', sql<Date>`now()`)
    .returning('id')
    .executeTakeFirst();
  return gone !== undefined;
}
