import { type Selectable, sql } from 'kysely';
import type { DbOrTrx } from './db.ts';
import type { StreamTable } from './schema.ts';

/** Live streams. The token is kept as its hash, is good for one connection, and only for a minute. */
export type StreamRow = Selectable<StreamTable>;

const CONNECT_SECONDS = 60;
/** A running stream whose process has not been heard of for so long is lost. */
const SILENT_SECONDS = 60;

export async function insertStream(
  db: DbOrTrx,
  stream: { id: string; tenant: string; tokenHash: Buffer; input: Record<string, unknown> },
): Promise<void> {
  const { id, tenant, tokenHash, input } = stream;
  await db
    .insertInto('stream')
    .values({ id, tenant, token_hash: tokenHash, input: JSON.stringify(input) })
    .execute();
}

/** created -> running, once. Nothing when the token is unknown, was used, or is too old. */
export async function takeStream(db: DbOrTrx, tokenHash: Buffer): Promise<StreamRow | undefined> {
  return db
    .updateTable('stream')
    .set({ status: 'running', started_at: sql`now()`, seen_at: sql`now()` })
    .where('token_hash', '=', tokenHash)
    .where('status', '=', 'created')
    .where('created_at', '>', sql<Date>`now() - make_interval(secs => ${CONNECT_SECONDS})`)
    .returningAll()
    .executeTakeFirst();
}

export async function getStream(db: DbOrTrx, tenant: string, id: string): Promise<StreamRow | undefined> {
  return db.selectFrom('stream').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
}

/** The streams of this process go on. */
export async function seeStreams(db: DbOrTrx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable('stream')
    .set({ seen_at: sql`now()` })
    .where('id', 'in', ids)
    .where('status', '=', 'running')
    .execute();
}

export async function endStream(db: DbOrTrx, id: string, status: 'done' | 'error'): Promise<void> {
  await db
    .updateTable('stream')
    .set({ status, completed_at: sql`now()` })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .execute();
}

/** Streams whose process is gone, or to which nobody connected, have failed; a day later nothing is known of them. */
export async function tidyStreams(db: DbOrTrx): Promise<void> {
  await db
    .updateTable('stream')
    .set({ status: 'error', completed_at: sql`now()` })
    .where('status', 'in', ['created', 'running'])
    .where('seen_at', '<', sql<Date>`now() - make_interval(secs => ${SILENT_SECONDS + CONNECT_SECONDS})`)
    .execute();
  await db
    .deleteFrom('stream')
    .where('created_at', '<', sql<Date>`now() - interval '1 day'`)
    .where('status', 'in', ['done', 'error'])
    .execute();
}
