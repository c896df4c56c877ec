import { sql } from 'kysely';
import type { Deps } from '../deps.ts';
import { type Trx, transaction } from '../store/db.ts';
import { failLostJob, type JobRow, listJobsOf, listLostJobs, listUnqueuedJobs, returnJob } from '../store/jobs.ts';
import { eraseAt, queueWebhook } from './ends.ts';
import { QUEUE } from './queue.ts';
import { sealStored } from './stored.ts';

/** A job whose worker is lost is tried again; the third loss fails it. */
const MOST_ATTEMPTS = 3;

type Needs = Pick<Deps, 'db' | 'queue' | 'vault' | 'config' | 'log' | 'metrics'>;

/** Back to the queue, or to its end. The job's row is locked, and its lease is gone or ours. */
export async function loseJob(deps: Needs, trx: Trx, job: JobRow): Promise<void> {
  if (job.attempts < MOST_ATTEMPTS) {
    await returnJob(trx, job.id);
    await deps.queue.send(trx, job);
    return;
  }
  const error = `The worker was lost ${MOST_ATTEMPTS} times while it processed this job`;
  const row = await failLostJob(trx, job.id, {
    output: sealStored(deps.vault, job.id, { answer: { error } }),
    error_code: 'worker_lost',
    erase_at: eraseAt(job, deps.config.retention.outputHours),
  });
  if (!row) return;
  await queueWebhook(trx, deps.vault, row);
  deps.metrics.jobs.inc({ kind: job.kind, status: 'failed' });
}

/** Takes care of every job whose lease has run out. Any process may do this at any time; rows are locked. */
export async function reapLostJobs(deps: Needs): Promise<number> {
  return transaction(deps.db, async (trx) => {
    const lost = await listLostJobs(trx, deps.config.worker.leaseSeconds);
    for (const job of lost) {
      deps.log.warn('job lost its worker', { jobId: job.id, owner: job.lease_owner, attempt: job.attempts });
      await loseJob(deps, trx, job);
    }
    return lost.length;
  });
}

/** The jobs of workers that are known to be gone, without waiting for their leases. */
export async function reclaimJobsOf(deps: Needs, ownerPrefix: string): Promise<number> {
  return transaction(deps.db, async (trx) => {
    const left = await listJobsOf(trx, ownerPrefix);
    for (const job of left) await loseJob(deps, trx, job);
    return left.length;
  });
}

/** Puts waiting jobs that the queue has forgotten back into it (a restored backup without the queue's tables). */
export async function requeueForgotten(deps: Needs): Promise<number> {
  return transaction(deps.db, async (trx) => {
    const forgotten = await listUnqueuedJobs(trx, QUEUE);
    for (const job of forgotten) {
      await deps.queue.remove(trx, job.id);
      await deps.queue.send(trx, job);
      await trx
        .updateTable('job')
        .set({ status: 'pending', updated_at: sql`now()` })
        .where('id', '=', job.id)
        .execute();
    }
    return forgotten.length;
  });
}
