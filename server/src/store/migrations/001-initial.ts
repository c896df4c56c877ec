import { type Kysely, sql } from 'kysely';

/** The first shape of the store: what schema.ts describes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  `create table api_key (
    id text primary key, tenant text not null, name text not null, prefix text not null,
    hash bytea not null unique, scopes text[] not null, rate_per_minute integer,
    created_at timestamptz not null default now(), last_used_at timestamptz, expires_at timestamptz, revoked_at timestamptz)`,
  `create table media (
    tenant text not null, key text not null, blob text not null, size bigint not null, filename text, info jsonb,
    created_at timestamptz not null default now(), expires_at timestamptz, primary key (tenant, key))`,
  `create index media_expires on media (expires_at)`,
  `create table orphan_blob (blob text primary key, orphaned_at timestamptz not null default now())`,
  `create table job (
    id uuid primary key, tenant text not null, key_id text, kind text not null, dialect text not null,
    status text not null check (status in ('created', 'pending', 'running', 'succeeded', 'failed', 'canceled')),
    stage text not null default 'queued', progress double precision not null default 0,
    attempts integer not null default 0, priority integer not null default 0,
    url text not null, options jsonb not null, metadata jsonb, output bytea, speakers bytea, error_code text,
    audio jsonb, model jsonb, webhook text, webhook_status_only boolean not null default false, retention_hours integer,
    lease_owner text, lease_until timestamptz,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
    started_at timestamptz, ended_at timestamptz, erase_at timestamptz, erased_at timestamptz)`,
  `create index job_newest on job (tenant, created_at desc, id desc)`,
  `create index job_waiting on job (created_at) where status in ('created', 'pending')`,
  `create index job_leased on job (lease_until) where status = 'running'`,
  `create index job_erase on job (erase_at) where erase_at is not null`,
  // An end is final, whoever asks: the database itself refuses to leave one.
  `create function job_end_is_final() returns trigger language plpgsql as $$
    begin
      if old.status in ('succeeded', 'failed', 'canceled') and new.status <> old.status then
        raise exception 'job % has ended as % and cannot become %', old.id, old.status, new.status;
      end if;
      return new;
    end $$`,
  `create trigger job_end_is_final before update of status on job for each row execute function job_end_is_final()`,
  `create table idempotency (
    tenant text not null, key text not null, body_hash bytea not null, job_id uuid not null,
    created_at timestamptz not null default now(), primary key (tenant, key))`,
  `create table outbox (
    id uuid primary key, tenant text not null, job_id uuid not null, url text not null, method text not null,
    body bytea not null, attempt integer not null default 0, reason text, next_at timestamptz,
    created_at timestamptz not null default now())`,
  `create index outbox_due on outbox (next_at) where next_at is not null`,
  `create index outbox_job on outbox (job_id)`,
  `create table delivery (
    id uuid primary key, outbox_id uuid not null references outbox on delete cascade, tenant text not null,
    job_id uuid not null, attempt integer not null, at timestamptz not null default now(), outcome text not null,
    http_status integer)`,
  `create index delivery_newest on delivery (tenant, at desc)`,
  `create index delivery_outbox on delivery (outbox_id)`,
  `create table webhook_secret (
    tenant text primary key, secret bytea not null, previous bytea, previous_until timestamptz)`,
  `create table voiceprint (
    id text primary key, tenant text not null, label text not null, model text not null, consent jsonb,
    metadata jsonb not null, created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
    last_matched_at timestamptz, expires_at timestamptz)`,
  `create index voiceprint_tenant on voiceprint (tenant, created_at, id)`,
  `create table voiceprint_set (
    tenant text not null, name text not null, label text not null,
    voiceprint_id text not null references voiceprint on delete cascade, primary key (tenant, name, label))`,
  `create index voiceprint_set_of on voiceprint_set (voiceprint_id)`,
  `create table voiceprint_sample (
    id bigint generated always as identity primary key,
    voiceprint_id text not null references voiceprint on delete cascade,
    vector bytea not null, job_id uuid, created_at timestamptz not null default now())`,
  `create index voiceprint_sample_of on voiceprint_sample (voiceprint_id)`,
  `create table audit (
    tenant text not null, seq bigint not null, at timestamptz not null, actor text not null, action text not null,
    target text not null, request_id text not null, ip text, detail jsonb not null, prev_hash text not null,
    hash text not null, primary key (tenant, seq))`,
  // Append-only: the database itself refuses to change or remove an event.
  `create function audit_is_append_only() returns trigger language plpgsql as $$
    begin raise exception 'the audit trail is append-only'; end $$`,
  `create trigger audit_is_append_only before update or delete on audit
    for each row execute function audit_is_append_only()`,
  // Counters of one minute; losing them in a crash costs nothing, so they are not written ahead.
  `create unlogged table rate (
    bucket text not null, window_start timestamptz not null, count integer not null, primary key (bucket, window_start))`,
  `create table worker (
    id text primary key, host text not null, model jsonb not null, ready boolean not null,
    seen_at timestamptz not null default now())`,
];
