import { sql } from 'kysely';
import type { DbOrTrx } from './db.ts';
import type { JobRow } from './jobs.ts';
import type { Dialect, JobStatus } from './schema.ts';

/** What a list shows of a job. */
export type ListedJob = Pick<JobRow, 'id' | 'status' | 'kind' | 'created_at'>;

export interface Page {
  readonly limit: number;
  readonly offset?: number;
  /** The job that it comes after. */
  readonly cursor?: string;
  readonly statuses?: readonly JobStatus[];
  readonly dialect?: Dialect;
  /** Made on this day, before this time, and at this time or later; all in UTC where they name no zone. */
  readonly day?: string | undefined;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  /** Each in the custom metadata. */
  readonly metadata?: readonly (readonly [key: string, value: string])[];
}

/** Newest first, without their outputs, which may be large. */
export async function listJobs(db: DbOrTrx, tenant: string, page: Page): Promise<ListedJob[]> {
  return newest(db, tenant, page).select(['id', 'status', 'kind', 'created_at']).execute();
}

/** The same with everything that is known of them. */
export async function listWholeJobs(db: DbOrTrx, tenant: string, page: Page): Promise<JobRow[]> {
  return newest(db, tenant, page).selectAll().execute();
}

function newest(db: DbOrTrx, tenant: string, page: Page) {
  const { limit, offset = 0, cursor, statuses, dialect, day, before, after, metadata = [] } = page;
  let query = db
    .selectFrom('job')
    .where('tenant', '=', tenant)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .offset(offset);
  if (statuses) query = query.where('status', 'in', statuses);
  if (dialect) query = query.where('dialect', '=', dialect);
  if (day) query = query.where(sql<boolean>`(created_at at time zone 'UTC')::date = ${day}::date`);
  if (before) query = query.where('created_at', '<', new Date(before));
  if (after) query = query.where('created_at', '>=', new Date(after));
  for (const [key, value] of metadata)
    query = query.where(sql<boolean>`options -> 'customMetadata' ->> ${key} = ${value}`);
  if (cursor)
    query = query.where(
      sql<boolean>`(created_at, id) < (select c.created_at, c.id from job c where c.id = ${cursor} and c.tenant = ${tenant})`,
    );
  return query;
}

export async function countJobs(db: DbOrTrx, tenant: string, statuses?: readonly JobStatus[]): Promise<number> {
  let query = db.selectFrom('job').select(db.fn.countAll<string>().as('count')).where('tenant', '=', tenant);
  if (statuses) query = query.where('status', 'in', statuses);
  return Number((await query.executeTakeFirstOrThrow()).count);
}
