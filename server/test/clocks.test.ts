import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { tidy } from '../src/jobs/housekeeping.ts';
import { reapLostJobs, requeueForgotten } from '../src/jobs/lost.ts';
import { startDeliveries } from '../src/webhook/deliver.ts';
import { type Harness, speechWav, startHarness } from './harness.ts';

// What lasts (leases, limits, keys, retention) is on the database's clock. Here the clock of the service's machine jumps
// (vitest's Date), and the database's (every time that is stored is moved the other way, which is the same).

const DAY = 24 * 3_600_000;
let service: Harness;
let hook: Server;
let hookUrl: string;
let hung: number;
beforeEach(async () => {
  hung = 0;
  hook = createServer(() => {
    hung++; // never answers
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  hookUrl = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
  service = await startHarness({
    env: {
      RATE_SUBMIT_PER_MINUTE: '100',
      RATE_READ_PER_MINUTE: '10000',
      WEBHOOK_ALLOW_HTTP: 'true',
      WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
    },
  });
});
afterEach(async () => {
  vi.useRealTimers();
  hook.closeAllConnections();
  hook.close();
  await service.close();
});

/** The machine's clock is off by so much from now on, and stands still. */
function jump(ms: number): void {
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
}

const wav = speechWav([
  [1, 1],
  [1, 2],
]);

test.each([
  ['a day forward', DAY],
  ['a day back', -DAY],
])('the machine jumps %s: jobs, replays, limits, retention and the audit chain go on', async (_, ms) => {
  const url = await service.upload('a.wav', wav);
  const submit = () => service.call('/v1/diarize', { json: { url }, headers: { 'idempotency-key': 'once' } });
  const first = await submit();
  jump(ms);
  const second = await submit();
  expect(second.body.jobId).toBe(first.body.jobId);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  const left = (answer: typeof first) => Number(answer.headers.get('x-ratelimit-remaining'));
  // the window of the minute is the database's: the count goes on, or a new minute has begun there
  expect(left(second) === left(first) - 1 || left(second) === 99).toBe(true);
  expect(Number(second.headers.get('x-ratelimit-reset'))).toBeLessThanOrEqual(60);
  await service.worker();
  expect(await service.ended(first.body.jobId)).toMatchObject({ status: 'succeeded', attempts: 1 });
  await tidy(service.deps);
  expect((await service.call(`/v1/jobs/${first.body.jobId}`)).body.output.diarization).toHaveLength(2);
  expect((await service.ended((await service.call('/v1/diarize', { json: { url } })).body.jobId)).status).toBe(
    'succeeded',
  );
  expect((await service.call('/v1/audit/verify')).body.ok).toBe(true);
});

test('a machine that jumps while a job runs keeps its lease', async () => {
  const { body } = await service.call('/v1/diarize', {
    json: { url: await service.upload('hang.wav', new TextEncoder().encode('hang')) },
  });
  await service.worker();
  await expect.poll(async () => (await service.call(`/v1/jobs/${body.jobId}`)).body.status).toBe('running');
  jump(DAY);
  await new Promise((resume) => setTimeout(resume, 1500)); // one renewal at least
  expect(await reapLostJobs(service.deps)).toBe(0);
  expect((await service.call(`/v1/jobs/${body.jobId}`)).body).toMatchObject({ status: 'running', attempts: 1 });
  expect((await service.call(`/v1/jobs/${body.jobId}`, { method: 'DELETE' })).body.status).toBe('canceled');
});

test('a signed address is good until its hour is over on the clock of who asks, and then 403', async () => {
  const { body } = await service.call('/v1/media/input', { json: { url: 'media://b.wav' } });
  const put = () => service.call(new URL(body.url).pathname, { method: 'PUT', key: null, body: new Uint8Array(4) });
  jump(-DAY);
  expect((await put()).status).toBe(200);
  jump(59 * 60_000);
  expect((await put()).status).toBe(200);
  jump(61 * 60_000);
  expect((await put()).status).toBe(403);
});

/** The database's clock jumps: everything that it wrote down moves the other way. */
async function jumpDatabase(hours: number): Promise<void> {
  const by = sql`make_interval(hours => ${-hours})`;
  for (const [table, columns] of [
    ['job', ['created_at', 'updated_at', 'started_at', 'lease_until', 'erase_at']],
    ['outbox', ['created_at', 'next_at']],
    ['media', ['created_at', 'expires_at']],
    ['pgboss.job', ['created_on', 'start_after', 'keep_until']],
  ] as const)
    for (const column of columns)
      await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${sql.ref(column)} + ${by}`.execute(
        service.deps.db,
      );
}

test.each([
  ['forward', 20],
  ['back', -20],
])(
  'the database jumps %s: what runs is run once more, what waits is taken, what is to be sent is sent',
  async (_, hours) => {
    const { db } = service.deps;
    const url = await service.upload('a.wav', wav);
    const submit = async () =>
      (await service.call('/v1/diarize', { json: { url, webhook: hookUrl } })).body.jobId as string;
    const [lost, waiting] = [await submit(), await submit()];
    // one that a worker had that is gone, in the queue no more
    await sql`delete from pgboss.job where id = ${lost}`.execute(db);
    await sql`update job set status = 'running', attempts = 1, lease_owner = 'gone', lease_until = now() + interval '5 seconds' where id = ${lost}`.execute(
      db,
    );
    await jumpDatabase(hours);
    expect(await reapLostJobs(service.deps)).toBe(1);
    await requeueForgotten(service.deps);
    await service.worker();
    expect(await service.ended(lost)).toMatchObject({ status: 'succeeded', attempts: 2 });
    expect(await service.ended(waiting)).toMatchObject({ status: 'succeeded', attempts: 1 });
    await jumpDatabase(hours);
    const deliveries = startDeliveries(service.deps, { idleMs: 30, retrySeconds: [], timeoutMs: 200 });
    await expect.poll(() => hung, { timeout: 5000 }).toBe(2);
    await deliveries.stop();
  },
);

test('a webhook target that hangs is given up in time, tried again, and holds nobody up', async () => {
  const good: string[] = [];
  const receiver = createServer((request, answer) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      good.push(Buffer.concat(parts).toString());
      answer.end();
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const fine = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const url = await service.upload('a.wav', wav);
  await service.worker();
  const ids: string[] = [];
  for (const webhook of [hookUrl, hookUrl, hookUrl, fine])
    ids.push((await service.call('/v1/diarize', { json: { url, webhook } })).body.jobId);
  for (const id of ids) await service.ended(id);
  const deliveries = startDeliveries(service.deps, { idleMs: 30, retrySeconds: [0], timeoutMs: 700 });
  const started = Date.now();
  await expect.poll(() => good.length, { timeout: 5000, interval: 20 }).toBe(1);
  expect(Date.now() - started).toBeLessThan(700); // not after those that hang
  const outcomes = async () =>
    (await service.call(`/v1/webhooks/deliveries?jobId=${ids[0]}`)).body.items.map(
      (item: { outcome: string; attempt: number }) => `${item.attempt} ${item.outcome}`,
    );
  await expect.poll(outcomes, { timeout: 10_000 }).toEqual(['1 http_timeout', '0 http_timeout']);
  expect(hung).toBe(6);
  await deliveries.stop();
  receiver.close();
});
