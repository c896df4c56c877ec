import { randomUUID } from 'node:crypto';
import type { RawBuilder } from 'kysely';
import { inHours, type Trx } from '../store/db.ts';
import type { JobRow } from '../store/jobs.ts';
import { insertOutbox } from '../store/outbox.ts';
import type { Vault } from '../vault.ts';
import { sealPayload } from '../webhook/payload.ts';
import { gladiaCallback } from './gladia.ts';
import { readStored } from './stored.ts';

/** What belongs in the transaction that ends a job: the webhook that tells of it. */
export async function queueWebhook(trx: Trx, vault: Vault, job: JobRow): Promise<void> {
  if (!job.webhook) return;
  const stored = readStored(vault, job);
  const output = stored?.answer;
  const id = randomUUID();
  const row = { id, tenant: job.tenant, job_id: job.id, url: job.webhook };
  if (job.dialect === 'gladia') {
    const method = String(job.options['callbackMethod'] ?? 'POST');
    await insertOutbox(trx, { ...row, method, body: sealPayload(vault, id, gladiaCallback(job, stored)) });
    return;
  }
  const whole = job.status === 'succeeded' && !job.webhook_status_only && output !== undefined;
  const payload = { jobId: job.id, status: job.status, ...(whole ? { output } : {}) };
  await insertOutbox(trx, { ...row, method: 'POST', body: sealPayload(vault, id, payload) });
}

/** When an output goes: the server's time or the job's own, whichever is shorter. Undefined: it stays. */
export function eraseAt(
  job: Pick<JobRow, 'retention_hours'>,
  serverHours: number | undefined,
): RawBuilder<Date> | null {
  const hours = Math.min(job.retention_hours ?? Number.POSITIVE_INFINITY, serverHours ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(hours) ? inHours(hours) : null;
}
