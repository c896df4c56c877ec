import { type Kysely, sql } from 'kysely';

/** Live streams: their tokens, and how they went. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table stream (
        id uuid primary key, tenant text not null, token_hash bytea not null unique,
        status text not null default 'created' check (status in ('created', 'running', 'done', 'error')),
        input jsonb not null, created_at timestamptz not null default now(), started_at timestamptz,
        seen_at timestamptz not null default now(), completed_at timestamptz)`,
    )
    .execute(db);
}
