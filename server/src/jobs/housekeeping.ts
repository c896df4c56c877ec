import type { Deps } from '../deps.ts';
import { appendAudit } from '../store/audit.ts';
import { isStoreDown, transaction } from '../store/db.ts';
import { forgetOldIdempotencyKeys } from '../store/idempotency.ts';
import { eraseOutput, listDueErasures } from '../store/jobs.ts';
import { expireMedia, forgetBlob, listDeadBlobs, postponeBlob } from '../store/media.ts';
import { forgetOldDeliveries } from '../store/outbox.ts';
import { forgetOldRates } from '../store/rates.ts';
import { tidyStreams } from '../store/streams.ts';
import { expireVoiceprint, listExpiredVoiceprints } from '../store/voiceprints.ts';
import { forgetDeadWorkers } from '../store/workers.ts';
import { reapLostJobs, requeueForgotten } from './lost.ts';

/** Lost workers are looked for often, what has expired now and then. Every process may run this; none has to. */
export function startHousekeeping(deps: Deps, { oftenMs = 5000, seldomMs = 60_000 } = {}): { stop(): Promise<void> } {
  const stops = [
    every(oftenMs, deps, async () => {
      await reapLostJobs(deps);
    }),
    every(seldomMs, deps, async () => {
      await requeueForgotten(deps);
    }),
    every(seldomMs, deps, () => tidy(deps)),
  ];
  return {
    async stop() {
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

/** Everything whose time has come goes: outputs, media, blobs, speakers, counters. What cannot go keeps nothing else. */
export async function tidy(deps: Deps): Promise<void> {
  const { db, log } = deps;
  const steps: Readonly<Record<string, () => Promise<unknown>>> = {
    outputs: () => eraseOutputs(deps),
    media: () => expireMedia(db),
    blobs: () => removeBlobs(deps),
    speakers: () => expireVoiceprints(deps),
    'idempotency keys': () => forgetOldIdempotencyKeys(db),
    rates: () => forgetOldRates(db),
    deliveries: () => forgetOldDeliveries(db),
    workers: () => forgetDeadWorkers(db),
    streams: () => tidyStreams(db),
  };
  for (const [what, step] of Object.entries(steps))
    await step().catch((error: unknown) => {
      if (isStoreDown(error)) throw error;
      log.warn('not everything went whose time has come; it will be tried again', { what, error });
    });
}

async function eraseOutputs({ db }: Deps): Promise<void> {
  await untilNone(
    () => listDueErasures(db),
    ({ id, tenant }) =>
      transaction(db, async (trx) => {
        if (!(await eraseOutput(trx, tenant, id))) return;
        const event = { actor: 'system', action: 'job.erase', target: id, requestId: id, detail: { why: 'retention' } };
        await appendAudit(trx, { tenant, ...event });
      }),
  );
}

async function removeBlobs({ db, blobs }: Deps): Promise<void> {
  await untilNone(
    () => listDeadBlobs(db),
    async (blob) => {
      await blobs.remove(blob).catch(async (cause: unknown) => {
        await postponeBlob(db, blob);
        throw new Error('The storage did not remove a blob.', { cause }); // that it is away is not that the store is
      });
      await forgetBlob(db, blob);
    },
  );
}

async function expireVoiceprints({ db }: Deps): Promise<void> {
  await untilNone(
    () => listExpiredVoiceprints(db),
    ({ id, tenant }) =>
      transaction(db, async (trx) => {
        if (!(await expireVoiceprint(trx, id))) return;
        const about = { target: id, requestId: id, detail: { why: 'expired' } };
        await appendAudit(trx, { tenant, actor: 'system', action: 'voiceprint.delete', ...about });
      }),
  );
}

/** Page by page: a service that ends more jobs in a minute than a page has would fall behind for ever. */
async function untilNone<T>(list: () => Promise<readonly T[]>, remove: (one: T) => Promise<void>): Promise<void> {
  for (let page = await list(); page.length > 0; page = await list()) for (const one of page) await remove(one);
}

/** Runs something again and again, never twice at once; `stop` waits for the run that is going on. */
function every(ms: number, { log }: Deps, run: () => Promise<void>): () => Promise<void> {
  let timer: NodeJS.Timeout;
  let going: Promise<void> = Promise.resolve();
  let stopped = false;
  const turn = () => {
    going = run()
      .catch((error: unknown) => log.warn('housekeeping failed, and will be tried again', { error }))
      .then(() => {
        if (!stopped) timer = setTimeout(turn, ms * (0.8 + 0.4 * Math.random()));
      });
  };
  timer = setTimeout(turn, Math.min(ms, 1000));
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await going;
  };
}
