import { CompiledQuery, Kysely, PostgresDialect, type RawBuilder, sql, type Transaction } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import { migrations } from './migrations/index.ts';
import type { Database } from './schema.ts';

/** A pool of connections to the store. */
export type Db = Kysely<Database>;
/** One transaction. Every statement takes either. */
export type Trx = Transaction<Database>;
export type DbOrTrx = Db | Trx;

/** A time on the database's clock: every process sees the same one, and a process's own may jump. */
export function inHours(hours: number): RawBuilder<Date> {
  return sql<Date>`now() + make_interval(secs => ${hours * 3600})`;
}

/** Whether an error says that the store is away, or has no room, and not that a statement is wrong. */
export function isStoreDown(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  return (
    /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|08...|57P0.|53...|58030)$/.test(code) ||
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
      message,
    )
  );
}

/** Whether a transaction failed over another one, and may well be written when it is tried again. */
export function isClash(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return /^(40001|40P01|57014)$/.test(code); // not serializable, deadlock, statement timeout
}

/** Waits for a store that is still starting, as when a machine or a deployment comes up; gives up in the end. */
export async function waitForStore(
  db: Db,
  {
    seconds = 60,
    onWait = () => {},
    signal,
  }: { seconds?: number; onWait?: (error: Error) => void; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      await sql`select 1`.execute(db);
      return;
    } catch (cause) {
      if (!isStoreDown(cause)) throw cause;
      const { message } = cause as Error;
      if (performance.now() > deadline)
        throw new Error(`The database did not answer within ${seconds} s: ${message}`, { cause });
      if (attempt === 0) onWait(cause as Error);
      await new Promise((resume) => setTimeout(resume, Math.min(2000, 100 * 2 ** attempt)));
    }
  }
}

/** Any number that no other program locks in this database. */
const MIGRATION_LOCK = 0x64696172;

/**
 * Connects. A connection that breaks while idle (the database was restarted) is dropped by the pool and reported to
 * `onIdleError`; the next statement gets a fresh one.
 */
export function openDb(
  url: string,
  { max = 12, onIdleError = () => {} }: { max?: number; onIdleError?: (error: Error) => void } = {},
): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: 60_000,
    application_name: 'diarist',
  });
  pool.on('error', onIdleError);
  // A connection that breaks while a transaction has it fails the statement; without a listener it would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
}

/**
 * Brings the database to the present shape and runs `alsoUnderLock` (pg-boss's own tables), all under one advisory
 * lock: of two servers that start together the second waits and finds nothing left to do.
 */
export async function migrate(db: Db, alsoUnderLock: () => Promise<void> = async () => {}): Promise<void> {
  await db.connection().execute(async (session) => {
    await session.executeQuery(CompiledQuery.raw('set statement_timeout = 0'));
    await session.executeQuery(CompiledQuery.raw('select pg_advisory_lock($1)', [MIGRATION_LOCK]));
    try {
      const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
      const { error } = await migrator.migrateToLatest();
      if (error) throw new Error(await whyNot(db, error), { cause: error });
      await alsoUnderLock();
    } finally {
      await session.executeQuery(CompiledQuery.raw('select pg_advisory_unlock($1)', [MIGRATION_LOCK]));
      await session.executeQuery(CompiledQuery.raw('set statement_timeout = 60000'));
    }
  });
}

/** Why a database cannot be brought to the present shape. One that a newer server has had is not taken back. */
async function whyNot(db: Db, error: unknown): Promise<string> {
  const newer = await whyNewer(db).catch(() => undefined);
  return newer ?? `The database could not be brought to the present shape: ${(error as Error).message}`;
}

/** A sentence when a newer server has had the database, perhaps while this one runs; undefined otherwise. */
export async function whyNewer(db: DbOrTrx): Promise<string | undefined> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const later = rows.map(({ name }) => name).filter((name) => !(name in migrations));
  if (later.length === 0) return undefined;
  return (
    `The database belongs to a newer diarist: it has ${later.join(', ')}, which this one does not know. ` +
    'Start that version, or restore a backup from before the upgrade.'
  );
}

/** Runs `work` in one transaction: all of it happens or nothing. */
export function transaction<T>(db: DbOrTrx, work: (trx: Trx) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db as Trx) : db.transaction().execute(work);
}
