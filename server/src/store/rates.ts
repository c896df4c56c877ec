import { sql } from 'kysely';
import type { DbOrTrx } from './db.ts';

/** Requests a minute, counted in the database so that every process of a deployment shares one limit. */
export interface RateCount {
  readonly count: number;
  /** Seconds until the window ends. */
  readonly reset: number;
}

/** Counts one more request in this minute's window of a bucket. The minute is the database's, not this machine's. */
export async function countRequest(db: DbOrTrx, bucket: string): Promise<RateCount> {
  const { rows } = await sql<{ count: number; reset: number }>`
    insert into rate (bucket, window_start, count) values (${bucket}, date_trunc('minute', now()), 1)
    on conflict (bucket, window_start) do update set count = rate.count + 1
    returning count, ceil(extract(epoch from date_trunc('minute', now()) + interval '1 minute' - now()))::int as reset
  `.execute(db);
  return { count: rows[0].count, reset: Math.max(1, rows[0].reset) };
}

export async function forgetOldRates(db: DbOrTrx): Promise<void> {
  await db.deleteFrom('rate').where('window_start', '<', sql<Date>`now() - interval '5 minutes'`).execute();
}
