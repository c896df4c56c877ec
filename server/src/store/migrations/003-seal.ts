import { type Kysely, sql } from 'kysely';

/** One value sealed with the encryption key, so that a process with another key is found out before it writes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`create table seal (one boolean primary key default true check (one), value bytea not null)`)
    .execute(db);
}
