import { sql } from 'kysely';
import type { LoadedModel } from '../loadedModel.ts';
import type { DbOrTrx } from './db.ts';

/** The workers that are alive, so that /readyz can say whether a job would run. */
export async function seeWorker(
  db: DbOrTrx,
  worker: { id: string; host: string; model: object; ready: boolean },
): Promise<void> {
  const row = { host: worker.host, model: JSON.stringify(worker.model), ready: worker.ready };
  await db
    .insertInto('worker')
    .values({ id: worker.id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ ...row, seen_at: sql`now()` }))
    .execute();
}

export async function removeWorker(db: DbOrTrx, id: string): Promise<void> {
  await db.deleteFrom('worker').where('id', '=', id).execute();
}

/** Those of an earlier process in a folder of our own, who cannot say themselves that they are gone. */
export async function removeWorkersOf(db: DbOrTrx, prefix: string): Promise<void> {
  await db.deleteFrom('worker').where('id', 'like', `${prefix}%`).execute();
}

export interface WorkerRow {
  readonly id: string;
  readonly ready: boolean;
  readonly model: { id: string } & Partial<LoadedModel>;
}

/** Workers seen in the last half minute. */
export async function liveWorkers(db: DbOrTrx): Promise<WorkerRow[]> {
  return db
    .selectFrom('worker')
    .select(['id', 'ready', 'model'])
    .where('seen_at', '>', sql<Date>`now() - interval '30 seconds'`)
    .execute();
}

export async function forgetDeadWorkers(db: DbOrTrx): Promise<void> {
  await db.deleteFrom('worker').where('seen_at', '<', sql<Date>`now() - interval '1 hour'`).execute();
}
