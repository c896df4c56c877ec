import { type Selectable, sql } from 'kysely';
import type { DbOrTrx, Trx } from './db.ts';
import type { DeliveryTable, OutboxTable } from './schema.ts';

/**
 * Webhooks that are to be sent. A row is written in the transaction that ends its job, so neither exists without the
 * other; it is sent later by whichever server process takes it first. `next_at` in the future is also the lease of the
 * process that is sending it: when that process dies, the row comes due again.
 */
export type OutboxRow = Selectable<OutboxTable>;
export type DeliveryRow = Selectable<DeliveryTable>;

export async function insertOutbox(
  trx: Trx,
  row: Pick<OutboxRow, 'id' | 'tenant' | 'job_id' | 'url' | 'method' | 'body'>,
): Promise<void> {
  await trx
    .insertInto('outbox')
    .values({ ...row, attempt: 0, next_at: sql<Date>`now()` })
    .execute();
}

/**
 * Takes rows that are due, and holds them for `holdSeconds`. None is planned an hour ahead: one that seems so is from
 * before the database's clock went back.
 */
export async function takeDue(db: DbOrTrx, { limit = 10, holdSeconds = 45 } = {}): Promise<OutboxRow[]> {
  const { rows } = await sql<OutboxRow>`
    update outbox set next_at = now() + make_interval(secs => ${holdSeconds})
    where id in (
      select id from outbox where next_at <= now() or next_at > now() + interval '1 hour'
      order by next_at limit ${limit} for update skip locked
    )
    returning *
  `.execute(db);
  return rows;
}

/**
 * Notes an attempt and when the next one is (never, when null). A receiver may erase the job while it is being told of it:
 * what has no payload any more is not sent again, and of what is gone nothing is noted.
 */
export async function noteDelivery(
  trx: Trx,
  row: OutboxRow,
  delivery: Pick<DeliveryRow, 'id' | 'outcome' | 'http_status'>,
  nextInSeconds: number | null,
): Promise<void> {
  const left = await trx
    .updateTable('outbox')
    .set({
      attempt: sql`attempt + 1`,
      reason: delivery.outcome,
      next_at:
        nextInSeconds === null
          ? null
          : sql`case when length(body) > 0 then now() + make_interval(secs => ${nextInSeconds}) end`,
    })
    .where('id', '=', row.id)
    .returning('id')
    .executeTakeFirst();
  if (!left) return;
  await trx
    .insertInto('delivery')
    .values({ ...delivery, outbox_id: row.id, tenant: row.tenant, job_id: row.job_id, attempt: row.attempt })
    .execute();
}

export async function listDeliveries(
  db: DbOrTrx,
  tenant: string,
  { jobId, limit }: { jobId?: string | undefined; limit: number },
): Promise<DeliveryRow[]> {
  let query = db.selectFrom('delivery').selectAll().where('tenant', '=', tenant).orderBy('at', 'desc').limit(limit);
  if (jobId !== undefined) query = query.where('job_id', '=', jobId);
  return query.execute();
}

/** Makes the payload of a delivery due again, from its first attempt. Undefined when there is no such delivery. */
export async function redeliver(
  db: DbOrTrx,
  tenant: string,
  deliveryId: string,
): Promise<'queued' | 'erased' | undefined> {
  const delivery = await db
    .selectFrom('delivery')
    .innerJoin('outbox', 'outbox.id', 'delivery.outbox_id')
    .select(['outbox.id', 'outbox.body'])
    .where('delivery.tenant', '=', tenant)
    .where('delivery.id', '=', deliveryId)
    .executeTakeFirst();
  if (!delivery) return undefined;
  if (delivery.body.length === 0) return 'erased';
  await db
    .updateTable('outbox')
    .set({ attempt: 0, reason: null, next_at: sql`now()` })
    .where('id', '=', delivery.id)
    .execute();
  return 'queued';
}

/** Forgets attempts that are a month old. */
export async function forgetOldDeliveries(db: DbOrTrx): Promise<void> {
  await db
    .deleteFrom('outbox')
    .where('next_at', 'is', null)
    .where('created_at', '<', sql<Date>`now() - interval '30 days'`)
    .execute();
}
