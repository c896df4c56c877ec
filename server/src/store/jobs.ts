import { type Insertable, type RawBuilder, type Selectable, sql } from 'kysely';
import type { DbOrTrx, Trx } from './db.ts';
import type { JobStatus, JobTable } from './schema.ts';

/**
 * The job row: the API's resource and the only truth about a job. A running job has a lease that its worker renews;
 * every statement of a worker names its lease (owner and attempt), so one that lost it can change nothing.
 * Leases are on the database's clock: this machine's may jump.
 */
export type JobRow = Selectable<JobTable>;
export type NewJob = Insertable<JobTable>;

export interface Lease {
  readonly id: string;
  readonly owner: string;
  readonly attempt: number;
}

const ENDS: readonly JobStatus[] = ['succeeded', 'failed', 'canceled'];
const WAITING: readonly JobStatus[] = ['created', 'pending'];

/** What every way to an end sets. */
const ENDED = { lease_owner: null, lease_until: null, ended_at: sql<Date>`now()`, updated_at: sql<Date>`now()` };

export function isEnd(status: JobStatus): boolean {
  return ENDS.includes(status);
}

export async function insertJob(db: DbOrTrx, job: NewJob): Promise<JobRow> {
  return db.insertInto('job').values(job).returningAll().executeTakeFirstOrThrow();
}

/** created -> pending: it is in the queue now. */
export async function markPending(db: DbOrTrx, id: string): Promise<void> {
  await db.updateTable('job').set({ status: 'pending' }).where('id', '=', id).where('status', '=', 'created').execute();
}

export async function getJob(db: DbOrTrx, tenant: string, id: string): Promise<JobRow | undefined> {
  return db.selectFrom('job').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
}

/** Status and last change only: what a held request looks at. */
export async function peekJob(
  db: DbOrTrx,
  tenant: string,
  id: string,
): Promise<Pick<JobRow, 'status' | 'updated_at'> | undefined> {
  return db
    .selectFrom('job')
    .select(['status', 'updated_at'])
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Whether a job that has not ended is about this url. */
export async function isAwaited(db: DbOrTrx, tenant: string, url: string): Promise<boolean> {
  const job = await db
    .selectFrom('job')
    .select('id')
    .where('tenant', '=', tenant)
    .where('status', 'not in', ENDS)
    .where('url', '=', url)
    .limit(1)
    .executeTakeFirst();
  return job !== undefined;
}

export const countWaiting = (db: DbOrTrx): Promise<number> => countWith(db, WAITING);

export const countRunning = (db: DbOrTrx): Promise<number> => countWith(db, ['running']);

async function countWith(db: DbOrTrx, statuses: readonly JobStatus[]): Promise<number> {
  const { count } = await db
    .selectFrom('job')
    .select(db.fn.countAll<string>().as('count'))
    .where('status', 'in', statuses)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** How many jobs a worker would take before this one. */
export async function queuePosition(db: DbOrTrx, job: Pick<JobRow, 'id' | 'priority'>): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) from job me, job other
    where me.id = ${job.id} and other.status in ('created', 'pending')
      and (-other.priority, other.created_at) < (-me.priority, me.created_at)
  `.execute(db);
  return Number(rows[0].count);
}

/** pending -> running with a lease. Nothing when the job is no longer waiting. */
export async function claimJob(
  db: DbOrTrx,
  id: string,
  owner: string,
  leaseSeconds: number,
): Promise<JobRow | undefined> {
  return db
    .updateTable('job')
    .set({
      status: 'running',
      stage: 'fetching',
      progress: 0,
      attempts: sql`attempts + 1`,
      lease_owner: owner,
      lease_until: sql`now() + make_interval(secs => ${leaseSeconds})`,
      started_at: sql`now()`,
      updated_at: sql`now()`,
    })
    .where('id', '=', id)
    .where('status', 'in', WAITING)
    .returningAll()
    .executeTakeFirst();
}

/** Renews a lease and notes how far the job is. False when the lease is gone: the worker must stop. */
export async function renewLease(
  db: DbOrTrx,
  lease: Lease,
  { stage, progress, leaseSeconds }: { stage: string; progress: number; leaseSeconds: number },
): Promise<boolean> {
  const { rows } = await sql`
    update job set lease_until = now() + make_interval(secs => ${leaseSeconds}), stage = ${stage}, progress = ${progress},
      updated_at = case when stage <> ${stage} or progress <> ${progress} then now() else updated_at end
    where id = ${lease.id} and status = 'running' and lease_owner = ${lease.owner} and attempts = ${lease.attempt}
    returning id
  `.execute(db);
  return rows.length === 1;
}

/** running -> an end, by the worker that holds the lease. Nothing when the lease is gone. */
export async function endJob(
  trx: Trx,
  lease: Lease,
  end: Pick<NewJob, 'output' | 'speakers' | 'error_code' | 'audio' | 'model'> & {
    status: 'succeeded' | 'failed';
    erase_at: RawBuilder<Date> | null;
  },
): Promise<JobRow | undefined> {
  return trx
    .updateTable('job')
    .set({ ...end, ...ENDED, stage: 'writing', progress: 1 })
    .where('id', '=', lease.id)
    .where('status', '=', 'running')
    .where('lease_owner', '=', lease.owner)
    .where('attempts', '=', lease.attempt)
    .returningAll()
    .executeTakeFirst();
}

/** Any state before the end -> canceled. Nothing when the job has ended. */
export async function cancelJob(trx: Trx, tenant: string, id: string): Promise<JobRow | undefined> {
  return trx
    .updateTable('job')
    .set({ ...ENDED, status: 'canceled', error_code: 'canceled_by_user' })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('status', 'not in', ENDS)
    .returningAll()
    .executeTakeFirst();
}

/**
 * Jobs whose worker has been silent for longer than its lease. Locked, so that two reapers never take the same. A lease
 * that ends much later than any can was given before the database's clock went back: nobody renews it, or the next
 * second would have mended it.
 */
export async function listLostJobs(trx: Trx, leaseSeconds: number, limit = 50): Promise<JobRow[]> {
  return trx
    .selectFrom('job')
    .selectAll()
    .where('status', '=', 'running')
    .where((eb) =>
      eb.or([
        eb('lease_until', '<', sql<Date>`now()`),
        eb('lease_until', '>', sql<Date>`now() + make_interval(secs => ${10 * leaseSeconds})`),
      ]),
    )
    .orderBy('lease_until')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
}

/** Running jobs of certain workers, which are known to be gone. */
export async function listJobsOf(trx: Trx, ownerPrefix: string): Promise<JobRow[]> {
  return trx
    .selectFrom('job')
    .selectAll()
    .where('status', '=', 'running')
    .where('lease_owner', 'like', ownerPrefix + '%')
    .forUpdate()
    .execute();
}

/** running -> pending. `refund` when the worker gave the job back in good order, which is not a loss. */
export async function returnJob(trx: Trx, id: string, { refund = false }: { refund?: boolean } = {}): Promise<void> {
  await trx
    .updateTable('job')
    .set({
      status: 'pending',
      stage: 'queued',
      progress: 0,
      attempts: refund ? sql`greatest(0, attempts - 1)` : sql`attempts`,
      lease_owner: null,
      lease_until: null,
      updated_at: sql`now()`,
    })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .execute();
}

/** running -> failed without a lease: for a job that lost its last worker. */
export async function failLostJob(
  trx: Trx,
  id: string,
  end: Pick<NewJob, 'output' | 'error_code'> & { erase_at: RawBuilder<Date> | null },
): Promise<JobRow | undefined> {
  return trx
    .updateTable('job')
    .set({ ...end, ...ENDED, status: 'failed' })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .returningAll()
    .executeTakeFirst();
}

/**
 * Waiting jobs that the queue does not hold (a queue that was restored or emptied by hand), or holds back until a time
 * that was now before the database's clock went back.
 */
export async function listUnqueuedJobs(trx: Trx, queue: string): Promise<Pick<JobRow, 'id' | 'priority'>[]> {
  const { rows } = await sql<Pick<JobRow, 'id' | 'priority'>>`
    select j.id, j.priority from job j
    where j.status in ('created', 'pending')
      and (j.updated_at < now() - interval '30 seconds' or j.updated_at > now() + interval '30 seconds')
      and not exists (
        select 1 from pgboss.job m where m.name = ${queue} and m.id = j.id and m.state in ('created', 'retry')
          and m.start_after < now() + interval '30 seconds'
      )
    order by j.created_at limit 1000 for update of j skip locked
  `.execute(trx);
  return rows;
}

/**
 * Takes away everything that came out of a job, and the voices and words that went in, keeping that it ran. A webhook that
 * tells of a cancel says nothing of these: it is still sent, also to who repeats the DELETE.
 */
export async function eraseOutput(trx: Trx, tenant: string, id: string): Promise<JobRow | undefined> {
  await trx
    .updateTable('outbox')
    .set({ body: Buffer.alloc(0), next_at: null })
    .where('tenant', '=', tenant)
    .where('job_id', '=', id)
    .where(sql<boolean>`not exists (select 1 from job where job.id = outbox.job_id and job.status = 'canceled')`)
    .execute();
  return trx
    .updateTable('job')
    .set({
      output: null,
      speakers: null,
      audio: null,
      sealed_options: null,
      options: sql`options - array['voiceprints', 'transcript', 'knownSpeakers']`,
      erase_at: null,
      erased_at: sql`now()`,
      updated_at: sql`now()`,
    })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('status', 'in', ENDS)
    .returningAll()
    .executeTakeFirst();
}

/** Ended jobs whose output is due to go, and whose webhook has nothing left to send. */
export async function listDueErasures(db: DbOrTrx, limit = 100): Promise<Pick<JobRow, 'id' | 'tenant'>[]> {
  return db
    .selectFrom('job')
    .select(['id', 'tenant'])
    .where('erase_at', '<', sql<Date>`now()`)
    .where('status', 'in', ENDS)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('outbox')
            .select('id')
            .whereRef('outbox.job_id', '=', 'job.id')
            .where('next_at', 'is not', null),
        ),
      ),
    )
    .limit(limit)
    .execute();
}

/** Removes a job for good (Gladia's DELETE). */
export async function deleteJob(trx: Trx, tenant: string, id: string): Promise<void> {
  await trx.deleteFrom('outbox').where('tenant', '=', tenant).where('job_id', '=', id).execute();
  await trx.deleteFrom('job').where('tenant', '=', tenant).where('id', '=', id).execute();
}
