import { createHash } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import { type DbOrTrx, transaction } from './db.ts';
import type { AuditTable } from './schema.ts';

/**
 * The audit trail: one chain of hashes a tenant. Each event holds the hash of the one before, so that no event can be
 * changed, removed or slipped in without every later hash going wrong.
 *
 *   hash = SHA-256(prevHash || canonical JSON of the rest), the first prevHash being 64 zeros
 *
 * Canonical JSON: no blanks, keys of every object sorted by code unit.
 */
export interface AuditEntry {
  readonly tenant: string;
  /** A key's id, or `system`. */
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly requestId: string;
  readonly ip?: string | undefined;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface AuditEvent {
  readonly seq: number;
  readonly at: string;
  readonly tenant: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly requestId: string;
  readonly ip: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly prevHash: string;
  readonly hash: string;
}

const GENESIS = '0'.repeat(64);

/** Adds one event at the end of its tenant's chain; writers of one tenant wait for one another. */
export async function appendAudit(db: DbOrTrx, entry: AuditEntry): Promise<void> {
  await transaction(db, async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${'audit:' + entry.tenant}, 0))`.execute(trx);
    const last = await trx
      .selectFrom('audit')
      .select(['seq', 'hash'])
      .where('tenant', '=', entry.tenant)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    const seq = Number(last?.seq ?? 0) + 1;
    const prevHash = last?.hash ?? GENESIS;
    const rest = {
      seq,
      at: new Date().toISOString(),
      tenant: entry.tenant,
      actor: entry.actor,
      action: entry.action,
      target: entry.target,
      requestId: entry.requestId,
      ip: entry.ip ?? null,
      detail: entry.detail ?? {},
    };
    await trx
      .insertInto('audit')
      .values({
        tenant: rest.tenant,
        seq,
        at: rest.at,
        actor: rest.actor,
        action: rest.action,
        target: rest.target,
        request_id: rest.requestId,
        ip: rest.ip,
        detail: JSON.stringify(rest.detail),
        prev_hash: prevHash,
        hash: chainHash(prevHash, rest),
      })
      .execute();
  });
}

/** Events of a tenant after a sequence number, oldest first. */
export async function listAudit(
  db: DbOrTrx,
  tenant: string,
  { after = 0, action, since, limit = 100 }: { after?: number; action?: string; since?: string; limit?: number } = {},
): Promise<AuditEvent[]> {
  let query = db
    .selectFrom('audit')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('seq', '>', String(after))
    .orderBy('seq')
    .limit(limit);
  if (action !== undefined) query = query.where('action', '=', action);
  if (since !== undefined) query = query.where('at', '>=', new Date(since));
  return (await query.execute()).map(toEvent);
}

/** Walks a tenant's chain from its first event. */
export async function verifyAudit(
  db: DbOrTrx,
  tenant: string,
): Promise<{ ok: boolean; events: number; firstBadSeq: number | null }> {
  let previous = GENESIS;
  let events = 0;
  for (;;) {
    const page = await listAudit(db, tenant, { after: events, limit: 1000 });
    if (page.length === 0) return { ok: true, events, firstBadSeq: null };
    for (const { hash, prevHash, ...rest } of page) {
      const good = rest.seq === events + 1 && prevHash === previous && hash === chainHash(prevHash, rest);
      if (!good) return { ok: false, events, firstBadSeq: events + 1 };
      previous = hash;
      events++;
    }
  }
}

/** The hash of one event. */
export function chainHash(prevHash: string, rest: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(prevHash).update(canonicalJson(rest)).digest('hex');
}

/** JSON without blanks, keys sorted. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`).join(',')}}`;
}

function toEvent(row: Selectable<AuditTable>): AuditEvent {
  return {
    seq: Number(row.seq),
    at: row.at.toISOString(),
    tenant: row.tenant,
    actor: row.actor,
    action: row.action,
    target: row.target,
    requestId: row.request_id,
    ip: row.ip,
    detail: row.detail,
    prevHash: row.prev_hash,
    hash: row.hash,
  };
}
