import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Scope } from './contract/common.ts';
import { scopes as allScopes } from './contract/common.ts';
import { Problem } from './problem.ts';
import { appendAudit } from './store/audit.ts';
import { type Db, transaction } from './store/db.ts';
import { countKeys, insertKey, insertKeyOnce, type KeyRow, useKey } from './store/keys.ts';

/** The tenant of the operator: its admins see the whole service and make keys for any tenant; others keep to their own. */
export const OPERATOR = 'default';

/** Who is calling. */
export interface Caller {
  readonly keyId: string;
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly ratePerMinute: number | null;
}

/** A new key: `dk_` and 32 random bytes. Only its hash is ever stored. */
function newSecret(): string {
  return `dk_${randomBytes(32).toString('base64url')}`;
}

function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The caller of a key. The row is found by its hash, which tells a guesser nothing; then compared in constant time. */
export async function authenticate(db: Db, secret: string | undefined): Promise<Caller> {
  if (!secret) throw new Problem(401, 'unauthorized', 'An API key is required');
  const hash = hashSecret(secret);
  const key = await useKey(db, hash);
  if (!key || !timingSafeEqual(key.hash, hash)) throw new Problem(401, 'unauthorized', 'The API key is not valid');
  return { keyId: key.id, tenant: key.tenant, scopes: key.scopes, ratePerMinute: key.rate_per_minute };
}

/** The key text of a request: a bearer token, or Gladia's header where that dialect is spoken. */
export function keyOf(headers: Headers, { gladia = false } = {}): string | undefined {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.get('authorization') ?? '')?.[1];
  return bearer ?? (gladia ? (headers.get('x-gladia-key') ?? undefined) : undefined);
}

export function requireScopes(caller: Caller, needed: readonly Scope[]): void {
  const missing = needed.filter((scope) => !caller.scopes.includes(scope) && !caller.scopes.includes('admin'));
  if (missing.length > 0) throw new Problem(403, 'forbidden', `The API key lacks the scope ${missing.join(', ')}`);
}

/** Makes a key and notes it in the audit trail: both or neither. The secret is shown once, here. */
export async function createKey(
  db: Db,
  key: {
    name: string;
    scopes: readonly string[];
    tenant: string;
    ratePerMinute?: number | null;
    expiresAt?: Date | null;
  },
  by: { actor: string; requestId: string; ip?: string | undefined },
): Promise<{ row: KeyRow; secret: string }> {
  const secret = newSecret();
  return transaction(db, async (trx) => {
    const row = await insertKey(trx, {
      id: `key_${randomBytes(10).toString('hex')}`,
      tenant: key.tenant,
      name: key.name,
      prefix: secret.slice(0, 7),
      hash: hashSecret(secret),
      scopes: [...new Set(key.scopes)],
      rate_per_minute: key.ratePerMinute ?? null,
      expires_at: key.expiresAt ?? null,
    });
    const detail = { name: key.name, scopes: row.scopes };
    await appendAudit(trx, { tenant: key.tenant, action: 'key.create', target: row.id, detail, ...by });
    return { row, secret };
  });
}

/**
 * The first key of a deployment: the one that is given, or a new one when there is none yet. Returns a secret only
 * when it was made here and so has to be shown.
 */
export async function bootstrapKey(db: Db, given: string | undefined): Promise<string | undefined> {
  const by = { actor: 'system', requestId: '00000000-0000-4000-8000-000000000000' };
  if (given) {
    const id = `key_${randomBytes(10).toString('hex')}`;
    const row = { id, tenant: 'default', name: 'bootstrap', prefix: given.slice(0, 4), hash: hashSecret(given) };
    if (await insertKeyOnce(db, { ...row, scopes: [...allScopes] }))
      await appendAudit(db, {
        tenant: 'default',
        action: 'key.create',
        target: id,
        detail: { name: 'bootstrap' },
        ...by,
      });
    return undefined;
  }
  if ((await countKeys(db)) > 0) return undefined;
  const { secret } = await createKey(db, { name: 'admin', scopes: allScopes, tenant: 'default' }, by);
  return secret;
}
