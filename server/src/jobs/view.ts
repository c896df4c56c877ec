import type { JobRow } from '../store/jobs.ts';
import type { Vault } from '../vault.ts';
import { readStored } from './stored.ts';

/** A job as `GET /v1/jobs/{id}` shows it. `output` is there only at an end, and is never null. */
export function jobView(vault: Vault, job: JobRow, queuePosition?: number): Record<string, unknown> {
  const output = readStored(vault, job)?.answer;
  return {
    jobId: job.id,
    status: job.status,
    createdAt: job.created_at.toISOString(),
    updatedAt: job.updated_at.toISOString(),
    ...(output ? { output } : {}),
    kind: job.kind,
    progress: Math.round(job.progress * 1000) / 1000,
    stage: job.stage,
    ...(queuePosition === undefined ? {} : { queuePosition }),
    attempts: job.attempts,
    ...(job.error_code ? { errorCode: job.error_code } : {}),
    ...(job.audio ? { audio: job.audio } : {}),
    ...(job.model ? { model: job.model } : {}),
    ...(job.metadata ? { metadata: job.metadata } : {}),
    ...(job.erased_at ? { outputErasedAt: job.erased_at.toISOString() } : {}),
  };
}
