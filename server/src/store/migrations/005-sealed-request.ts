import { type Kysely, sql } from 'kysely';

/** The voices and words that came with a job's request, sealed beside its other options. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(`alter table job add column sealed_options bytea`).execute(db);
}
