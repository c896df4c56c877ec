import { type Kysely, sql } from 'kysely';

/** The queue in its order, so that a job's place is told by those before it and not by all that wait. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`create index job_queue on job ((-priority), created_at) where status in ('created', 'pending')`)
    .execute(db);
}
