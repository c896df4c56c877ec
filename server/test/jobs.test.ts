import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tidy } from '../src/jobs/housekeeping.ts';
import { reapLostJobs, requeueForgotten } from '../src/jobs/lost.ts';
import { listJobs } from '../src/store/jobList.ts';
import { createVault } from '../src/vault.ts';
import { startDeliveries } from '../src/webhook/deliver.ts';
import { verifyWebhook } from '../src/webhook/sign.ts';
import { type Harness, speechWav, startHarness } from './harness.ts';

let service: Harness;
let receiver: Server;
let hook: string;
let received: { headers: Record<string, string | string[] | undefined>; body: Buffer }[] = [];
let answerWith = 200;
let onHalf = () => {};
let onHook: ((told: Buffer) => Promise<number>) | undefined;
beforeAll(async () => {
  service = await startHarness({
    env: { WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOWED_HOSTS: '127.0.0.1', FETCH_ALLOWED_HOSTS: '127.0.0.1' },
  });
  receiver = createServer((request, answer) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', async () => {
      if (request.url === '/file.wav') return answer.end(twoSpeakers);
      if (request.url === '/half.wav') return void answer.write(twoSpeakers.subarray(0, 1000), onHalf);
      if (request.url === '/gone.wav') return answer.writeHead(404).end();
      if (request.url === '/inward.wav') return answer.writeHead(302, { location: 'http://10.0.0.1/x.wav' }).end();
      const body = Buffer.concat(parts);
      received.push({ headers: request.headers, body });
      answer.writeHead(onHook && body.length > 0 ? await onHook(body) : answerWith).end();
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});
afterAll(async () => {
  receiver.close();
  await service.close();
});

const twoSpeakers = speechWav([
  [3, 1],
  [1, 0],
  [2, 2],
  [2, 1],
]);
const text = (content: string) => new TextEncoder().encode(content);

async function submitted(json: Record<string, unknown>, path = '/v1/diarize'): Promise<string> {
  const { status, body } = await service.call(path, { json });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.jobId as string;
}

test('a job goes from created through the queue to an output', async () => {
  const url = await service.upload('a/b.wav', twoSpeakers);
  const { body } = await service.call('/v1/diarize', { json: { url, numSpeakers: null, metadata: { ticket: '7' } } });
  expect(body.status).toBe('created');
  const waiting = await service.call(`/v1/jobs/${body.jobId}`);
  expect(waiting.body).toMatchObject({
    status: 'pending',
    stage: 'queued',
    queuePosition: 0,
    attempts: 0,
    kind: 'diarize',
  });
  expect(waiting.body).not.toHaveProperty('output');
  await service.worker();
  const done = await service.ended(body.jobId);
  expect(done).toMatchObject({ status: 'succeeded', attempts: 1, progress: 1, metadata: { ticket: '7' } });
  expect(done.audio).toEqual({ duration: 8, sampleRate: 8000, channels: 1, distinctChannels: 1 });
  expect(done.output).toEqual({
    diarization: [
      { speaker: 'SPEAKER_00', start: 0, end: 3 },
      { speaker: 'SPEAKER_01', start: 4, end: 6 },
      { speaker: 'SPEAKER_00', start: 6, end: 8 },
    ],
  });
});

test('options that were asked for are in the output', async () => {
  const url = await service.upload('a/b.wav', twoSpeakers);
  const asked = { exclusive: true, turnLevelConfidence: true, confidence: true, numSpeakers: 5 };
  const { output } = await service.ended(await submitted({ url, ...asked }));
  expect(output.exclusiveDiarization).toHaveLength(3);
  expect(output.diarization[0].confidence).toEqual({ SPEAKER_00: 90, SPEAKER_01: 0 });
  expect(output.confidence.score).toHaveLength(8 / 0.02);
  expect(output.warning).toBe('asked for 5 speakers, found 2');
});

test('silence succeeds with no turns and a warning', async () => {
  const url = await service.upload('silence.wav', speechWav([[3, 0]]));
  const { status, output } = await service.ended(await submitted({ url }));
  expect(status).toBe('succeeded');
  expect(output).toEqual({ diarization: [], warning: 'no speech was found' });
});

test.each([
  ['never-uploaded.wav', undefined, 'media_not_found'],
  ['text.wav', text('this is not a recording at all'), 'decode_failed'],
  ['empty.wav', new Uint8Array(0), 'too_short'],
])('%s fails with a code, a sentence and no path', async (name, bytes, code) => {
  if (bytes) await service.upload(name, bytes);
  const job = await service.ended(await submitted({ url: `media://${name}` }));
  expect(job).toMatchObject({ status: 'failed', errorCode: code, output: { error: expect.any(String) } });
  expect(job.output.error).not.toMatch(/\/tmp|\/media\/|diarist-test/);
});

test('a url is downloaded; a missing one and one that leads inward fail', async () => {
  expect((await service.ended(await submitted({ url: `${hook}/file.wav` }))).status).toBe('succeeded');
  expect(await service.ended(await submitted({ url: `${hook}/gone.wav` }))).toMatchObject({
    errorCode: 'fetch_failed',
    output: { error: 'The url answered 404' },
  });
  expect(await service.ended(await submitted({ url: `${hook}/inward.wav` }))).toMatchObject({
    errorCode: 'fetch_forbidden',
  });
  expect(await service.ended(await submitted({ url: 'http://169.254.169.254/x.wav' }))).toMatchObject({
    errorCode: 'fetch_forbidden',
  });
});

test('what is being downloaded lies where a killed process is tidied up after, and goes with its request', async () => {
  const gone = new AbortController();
  const half = new Promise<void>((sent) => {
    onHalf = sent;
  });
  const uploading = service.app.request('/v2/upload', {
    method: 'POST',
    headers: { authorization: `Bearer ${service.key}` },
    body: JSON.stringify({ audio_url: `${hook}/half.wav` }),
    signal: gone.signal,
  });
  await half;
  await expect.poll(() => readdir(service.deps.scratch)).toHaveLength(1);
  gone.abort();
  await uploading;
  expect(await readdir(service.deps.scratch)).toEqual([]);
});

test('a file that crashes the inference process takes only that process down; the third loss fails the job', async () => {
  const url = await service.upload('crash.wav', text('crash'));
  const job = await service.ended(await submitted({ url }));
  expect(job).toMatchObject({ status: 'failed', errorCode: 'worker_lost', attempts: 3 });
  const good = await service.ended(await submitted({ url: await service.upload('a/b.wav', twoSpeakers) }));
  expect(good.status).toBe('succeeded');
});

test('a file that takes ever more memory fails its job, and the machine lives', async () => {
  const job = await service.ended(await submitted({ url: await service.upload('eats.wav', text('eats')) }));
  expect(job).toMatchObject({ status: 'failed', errorCode: 'out_of_memory', attempts: 1 });
});

test.each(['hang', 'stuck'])(
  'a job that would %s for ever is canceled within two seconds and the worker goes on',
  async (what) => {
    const url = await service.upload(`${what}.wav`, text(what));
    const id = await submitted({ url });
    await expect
      .poll(async () => (await service.call(`/v1/jobs/${id}`)).body.stage, { timeout: 10_000 })
      .not.toBe('queued');
    const { body } = await service.call(`/v1/jobs/${id}`, { method: 'DELETE' });
    expect(body).toMatchObject({ status: 'canceled', errorCode: 'canceled_by_user' });
    const started = Date.now();
    const next = await service.ended(await submitted({ url: await service.upload('a/b.wav', twoSpeakers) }));
    expect(next.status).toBe('succeeded');
    expect(Date.now() - started).toBeLessThan(4500); // 1 s to notice, 1.2 s to be killed, and the next job
  },
);

test('a waiting job that is canceled never runs', async () => {
  const id = await submitted({ url: 'media://x', priority: -10 });
  const { body } = await service.call(`/v1/jobs/${id}`, { method: 'DELETE' });
  expect(['canceled', 'failed']).toContain(body.status);
});

test('DELETE after the end erases the output, and says when; a second one changes nothing', async () => {
  const id = await submitted({ url: await service.upload('a/b.wav', twoSpeakers) });
  await service.ended(id);
  const { body } = await service.call(`/v1/jobs/${id}`, { method: 'DELETE' });
  expect(body).toMatchObject({ status: 'succeeded', outputErasedAt: expect.any(String) });
  expect(body).not.toHaveProperty('output');
  const again = await service.call(`/v1/jobs/${id}`, { method: 'DELETE' });
  expect(again.body.outputErasedAt).toBe(body.outputErasedAt);
  const { body: audit } = await service.call('/v1/audit?action=job.erase&limit=500');
  expect(audit.items.filter((event: { target: string }) => event.target === id)).toHaveLength(1);
});

test('a shorter retention erases by itself; media go when their time has come', async () => {
  const id = await submitted({ url: await service.upload('a/b.wav', twoSpeakers), retentionHours: 0 });
  await expect.poll(async () => (await service.call(`/v1/jobs/${id}`)).body.status).toBe('succeeded');
  await sql`update media set expires_at = now() - interval '1 second' where key = 'a/b.wav'`.execute(service.deps.db);
  await tidy(service.deps);
  const { body } = await service.call(`/v1/jobs/${id}`);
  expect(body).toMatchObject({ status: 'succeeded', outputErasedAt: expect.any(String) });
  expect(await service.ended(await submitted({ url: 'media://a/b.wav' }))).toMatchObject({
    errorCode: 'media_not_found',
  });
});

test('an end is final: the database itself refuses to leave one', async () => {
  const id = await submitted({ url: await service.upload('a/b.wav', twoSpeakers) });
  await service.ended(id);
  await expect(sql`update job set status = 'running' where id = ${id}`.execute(service.deps.db)).rejects.toThrow(
    'has ended as succeeded',
  );
});

test('the audit trail cannot be changed, and a change behind the database is found', async () => {
  const { db } = service.deps;
  await expect(sql`update audit set action = 'nothing'`.execute(db)).rejects.toThrow('append-only');
  await expect(sql`delete from audit`.execute(db)).rejects.toThrow('append-only');
  expect((await service.call('/v1/audit/verify')).body).toMatchObject({ ok: true, firstBadSeq: null });
  await sql`alter table audit disable trigger all`.execute(db);
  const { rows } = await sql<{ action: string }>`select action from audit where tenant = 'default' and seq = 2`.execute(
    db,
  );
  await sql`update audit set action = 'nothing' where tenant = 'default' and seq = 2`.execute(db);
  expect((await service.call('/v1/audit/verify')).body).toMatchObject({ ok: false, firstBadSeq: 2 });
  await sql`update audit set action = ${rows[0].action} where tenant = 'default' and seq = 2`.execute(db);
  await sql`alter table audit enable trigger all`.execute(db);
  expect((await service.call('/v1/audit/verify')).body.ok).toBe(true);
});

test('a held request answers when the job changes, not before', async () => {
  const url = await service.upload('a/b.wav', twoSpeakers);
  const id = await submitted({ url });
  const headers = { prefer: 'wait=20' };
  const started = Date.now();
  let { body } = await service.call(`/v1/jobs/${id}`, { headers });
  while (body.status === 'pending' || body.status === 'running')
    ({ body } = await service.call(`/v1/jobs/${id}`, { headers }));
  expect(body.status).toBe('succeeded');
  expect(Date.now() - started).toBeLessThan(10_000);
});

test('both lists are newest first, and the cursor goes on where a page ends', async () => {
  const first = await service.call('/v2/jobs?limit=3');
  expect(first.body.items).toHaveLength(3);
  const second = await service.call(`/v2/jobs?limit=3&cursor=${first.body.nextCursor}`);
  const ids = [...first.body.items, ...second.body.items].map((item: { id: string }) => item.id);
  expect(new Set(ids).size).toBe(6);
  // Of what may be large nothing is read.
  const [read] = await listJobs(service.deps.db, 'default', { limit: 1 });
  expect(Object.keys(read).sort()).toEqual(['created_at', 'id', 'kind', 'status']);
  const old = await service.call('/v1/jobs?take=6');
  expect(old.body.items.map((item: { id: string }) => item.id)).toEqual(ids);
  expect(old.body.total).toBeGreaterThanOrEqual(6);
  const { body } = await service.call('/v2/pre-recorded', { json: { audio_url: `${hook}/gone.wav` } });
  expect((await service.call(`/v2/pre-recorded/${body.id}`, { method: 'DELETE' })).status).toBe(202);
  // Not an empty page, which would be the end of the list.
  expect((await service.call(`/v2/jobs?cursor=${body.id}`)).status).toBe(400);
  const failed = await service.call('/v2/jobs?status=failed&limit=100');
  expect(new Set(failed.body.items.map((item: { status: string }) => item.status))).toEqual(new Set(['failed']));
});

test('a webhook is signed over its bytes, retried with its reason, and can be sent again', async () => {
  received = [];
  const { body: rotated } = await service.call('/v1/webhook-secret/rotate', { method: 'POST' });
  const { body: second } = await service.call('/v1/webhook-secret/rotate', { method: 'POST' });
  expect(second.previousValidUntil).not.toBeNull();
  const deliveries = startDeliveries(service.deps, { idleMs: 30, retrySeconds: [0, 0, 0] });
  try {
    answerWith = 500;
    const id = await submitted({ url: await service.upload('a/b.wav', twoSpeakers), webhook: `${hook}/hook` });
    await expect.poll(() => received.length, { timeout: 15_000 }).toBe(4);
    const numbers = received.map(({ headers }) => headers['x-retry-num']);
    expect(numbers).toEqual([undefined, '1', '2', '3']);
    expect(received[1].headers['x-retry-reason']).toBe('http_error');
    for (const { headers, body } of received) {
      const sent = { timestamp: Number(headers['x-request-timestamp']), body };
      expect(verifyWebhook(second.secret, { ...sent, signature: String(headers['x-signature']) })).toBe(true);
      expect(verifyWebhook(rotated.secret, { ...sent, signature: String(headers['x-signature-previous']) })).toBe(true);
    }
    expect(JSON.parse(received[0].body.toString())).toMatchObject({
      jobId: id,
      status: 'succeeded',
      output: { diarization: expect.any(Array) },
    });
    await expect
      .poll(async () => (await service.call(`/v1/webhooks/deliveries?jobId=${id}`)).body.items.length)
      .toBe(4);
    const { body: list } = await service.call(`/v1/webhooks/deliveries?jobId=${id}`);
    expect(list.items[0]).toMatchObject({ jobId: id, attempt: 3, outcome: 'http_error', httpStatus: 500 });
    answerWith = 200;
    expect(
      (await service.call(`/v1/webhooks/deliveries/${list.items[0].id}/redeliver`, { method: 'POST' })).status,
    ).toBe(202);
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(5);
    expect(received[4].body).toEqual(received[0].body);
    expect(received[4].headers['x-retry-num']).toBeUndefined();
  } finally {
    answerWith = 200;
    await deliveries.stop();
  }
});

test('a receiver that erases the job while it is told of it, and then fails, is not told again', async () => {
  received = [];
  const deliveries = startDeliveries(service.deps, { idleMs: 30, retrySeconds: [0, 0, 0] });
  try {
    onHook = async (told) => {
      await service.call(`/v1/jobs/${JSON.parse(told.toString()).jobId}`, { method: 'DELETE' });
      return 500;
    };
    const id = await submitted({ url: await service.upload('a/b.wav', twoSpeakers), webhook: `${hook}/hook` });
    await expect
      .poll(async () => (await service.call(`/v1/webhooks/deliveries?jobId=${id}`)).body.items.length, {
        timeout: 15_000,
      })
      .toBeGreaterThan(0);
    await new Promise((resume) => setTimeout(resume, 300));
    expect(received.map(({ body }) => body.length > 0)).toEqual([true]);
  } finally {
    onHook = undefined;
    await deliveries.stop();
  }
});

test('who sends DELETE twice, as clients that try again do, is still told of the cancel', async () => {
  received = [];
  const blocked = await submitted({ url: await service.upload('a/b.wav', twoSpeakers) });
  const id = await submitted({ url: 'media://a/b.wav', webhook: `${hook}/hook`, priority: -10 });
  const [first, second] = [
    await service.call(`/v1/jobs/${id}`, { method: 'DELETE' }),
    await service.call(`/v1/jobs/${id}`, { method: 'DELETE' }),
  ];
  expect(first.body.status).toBe('canceled');
  expect(second.body.status).toBe('canceled');
  const deliveries = startDeliveries(service.deps, { idleMs: 30 });
  try {
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(1);
    expect(JSON.parse(received[0].body.toString())).toEqual({ jobId: id, status: 'canceled' });
  } finally {
    await deliveries.stop();
    await service.ended(blocked);
  }
});

test('a webhook that a process has no key to is tried again, and then by one that has it', async () => {
  received = [];
  const id = await submitted({ url: await service.upload('a/b.wav', twoSpeakers), webhook: `${hook}/hook` });
  await expect.poll(async () => (await service.call(`/v1/jobs/${id}`)).body.status).toBe('succeeded');
  const attempts = async () =>
    (await service.call(`/v1/webhooks/deliveries?jobId=${id}`)).body.items
      .sort((one: { attempt: number }, other: { attempt: number }) => one.attempt - other.attempt)
      .map((item: { outcome: string }) => item.outcome);
  const stranger = startDeliveries(
    { ...service.deps, vault: createVault([randomBytes(32)]) },
    { idleMs: 30, retrySeconds: [0, 3600] },
  );
  try {
    await expect.poll(attempts, { timeout: 15_000 }).toEqual(['unknown_error', 'unknown_error']);
    expect(received).toEqual([]);
  } finally {
    await stranger.stop();
  }
  const { db } = service.deps;
  await db.updateTable('outbox').set({ next_at: new Date() }).where('job_id', '=', id).execute();
  const deliveries = startDeliveries(service.deps, { idleMs: 30 });
  try {
    await expect.poll(attempts, { timeout: 15_000 }).toEqual(['unknown_error', 'unknown_error', 'delivered']);
    expect(received).toHaveLength(1);
  } finally {
    await deliveries.stop();
  }
});

test('a failed job tells so without an output; webhookStatusOnly leaves it out, too', async () => {
  received = [];
  const deliveries = startDeliveries(service.deps, { idleMs: 30 });
  try {
    await submitted({ url: 'media://never-uploaded.wav', webhook: `${hook}/hook` });
    await submitted({
      url: await service.upload('a/b.wav', twoSpeakers),
      webhook: `${hook}/hook`,
      webhookStatusOnly: true,
    });
    await expect.poll(() => received.length, { timeout: 15_000 }).toBe(2);
    for (const { body } of received)
      expect(Object.keys(JSON.parse(body.toString())).sort()).toEqual(['jobId', 'status']);
  } finally {
    await deliveries.stop();
  }
});

test('a job whose worker is lost goes back to the queue, and the worker that comes back late changes nothing', async () => {
  await using quiet = await startHarness();
  const quietUrl = await quiet.upload('a/b.wav', twoSpeakers);
  const { body } = await quiet.call('/v1/diarize', { json: { url: quietUrl } });
  const id = body.jobId;
  await sql`update job set status = 'running', attempts = 1, lease_owner = 'gone', lease_until = now() - interval '1 second' where id = ${id}`.execute(
    quiet.deps.db,
  );
  expect(await reapLostJobs(quiet.deps)).toBe(1);
  expect((await quiet.call(`/v1/jobs/${id}`)).body).toMatchObject({ status: 'pending', attempts: 1 });
  const late =
    await sql`update job set status = 'succeeded' where id = ${id} and lease_owner = 'gone' and attempts = 1 returning id`.execute(
      quiet.deps.db,
    );
  expect(late.rows).toHaveLength(0);
  await quiet.worker();
  expect((await quiet.ended(id)).attempts).toBe(2);
});

test('a store that goes away under a job does not fail it', async () => {
  await using quiet = await startHarness();
  const url = await quiet.upload('a/b.wav', twoSpeakers);
  const { blobs } = quiet.deps;
  let failures = 0;
  Object.assign(quiet.deps, {
    blobs: {
      ...blobs,
      async checkout(name: string) {
        if (failures++ === 0) throw Object.assign(new Error('Connection terminated unexpectedly'), { code: '57P01' });
        return blobs.checkout(name);
      },
    },
  });
  const { body } = await quiet.call('/v1/diarize', { json: { url } });
  await quiet.worker();
  expect(await quiet.ended(body.jobId)).toMatchObject({ status: 'succeeded', attempts: 2 });
});

test('an end that met another transaction is written again; one that the store refuses fails its job at once', async () => {
  await using quiet = await startHarness();
  const { db } = quiet.deps;
  for (const name of ['tries', 'refusals']) await sql.raw(`create sequence ${name}`).execute(db);
  await sql
    .raw(
      `create function meddle() returns trigger language plpgsql as $$ begin
        if new.url like '%clash.wav' and nextval('tries') < 3 then raise exception 'clash' using errcode = '40001'; end if;
        if new.url like '%refused.wav' and nextval('refusals') > 0 then raise exception 'refused'; end if;
        return new;
      end $$`,
    )
    .execute(db);
  await sql
    .raw(
      `create trigger meddle before update of status on job for each row when (new.status = 'succeeded')
        execute function meddle()`,
    )
    .execute(db);
  const submitted = async (name: string) =>
    (await quiet.call('/v1/diarize', { json: { url: await quiet.upload(name, twoSpeakers) } })).body.jobId;
  const [clash, refused] = [await submitted('clash.wav'), await submitted('refused.wav')];
  await quiet.worker();
  expect(await quiet.ended(clash)).toMatchObject({ status: 'succeeded', attempts: 1 });
  expect(await quiet.ended(refused)).toMatchObject({ status: 'failed', attempts: 1, errorCode: 'internal' });
  const { rows } = await sql<{ last_value: string }>`select last_value from refusals`.execute(db);
  expect(rows).toEqual([{ last_value: '1' }]);
});

test('waiting jobs that the queue has forgotten are put back', async () => {
  await using quiet = await startHarness();
  const { body } = await quiet.call('/v1/diarize', { json: { url: await quiet.upload('a/b.wav', twoSpeakers) } });
  await sql`delete from pgboss.job`.execute(quiet.deps.db);
  await sql`update job set updated_at = now() - interval '1 minute'`.execute(quiet.deps.db);
  expect(await requeueForgotten(quiet.deps)).toBe(1);
  await quiet.worker();
  expect((await quiet.ended(body.jobId)).status).toBe('succeeded');
});

test('higher priorities go first, then the oldest', async () => {
  await using quiet = await startHarness();
  const url = await quiet.upload('a/b.wav', twoSpeakers);
  const submit = async (priority: number) =>
    (await quiet.call('/v1/diarize', { json: { url, priority } })).body.jobId as string;
  const ids = [await submit(0), await submit(0), await submit(5)];
  expect((await quiet.call(`/v1/jobs/${ids[1]}`)).body.queuePosition).toBe(2);
  await quiet.worker();
  for (const id of ids) await quiet.ended(id);
  const { rows } = await sql<{ id: string }>`select id from job order by started_at`.execute(quiet.deps.db);
  expect(rows.map((row) => row.id)).toEqual([ids[2], ids[0], ids[1]]);
});

test('a worker that is stopped gives its job back, without counting it as a loss', async () => {
  await using quiet = await startHarness();
  const url = await quiet.upload('hang.wav', text('hang'));
  const { body } = await quiet.call('/v1/diarize', { json: { url } });
  const worker = await quiet.worker();
  await expect
    .poll(async () => (await quiet.call(`/v1/jobs/${body.jobId}`)).body.status, { timeout: 5000 })
    .toBe('running');
  await worker.stop(100);
  expect((await quiet.call(`/v1/jobs/${body.jobId}`)).body).toMatchObject({ status: 'pending', attempts: 0 });
});

test('a worker under which a newer version changed the database ends its job and takes no other', async () => {
  await using quiet = await startHarness();
  const later = (change: 'insert' | 'delete') =>
    (change === 'insert'
      ? sql`insert into kysely_migration values ('999-later', '2030-01-01T00:00:00.000Z')`
      : sql`delete from kysely_migration where name = '999-later'`
    ).execute(quiet.deps.db);
  const submit = async () =>
    (await quiet.call('/v1/diarize', { json: { url: await quiet.upload('a/b.wav', twoSpeakers) } })).body.jobId;
  const worker = await quiet.worker();
  expect((await quiet.ended(await submit())).status).toBe('succeeded');
  await later('insert');
  const ready = async () => (await quiet.call('/readyz')).body;
  const outdated = 'The database belongs to a newer diarist: it has 999-later, which this one does not know.';
  await expect
    .poll(async () => (await ready()).checks, { timeout: 5000 })
    .toMatchObject({ store: expect.stringContaining(outdated), models: 'no worker has loaded them yet' });
  const id = await submit();
  await new Promise((resume) => setTimeout(resume, 1000));
  expect((await quiet.call(`/v1/jobs/${id}`)).body).toMatchObject({ status: 'pending', attempts: 0 });
  await worker.stop(100);
  await later('delete');
  await quiet.worker();
  expect((await quiet.ended(id)).status).toBe('succeeded');
});

test('each of many jobs is taken by exactly one of several workers', async () => {
  await using quiet = await startHarness();
  const url = await quiet.upload('a/b.wav', twoSpeakers);
  const ids = await Promise.all(
    Array.from({ length: 12 }, async () => (await quiet.call('/v1/diarize', { json: { url } })).body.jobId as string),
  );
  await Promise.all([quiet.worker(), quiet.worker(), quiet.worker()]);
  for (const id of ids) expect(await quiet.ended(id)).toMatchObject({ status: 'succeeded', attempts: 1 });
});
