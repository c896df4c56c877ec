import { randomUUID } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { ForbiddenAddress, guardedRequest, TimedOut, TooManyRedirects } from '../net/guard.ts';
import { transaction } from '../store/db.ts';
import { noteDelivery, type OutboxRow, takeDue } from '../store/outbox.ts';
import { type SigningSecrets, signingSecrets } from '../store/webhookSecrets.ts';
import { UnknownKey } from '../vault.ts';
import { openPayload } from './payload.ts';
import { signWebhook } from './sign.ts';

/** First try, then three more: at once, after a minute, after five. */
export const RETRY_SECONDS: readonly number[] = [0, 60, 300];
const TIMEOUT_MS = 10_000;
const AT_ONCE = 8;

export type Outcome =
  | 'delivered'
  | 'http_timeout'
  | 'too_many_redirects'
  | 'connection_failed'
  | 'ssl_error'
  | 'http_error'
  | 'unknown_error';

interface Attempt {
  readonly outcome: Outcome;
  readonly httpStatus?: number;
}

interface SealedParts {
  readonly secrets: SigningSecrets;
  readonly body: Buffer;
}

/** Sends what is due, again and again. A target that hangs holds up one place of eight, for ten seconds. */
export function startDeliveries(
  deps: Deps,
  { idleMs = 500, retrySeconds = RETRY_SECONDS, timeoutMs = TIMEOUT_MS } = {},
): { stop(): Promise<void> } {
  let stopped = false;
  const going = new Set<Promise<void>>();
  const loop = (async () => {
    while (!stopped) {
      const free = AT_ONCE - going.size;
      let taken: OutboxRow[] = [];
      if (free > 0)
        taken = await takeDue(deps.db, { limit: free }).catch((error: unknown) => {
          deps.log.warn('the outbox cannot be read', { error });
          return [];
        });
      for (const row of taken) {
        const sending: Promise<void> = deliver(deps, row, { retrySeconds, timeoutMs })
          .then(() => {})
          .catch((error: unknown) => deps.log.warn('a webhook attempt was not noted, and will be repeated', { error }))
          .finally(() => going.delete(sending));
        going.add(sending);
      }
      if (taken.length === 0) await new Promise((resume) => setTimeout(resume, idleMs));
    }
  })();
  return {
    async stop() {
      stopped = true;
      await loop;
      await Promise.all(going);
    },
  };
}

/** One attempt: signed anew over the same bytes, noted with its outcome, the next one planned. */
export async function deliver(
  deps: Deps,
  row: OutboxRow,
  { retrySeconds = RETRY_SECONDS, timeoutMs = TIMEOUT_MS } = {},
): Promise<Outcome> {
  const opened = await sealedParts(deps, row);
  const { outcome, httpStatus }: Attempt = opened
    ? await attempt(deps, row, opened, timeoutMs)
    : { outcome: 'unknown_error' };
  const next = outcome === 'delivered' ? null : (retrySeconds[row.attempt] ?? null);
  await transaction(deps.db, (trx) =>
    noteDelivery(trx, row, { id: randomUUID(), outcome, http_status: httpStatus ?? null }, next),
  );
  deps.metrics.deliveries.inc({ outcome });
  deps.log.info('webhook attempt', { jobId: row.job_id, attempt: row.attempt, outcome, httpStatus });
  return outcome;
}

async function attempt(
  deps: Deps,
  row: OutboxRow,
  { secrets, body }: SealedParts,
  timeoutMs: number,
): Promise<Attempt> {
  const { webhook } = deps.config;
  const timestamp = Math.floor(Date.now() / 1000);
  const sign = (secret: string) => signWebhook(secret, timestamp, body, webhook.encoding);
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'x-request-timestamp': String(timestamp),
    'x-signature': sign(secrets.secret),
    ...(secrets.previous ? { 'x-signature-previous': sign(secrets.previous) } : {}),
    ...(row.attempt > 0 ? { 'x-retry-num': String(row.attempt), 'x-retry-reason': row.reason ?? 'unknown_error' } : {}),
  };
  try {
    const answer = await guardedRequest(row.url, {
      method: row.method,
      headers,
      body,
      allowHttp: webhook.allowHttp,
      allowedHosts: webhook.allowedHosts,
      maxRedirects: 2,
      timeoutMs,
    });
    answer.resume();
    answer.once('error', () => {});
    const httpStatus = answer.statusCode ?? 0;
    setTimeout(() => answer.destroy(), 1000).unref();
    return { outcome: httpStatus >= 200 && httpStatus < 300 ? 'delivered' : 'http_error', httpStatus };
  } catch (error) {
    return { outcome: outcomeOf(error) };
  }
}

/** The payload and what signs it; undefined when this process has no key to them: one that was restarted with it may, later. */
async function sealedParts({ db, vault, log }: Deps, row: OutboxRow): Promise<SealedParts | undefined> {
  try {
    return { secrets: await signingSecrets(db, vault, row.tenant), body: openPayload(vault, row) };
  } catch (error) {
    if (!(error instanceof UnknownKey)) throw error;
    log.warn('a webhook cannot be sent', { jobId: row.job_id, error });
    return undefined;
  }
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof TimedOut) return 'http_timeout';
  if (error instanceof TooManyRedirects) return 'too_many_redirects';
  if (error instanceof ForbiddenAddress) return 'connection_failed';
  const { code = '' } = error as NodeJS.ErrnoException;
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(code)) return 'ssl_error';
  if (/^(ECONN|ENOTFOUND|EHOST|ENET|EAI_|EPIPE|ETIMEDOUT)/.test(code)) return 'connection_failed';
  return 'unknown_error';
}
