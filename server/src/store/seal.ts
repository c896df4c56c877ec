import { sql } from 'kysely';
import type { Vault } from '../vault.ts';
import type { Db } from './db.ts';

/**
 * Every process of a deployment must have the same encryption key: what one seals the others open. The first to come
 * seals a word; whoever cannot open it has another key, and is refused before it writes what nobody can read.
 */
const CONTEXT = 'seal';

export async function checkSeal(db: Db, vault: Vault): Promise<void> {
  const mine = vault.seal(Buffer.from('diarist'), CONTEXT);
  await sql`insert into seal (value) values (${mine}) on conflict do nothing`.execute(db);
  const { rows } = await sql<{ value: Buffer }>`select value from seal`.execute(db);
  try {
    vault.open(rows[0].value, CONTEXT);
  } catch (cause) {
    throw new Error(
      'The encryption key is not the one that this database is sealed with. Give that one (ENCRYPTION_KEY, or ' +
        'encryption.key in the data folder); to change it, give both and run rotate-encryption (docs/self-hosting.md).',
      { cause },
    );
  }
}
