import { type Kysely, sql } from 'kysely';

/** Jobs that have not ended by what they are about (an address may be too long for a tree), and deliveries by their job. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`create index job_awaited on job using hash (url) where status not in ('succeeded', 'failed', 'canceled')`)
    .execute(db);
  await sql.raw(`create index delivery_job on delivery (job_id, at desc)`).execute(db);
}
