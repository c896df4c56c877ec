import type { Deps } from '../deps.ts';
import { appendAudit } from '../store/audit.ts';
import { transaction } from '../store/db.ts';
import { cancelJob, eraseOutput, getJob, type JobRow } from '../store/jobs.ts';
import { eraseAt, queueWebhook } from './ends.ts';
import type { By } from './submit.ts';

/** Before the end: cancels. After it: erases the output. Undefined: no such job of this tenant. */
export async function cancelOrErase(deps: Deps, id: string, by: By): Promise<JobRow | undefined> {
  const { tenant } = by.caller;
  return transaction(deps.db, async (trx) => {
    const note = (action: string) =>
      appendAudit(trx, { tenant, actor: by.caller.keyId, action, target: id, requestId: by.requestId, ip: by.ip });
    const canceled = await cancelJob(trx, tenant, id);
    if (canceled) {
      await deps.queue.remove(trx, id);
      await queueWebhook(trx, deps.vault, canceled);
      await trx
        .updateTable('job')
        .set({ erase_at: eraseAt(canceled, deps.config.retention.outputHours) })
        .where('id', '=', id)
        .execute();
      await note('job.cancel');
      deps.metrics.jobs.inc({ kind: canceled.kind, status: 'canceled' });
      return canceled;
    }
    const job = await getJob(trx, tenant, id);
    if (!job || job.erased_at) return job;
    const erased = await eraseOutput(trx, tenant, id);
    await note('job.erase');
    return erased;
  });
}
