import { sql } from 'kysely';
import type { Db } from './store/db.ts';
import type { Vault } from './vault.ts';

/** Every sealed column, and what each value is sealed to. */
const SEALED = [
  { table: 'seal', id: 'one', column: 'value', context: () => 'seal' },
  { table: 'job', id: 'id', column: 'output', context: (id: string) => `output:${id}` },
  { table: 'job', id: 'id', column: 'speakers', context: (id: string) => `speakers:${id}` },
  { table: 'job', id: 'id', column: 'sealed_options', context: (id: string) => `request:${id}` },
  { table: 'outbox', id: 'id', column: 'body', context: (id: string) => `webhook:${id}` },
  { table: 'webhook_secret', id: 'tenant', column: 'secret', context: (id: string) => `webhook_secret:${id}` },
  { table: 'webhook_secret', id: 'tenant', column: 'previous', context: (id: string) => `webhook_secret:${id}` },
  {
    table: 'voiceprint_sample',
    id: 'id',
    column: 'vector',
    owner: 'voiceprint_id',
    context: (id: string) => `voiceprint:${id}`,
  },
] as const;

/** The version that every sealed value begins with; an erased payload is empty, and one of an older server plain. */
const SEALED_START = Buffer.of(1);
const PAGE = 200;

/** Seals anew whatever an older key sealed. It can be stopped and run again; it goes on where it was. */
export async function rotateEncryption(db: Db, vault: Vault, signal?: AbortSignal): Promise<number> {
  let count = 0;
  for (const { table, id, column, context, ...more } of SEALED) {
    const owner = 'owner' in more ? more.owner : id;
    const [idRef, ownerRef, columnRef] = [sql.ref(id), sql.ref(owner), sql.ref(column)];
    let after = '';
    for (;;) {
      signal?.throwIfAborted();
      const { rows: page } = await sql<{ id: string; owner: string; value: Buffer }>`
        select ${idRef}::text as id, ${ownerRef}::text as owner, ${columnRef} as value from ${sql.table(table)}
        where substr(${columnRef}, 1, 1) = ${SEALED_START} and ${idRef}::text > ${after} order by ${idRef}::text limit ${PAGE}
      `.execute(db);
      for (const row of page) {
        if (!vault.isStale(row.value)) continue;
        const sealed = vault.seal(vault.open(row.value, context(row.owner)), context(row.owner));
        await sql`
          update ${sql.table(table)} set ${columnRef} = ${sealed}
          where ${idRef}::text = ${row.id} and ${columnRef} = ${row.value}
        `.execute(db);
        count++;
      }
      if (page.length < PAGE) break;
      after = page.at(-1)!.id;
    }
  }
  return count;
}
