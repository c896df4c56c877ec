import { createHash, randomUUID } from 'node:crypto';
import { resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Caller } from '../auth.ts';
import type { Deps, ServedModel } from '../deps.ts';
import { literalAddressProblem } from '../net/guard.ts';
import { invalid, Problem } from '../problem.ts';
import { appendAudit, canonicalJson } from '../store/audit.ts';
import { transaction } from '../store/db.ts';
import { takeIdempotencyKey } from '../store/idempotency.ts';
import { getJob, insertJob, type JobRow, markPending } from '../store/jobs.ts';
import type { Dialect, JobKind } from '../store/schema.ts';
import { sealRequest } from './request.ts';

/** Everything that makes a job, checked by its route. */
export interface Submission {
  readonly kind: JobKind;
  readonly dialect: Dialect;
  readonly url: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly model?: string | null | undefined;
  readonly webhook?: string | null | undefined;
  readonly webhookStatusOnly?: boolean | null | undefined;
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  readonly retentionHours?: number | null | undefined;
  readonly priority?: number | null | undefined;
  /** What the client is told with the job's id. */
  readonly notes?: readonly string[];
}

export interface By {
  readonly caller: Caller;
  readonly requestId: string;
  readonly ip: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

export interface Submitted {
  readonly job: JobRow;
  readonly replayed: boolean;
  readonly warning?: string;
}

/**
 * Writes a job and puts it in the queue. The row, the queue's message, the idempotency key and the audit event are
 * one transaction: a client that got an answer has a job, a client that got none may ask again with the same key.
 */
export async function submit(deps: Deps, submission: Submission, by: By): Promise<Submitted> {
  const { model, warning: replaced } = resolveModel(deps.models(), submission.model);
  const warning = [replaced, ...(submission.notes ?? [])].filter(Boolean).join('; ');
  checkFileUrl(submission.url, deps.config.allowedFileRoots);
  if (submission.webhook) checkWebhook(submission.webhook, deps);
  const { tenant } = by.caller;
  const bodyHash = createHash('sha256').update(canonicalJson(submission)).digest();
  // Before the transaction: one that holds a connection must not wait for a second one.
  const hasRoom = await deps.backlog.hasRoom(deps.config.limits.queue);
  return transaction(deps.db, async (trx) => {
    const id = randomUUID();
    if (by.idempotencyKey) {
      const earlier = await takeIdempotencyKey(trx, tenant, by.idempotencyKey, { bodyHash, jobId: id });
      if (earlier) {
        if (!earlier.bodyHash.equals(bodyHash))
          throw new Problem(409, 'idempotency_clash', 'This Idempotency-Key was used with another body');
        const job = await getJob(trx, tenant, earlier.jobId);
        if (job) return { job, replayed: true, ...(warning ? { warning } : {}) };
        throw new Problem(409, 'idempotency_clash', 'The job of this Idempotency-Key was deleted');
      }
    }
    if (!hasRoom) throw new Problem(503, 'queue_full', 'The queue is full', { retryAfter: 30 });
    const job = await insertJob(trx, {
      id,
      tenant,
      key_id: by.caller.keyId,
      kind: submission.kind,
      dialect: submission.dialect,
      status: 'created',
      stage: 'queued',
      progress: 0,
      attempts: 0,
      priority: submission.priority ?? 0,
      url: submission.url,
      ...sealRequest(deps.vault, id, submission.options),
      metadata: submission.metadata ? JSON.stringify(submission.metadata) : null,
      model: JSON.stringify({ id: model.id, ...(model.sha256 ? { sha256: model.sha256 } : {}) }),
      webhook: submission.webhook ?? null,
      webhook_status_only: submission.webhookStatusOnly ?? false,
      retention_hours: submission.retentionHours ?? null,
    });
    await deps.queue.send(trx, { id, priority: job.priority });
    await markPending(trx, id);
    await appendAudit(trx, {
      tenant,
      actor: by.caller.keyId,
      action: 'job.create',
      target: id,
      requestId: by.requestId,
      ip: by.ip,
      detail: { kind: submission.kind },
    });
    return { job, replayed: false, ...(warning ? { warning } : {}) };
  });
}

/** The model that a name stands for. pyannoteAI's names stand for our default, with a warning that says so. */
export function resolveModel(
  models: readonly ServedModel[],
  name: string | null | undefined,
): { model: ServedModel; warning?: string } {
  const diarization = models.filter((model) => model.kind === 'diarization');
  const [standard] = diarization;
  if (name === null || name === undefined) return { model: standard };
  const exact = diarization.find((model) => model.id === name);
  if (exact) return { model: exact };
  const alias = diarization.find((model) => model.aliases.includes(name));
  if (alias || /^(precision|community)-[0-9a-z.-]+$/.test(name)) {
    const model = alias ?? standard;
    return { model, warning: `model ${name} is served by ${model.id}` };
  }
  const known = diarization.flatMap((model) => [model.id, ...model.aliases]).join(', ');
  throw invalid({ field: 'model', message: `is unknown: this server has ${known}` });
}

function checkFileUrl(url: string, roots: readonly string[]): void {
  if (!/^file:/i.test(url)) return;
  if (!isBelow(url, roots))
    throw invalid({ field: 'url', message: 'must not be a file:// url outside the allowed folders' });
}

/** Whether a file:// URL is below one of the folders. */
export function isBelow(url: string, roots: readonly string[]): boolean {
  let path: string;
  try {
    path = fileURLToPath(url);
  } catch {
    return false;
  }
  return roots.map((root) => resolve(root)).some((root) => path.startsWith(root.endsWith(sep) ? root : root + sep));
}

/** What can be seen of a webhook's target without a look-up; the rest is checked when it is called. */
export function checkWebhook(webhook: string, { config }: Pick<Deps, 'config'>, field = 'webhook'): void {
  const { protocol, hostname, host, username, password } = new URL(webhook);
  if (protocol !== 'https:' && !config.webhook.allowHttp) throw invalid({ field, message: 'must be an https:// url' });
  if (username || password)
    throw invalid({ field, message: 'must not have a user name or password: X-Signature says who sends' });
  if (config.webhook.allowedHosts.includes(hostname) || config.webhook.allowedHosts.includes(host)) return;
  const problem = literalAddressProblem(hostname);
  if (problem) throw invalid({ field, message: `must not be ${problem}` });
}
