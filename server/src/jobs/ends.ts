import { randomUUID } from 'node:crypto';
import type { RawBuilder } from 'kysely';
import { inHours, type Trx } from '../store/db.ts';
import type { JobRow } from '../store/jobs.ts';
import { insertOutbox, type OutboxRow } from '../store/outbox.ts';
import { sealJson, type Vault } from '../vault.ts';
import { gladiaCallback } from './gladia.ts';
import { readStored } from './stored.ts';

/**
 * What belongs in the transaction that ends a job: the webhook that tells of it. The payload's bytes are fixed and sealed
 * here; every attempt signs and sends the same ones.
 */
export async function queueWebhook(trx: Trx, vault: Vault, job: JobRow): Promise<void> {
  if (!job.webhook) return;
  const stored = readStored(vault, job);
  const output = stored?.answer;
  const id = randomUUID();
  const row = { id, tenant: job.tenant, job_id: job.id, url: job.webhook };
  if (job.dialect === 'gladia') {
    const method = String(job.options['callbackMethod'] ?? 'POST');
    await insertOutbox(trx, { ...row, method, body: sealJson(vault, gladiaCallback(job, stored), webhookContext(id)) });
    return;
  }
  const whole = job.status === 'succeeded' && !job.webhook_status_only && output !== undefined;
  const payload = { jobId: job.id, status: job.status, ...(whole ? { output } : {}) };
  await insertOutbox(trx, { ...row, method: 'POST', body: sealJson(vault, payload, webhookContext(id)) });
}

/** The bytes of a payload. One from before they were sealed is plain JSON. */
export function openPayload(vault: Vault, { id, body }: Pick<OutboxRow, 'id' | 'body'>): Buffer {
  return body[0] === 0x7b ? body : vault.open(body, webhookContext(id));
}

const webhookContext = (outboxId: string): string => `webhook:${outboxId}`;

/** When an output goes: the server's time or the job's own, whichever is shorter. Undefined: it stays. */
export function eraseAt(
  job: Pick<JobRow, 'retention_hours'>,
  serverHours: number | undefined,
): RawBuilder<Date> | null {
  const hours = Math.min(job.retention_hours ?? Number.POSITIVE_INFINITY, serverHours ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(hours) ? inHours(hours) : null;
}
