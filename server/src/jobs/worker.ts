import { hostname } from 'node:os';
import type { DiarizeOutput, JobErrorCode, Stage } from '../contract/jobs.ts';
import type { Deps } from '../deps.ts';
import type { LoadedModel } from '../loadedModel.ts';
import { isClash, isStoreDown, transaction, whyNewer } from '../store/db.ts';
import { claimJob, endJob, type JobRow, type Lease, renewLease, returnJob } from '../store/jobs.ts';
import { noteMatch } from '../store/voiceprints.ts';
import { removeWorker, seeWorker } from '../store/workers.ts';
import { sealJson } from '../vault.ts';
import { Incompatible } from '../voiceprint/candidates.ts';
import { eraseAt, queueWebhook } from './ends.ts';
import { createInference, InferenceLost, type InferenceSettings, JobFailure, Unspoken } from './inferenceClient.ts';
import { loseJob } from './lost.ts';
import { diarizeOutput } from './output.ts';
import { createRecogniser, recogniserSentence } from './recogniser.ts';
import { type JobEnd, runJob } from './runJob.ts';
import { sealStored, speakersContext } from './stored.ts';

/**
 * A worker takes one job at a time from the queue and brings it to an end.
 *
 *   take + claim (one transaction) ─► fetch ─► inference process ─► shape ─► end + output + outbox (one transaction)
 *                 lease, renewed every second: a cancel or a lost lease shows at once
 */
export interface Worker {
  readonly id: string;
  /** Resolves once the models are loaded. */
  start(): Promise<void>;
  /** Takes no more jobs, waits for the one that runs, and gives it back to the queue when it takes too long. */
  stop(drainMs: number): Promise<void>;
  /** The process that infers now, for those who want to see it die. */
  readonly inferencePid: number | undefined;
}

export interface WorkerSettings extends Omit<InferenceSettings, 'log'> {
  readonly id: string;
  readonly onModel?: (model: LoadedModel) => void;
}

const IDLE_MS = 300;
const LOOK_MS = 1000;
const SEEN_MS = 10_000;

class Canceled extends Error {
  override readonly name = 'Canceled';
}
class GivenBack extends Error {
  override readonly name = 'GivenBack';
}

export function createWorker(deps: Deps, settings: WorkerSettings): Worker {
  const { id } = settings;
  const log = deps.log.with({ worker: id });
  const inference = createInference({ ...settings, log });
  const recogniser = createRecogniser(deps.config.stt);
  let stopping = false;
  let loop: Promise<void> | undefined;
  let seen: NodeJS.Timeout | undefined;
  let current: AbortController | undefined;
  let model: LoadedModel | undefined;
  /** Why it takes no more jobs. */
  let outdated: string | undefined;

  async function beSeen(): Promise<void> {
    const known = model ?? { id: settings.model };
    const ready = model !== undefined && !outdated && !stopping;
    await seeWorker(deps.db, { id, host: hostname(), model: known, ready }).catch((error: unknown) =>
      log.warn('the store did not take a sign of life', { error }),
    );
  }

  async function work(): Promise<void> {
    while (!stopping) {
      try {
        model = await inference.ready();
        settings.onModel?.(model);
        outdated = await whyNewer(deps.db);
        if (outdated) break;
        const job = await takeJob(deps, id);
        if (job) await handle(job, model);
        else await pause(IDLE_MS);
      } catch (error) {
        log.error('the worker stumbled', { error });
        await pause(1000);
      }
    }
    if (!outdated) return;
    log.error('the worker takes no more jobs', { reason: outdated });
    await beSeen();
  }

  async function handle(job: JobRow, loaded: LoadedModel): Promise<void> {
    const lease: Lease = { id: job.id, owner: id, attempt: job.attempts };
    const controller = new AbortController();
    current = controller;
    const keeper = keepLease(deps, lease, controller, log);
    const started = performance.now();
    if (job.attempts === 1) deps.metrics.queueWait.observe(Math.max(0, (Date.now() - job.created_at.getTime()) / 1000));
    log.info('job taken', { jobId: job.id, kind: job.kind, attempt: job.attempts });
    try {
      const end = await runJob(deps, inference, job, loaded, {
        signal: controller.signal,
        onProgress: keeper.report,
        recogniser,
      });
      await finish(deps, lease, job, end);
      log.info('job ended', { jobId: job.id, status: 'succeeded', seconds: (performance.now() - started) / 1000 });
      deps.metrics.jobs.inc({ kind: job.kind, status: 'succeeded' });
      deps.metrics.audioSeconds.inc(end.audio.duration);
      if (end.audio.duration > 0)
        deps.metrics.realTimeFactor.observe((performance.now() - started) / 1000 / end.audio.duration);
    } catch (error) {
      await settle(error, lease, job);
    } finally {
      keeper.stop();
      current = undefined;
    }
  }

  /** A job that did not succeed: whose fault is it, and what becomes of it? */
  async function settle(error: unknown, lease: Lease, job: JobRow): Promise<void> {
    if (error instanceof Canceled) {
      log.info('job stopped', { jobId: job.id, why: error.message });
      return;
    }
    if (error instanceof GivenBack) {
      await persist(() =>
        transaction(deps.db, async (trx) => {
          if (!(await renewLease(trx, lease, { stage: 'queued', progress: 0, leaseSeconds: 60 }))) return;
          await returnJob(trx, job.id, { refund: true });
          await deps.queue.send(trx, job);
        }),
      );
      log.info('job given back', { jobId: job.id });
      return;
    }
    const failure = failureOf(error);
    if (!failure) {
      log.warn('job lost its process', { jobId: job.id, attempt: job.attempts, error });
      await persist(() =>
        transaction(deps.db, async (trx) => {
          if (await renewLease(trx, lease, { stage: 'queued', progress: 0, leaseSeconds: 60 }))
            await loseJob(deps, trx, job);
        }),
      );
      return;
    }
    const fields = { jobId: job.id, code: failure.code, reason: failure.message };
    if (failure.code === 'internal' || failure.code === 'transcription_unavailable')
      log.error('job failed', { ...fields, error });
    else log.info('job failed', fields);
    const ended = await persist(() =>
      transaction(deps.db, async (trx) => {
        const output = sealStored(deps.vault, job.id, { answer: { ...kept(error, job), error: failure.message } });
        const row = await endJob(trx, lease, {
          status: 'failed',
          output,
          error_code: failure.code,
          erase_at: eraseAt(job, deps.config.retention.outputHours),
        });
        if (row) await queueWebhook(trx, deps.vault, row);
        return row;
      }),
    );
    if (ended) deps.metrics.jobs.inc({ kind: job.kind, status: 'failed' });
  }

  return {
    id,
    get inferencePid() {
      return inference.pid;
    },
    async start() {
      await beSeen();
      if (stopping) return;
      seen = setInterval(() => void beSeen(), SEEN_MS);
      model = await inference.ready();
      settings.onModel?.(model);
      await beSeen();
      loop = work();
    },
    async stop(drainMs) {
      stopping = true;
      clearInterval(seen);
      await beSeen(); // no longer ready
      const late = setTimeout(() => current?.abort(new GivenBack('the worker is stopping')), drainMs);
      await loop;
      clearTimeout(late);
      await inference.close();
      await recogniser?.close();
      await removeWorker(deps.db, id).catch(() => {});
    },
  };
}

/** The next job, with a lease; the queue's message goes in the same transaction. */
async function takeJob({ db, queue, config }: Deps, owner: string): Promise<JobRow | undefined> {
  return transaction(db, async (trx) => {
    const id = await queue.take(trx);
    return id === undefined ? undefined : claimJob(trx, id, owner, config.worker.leaseSeconds);
  });
}

/** Renews the lease every second, with how far the job is. Aborts when it is gone: canceled, or another worker's. */
function keepLease(deps: Deps, lease: Lease, controller: AbortController, log: Deps['log']) {
  const { leaseSeconds } = deps.config.worker;
  let stage: Stage = 'fetching';
  let progress = 0;
  let stageSince = performance.now();
  let renewed = performance.now();
  let stopped = false;
  let timer: NodeJS.Timeout;
  // One after the other: a store that hangs is not asked again before it has answered.
  const renew = async () => {
    const now = performance.now();
    try {
      const held = await renewLease(deps.db, lease, { stage, progress, leaseSeconds });
      if (held) renewed = now;
      else controller.abort(new Canceled('the job was canceled, or its lease was lost'));
    } catch (error) {
      log.warn('the lease could not be renewed', { jobId: lease.id, error });
      // Without the store for as long as the lease lasts, another worker may have the job.
      if (now - renewed > leaseSeconds * 1000) controller.abort(new Canceled('the lease ran out'));
    }
    if (!stopped) timer = setTimeout(renew, LOOK_MS);
  };
  timer = setTimeout(renew, LOOK_MS);
  return {
    report(next: Stage, done: number) {
      if (next !== stage) {
        const now = performance.now();
        deps.metrics.stageSeconds.observe({ stage }, (now - stageSince) / 1000);
        stageSince = now;
      }
      stage = next;
      progress = done;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** What was found before the recogniser failed: who spoke is not lost for want of words. */
function kept(error: unknown, job: JobRow): Partial<DiarizeOutput> {
  return error instanceof Unspoken && job.kind === 'diarize' ? diarizeOutput(error.result, job.options) : {};
}

/** The end: status, output, what to enrol from, and the webhook that tells of it, all or nothing. */
async function finish(deps: Deps, lease: Lease, job: JobRow, end: JobEnd): Promise<void> {
  const { vault, config } = deps;
  await persist(() =>
    transaction(deps.db, async (trx) => {
      const row = await endJob(trx, lease, {
        status: 'succeeded',
        output: sealStored(vault, job.id, end.output),
        speakers: end.speakers ? sealJson(vault, end.speakers, speakersContext(job.id)) : null,
        error_code: null,
        audio: JSON.stringify(end.audio),
        model: JSON.stringify({ id: end.model.id, sha256: end.model.sha256 }),
        erase_at: eraseAt(job, config.retention.outputHours),
      });
      if (!row) throw new Canceled('the job was canceled, or its lease was lost');
      await noteMatch(trx, end.matched);
      await queueWebhook(trx, vault, row);
    }),
  );
}

/**
 * Tries again while the store is away, or another transaction is in the way: what a job took an hour to find is not
 * thrown away over a restart.
 */
async function persist<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (!(isStoreDown(error) || isClash(error)) || attempt >= 30) throw error;
      await pause(Math.min(2000, 100 * 2 ** attempt));
    }
  }
}

/** What a client is told; undefined when the process was lost, which is not the job's fault. */
function failureOf(error: unknown): { code: JobErrorCode; message: string } | undefined {
  if (error instanceof JobFailure) return { code: error.code, message: error.message };
  if (error instanceof Unspoken)
    return error.cause instanceof JobFailure
      ? { code: error.cause.code, message: error.cause.message }
      : { code: 'transcription_unavailable', message: recogniserSentence(error.cause) };
  if (error instanceof Incompatible) return { code: 'voiceprint_incompatible', message: error.message };
  if (error instanceof InferenceLost) return undefined;
  // The store went away under the job: it is tried again when the store is back.
  if (isStoreDown(error)) return undefined;
  if (error instanceof Error && error.name === 'TimeoutError')
    return { code: 'timed_out', message: 'The job took longer than this server allows' };
  return { code: 'internal', message: 'Something went wrong while the job ran' };
}

const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms));
