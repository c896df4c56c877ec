import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signingSecrets } from '../src/store/webhookSecrets.ts';
import { type Harness, speechWav, startHarness } from './harness.ts';

// Every 4xx of the specification's section 11, by what brings it about.

let service: Harness;
beforeAll(async () => {
  service = await startHarness({
    config: (config) => ({ ...config, limits: { ...config.limits, jsonBytes: 50_000, mediaBytes: 100_000 } }),
  });
});
afterAll(() => service.close());

const diarize = (json: unknown, more: object = {}) => service.call('/v1/diarize', { json, ...more });
const url = 'media://x';

describe('400', () => {
  test.each([
    [{}, 'url', 'is required'],
    [{ url: 7 }, 'url', 'must be a string'],
    [{ url: 'ftp://x/y' }, 'url', 'must be a media://, http:// or https:// url'],
    [
      { url: 'media://a/../b' },
      'url',
      'must be media:// and then letters, digits, _ . / - without empty, . or .. parts',
    ],
    [{ url: `media://${'a'.repeat(260)}` }, 'url', 'must be at most 255 characters for a media:// url'],
    [{ url: `https://x.example/${'a'.repeat(8200)}` }, 'url', 'must have at most 8192 characters'],
    [{ url: 'file:///etc/passwd' }, 'url', 'must not be a file:// url outside the allowed folders'],
    [{ url, numSpeakers: 0 }, 'numSpeakers', 'must be at least 1'],
    [{ url, numSpeakers: 2.5 }, 'numSpeakers', 'must be a whole number'],
    [{ url, numSpeakers: true }, 'numSpeakers', 'must be a number'],
    [{ url, numSpeakers: 101 }, 'numSpeakers', 'must be at most 100'],
    [{ url, minSpeakers: 3, maxSpeakers: 2 }, 'minSpeakers', 'must not be larger than maxSpeakers'],
    [{ url, confidence: 'yes' }, 'confidence', 'must be true or false'],
    [{ url, model: 'whisper' }, 'model', 'is unknown: this server has embedded-test, precision-2, community-1'],
    [{ url, transcription: true }, 'transcription', 'is unavailable: this server has no speech-to-text backend'],
    [{ url, channel: 'left' }, 'channel', 'must be mix, separate, auto or a channel number'],
    [{ url, webhook: 'not a url' }, 'webhook', 'must be an https:// url'],
    [{ url, webhook: 'http://example.org/hook' }, 'webhook', 'must be an https:// url'],
    [{ url, webhook: 'https://127.0.0.1/hook' }, 'webhook', 'must not be an address of the range loopback'],
    [{ url, webhook: 'https://[::ffff:10.0.0.1]/hook' }, 'webhook', 'must not be an address of the range private'],
    [{ url, metadata: { a: 1 } }, 'metadata.a', 'must be a string'],
    [{ url, retentionHours: -1 }, 'retentionHours', 'must be at least 0'],
    [{ url, retentionHours: 3_000_000_000 }, 'retentionHours', 'must be at most 1000000'],
  ])('%j', async (json, field, message) => {
    const { status, body } = await diarize(json);
    expect(status).toBe(400);
    expect(body.errors[0]).toEqual({ field, message });
    expect(body).toMatchObject({
      message: 'Invalid request',
      requestId: expect.any(String),
      request_id: body.requestId,
    });
  });

  test('half of a surrogate pair, which the database does not keep', async () => {
    for (const metadata of ['{"a":"\\ud83d"}', '{"\\udc00":"a"}']) {
      const { status, body } = await service.call('/v1/diarize', {
        method: 'POST',
        body: `{"url":"media://x","metadata":${metadata}}`,
      });
      expect(status).toBe(400);
      expect(body.message).toBe('The request has a character that no text may have');
    }
  });

  test.each(['{"url":', 'null', '[]', '"text"', '', '\u0000', '{"url":"media://x"}}'])('the body %j', async (body) => {
    const answer = await service.call('/v1/diarize', { method: 'POST', body });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toHaveLength(1);
  });

  test('a rate that is larger than the store can hold', async () => {
    const json = { name: 'fast', scopes: ['jobs:read'], rateLimitPerMinute: 3_000_000_000 };
    const { status, body } = await service.call('/v1/keys', { json });
    expect(status).toBe(400);
    expect(body.errors).toEqual([{ field: 'rateLimitPerMinute', message: 'must be at most 1000000' }]);
  });

  test.each([101, 20_000])('JSON that is nested %i deep', async (depth) => {
    const nested = `${'['.repeat(depth - 2)}${']'.repeat(depth - 2)}`;
    const body = `{"audio_url":"https://x.example/a.wav","custom_metadata":{"a":${nested}}}`;
    const answer = await service.call('/v2/pre-recorded', { body });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([{ field: 'body', message: 'must be nested 100 deep at most' }]);
  });

  test('bytes that are not UTF-8', async () => {
    const answer = await service.call('/v1/diarize', {
      method: 'POST',
      body: new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]),
    });
    expect(answer.status).toBe(400);
  });

  test.each([
    [[], 'voiceprints', 'must have at least 1 item'],
    [[{ label: 'SPEAKER_07', voiceprint: 'x' }], 'voiceprints[0].label', 'must not start with SPEAKER_'],
    [[{ label: 'speaker_07', voiceprint: 'x' }], 'voiceprints[0].label', 'must not start with SPEAKER_'],
    [[{ label: '', voiceprint: 'x' }], 'voiceprints[0].label', 'must have at least 1 character'],
    [
      [{ label: 'Sam', voiceprint: 'x' }],
      'voiceprints[0].voiceprint',
      'is not a voiceprint of this service, or is damaged',
    ],
    [
      [{ label: 'Sam', voiceprint: 'a'.repeat(20_001) }],
      'voiceprints[0].voiceprint',
      'must have at most 20000 characters',
    ],
    [
      [{ label: 'Sam', voiceprint: `store:vp_${'a'.repeat(20)}` }],
      'voiceprints[0].voiceprint',
      'names no enrolled speaker',
    ],
    [
      Array.from({ length: 51 }, (_, i) => ({ label: `L${i}`, voiceprint: 'x' })),
      'voiceprints',
      'must have at most 50 items',
    ],
  ])('identify with %j', async (voiceprints, field, message) => {
    const { status, body } = await service.call('/v1/identify', { json: { url, voiceprints } });
    expect(status).toBe(400);
    expect(body.errors[0]).toEqual({ field, message });
  });

  test.each([
    'media://no spaces!',
    'media://',
    'media:///a',
    'media://a//b',
    'media://../a',
    'media://./a',
    'http://x',
    `media://${'a'.repeat(250)}`,
  ])('the media url %s', async (bad) => {
    for (const path of ['/v1/media/input', '/v1/media/output'])
      expect((await service.call(path, { json: { url: bad } })).status).toBe(400);
  });

  test.each([
    '/v2/jobs?limit=0',
    '/v2/jobs?limit=x',
    '/v2/jobs?cursor=x',
    '/v2/jobs?status=done',
    '/v1/jobs?take=101',
    '/v1/audit?cursor=-1',
  ])('%s', async (path) => {
    expect((await service.call(path)).status).toBe(400);
  });
});

test('null equals absent for every optional field, 2.0 is 2, unknown fields are ignored', async () => {
  const nulls = {
    url,
    webhook: null,
    webhookStatusOnly: null,
    model: null,
    numSpeakers: null,
    minSpeakers: null,
    maxSpeakers: null,
    turnLevelConfidence: null,
    exclusive: null,
    confidence: null,
    transcription: null,
    transcriptionConfig: null,
    transcript: null,
    transcriptFormat: null,
    channel: null,
    metadata: null,
    retentionHours: null,
    somethingNew: { deep: true },
  };
  expect((await diarize(nulls)).status).toBe(200);
  const whole = await service.call('/v1/diarize', { method: 'POST', body: `{"url":"${url}","numSpeakers":2.0}` });
  expect(whole.status).toBe(200);
  expect((await service.call('/v2/jobs?limit=1&unknown=1')).status).toBe(200);
});

test('an alias of pyannoteAI is served by our model, and the answer says so', async () => {
  const { body } = await diarize({ url, model: 'precision-3' });
  expect(body.warning).toBe('model precision-3 is served by embedded-test');
});

describe('401 and 403', () => {
  test('no key, a bad key, a revoked key, an expired key', async () => {
    expect((await service.call('/v1/test', { key: null })).status).toBe(401);
    const bad = await service.call('/v1/test', { key: 'definitely-not-a-key' });
    expect(bad.status).toBe(401);
    expect(bad.body).toMatchObject({ code: 'unauthorized', message: 'The API key is not valid' });
    expect(bad.headers.get('www-authenticate')).toBe('Bearer');
    const made = await service.call('/v1/keys', { json: { name: 'a', scopes: ['jobs:read'] } });
    expect(made.status).toBe(201);
    expect(made.body.secret).toMatch(/^dk_[A-Za-z0-9_-]{43}$/);
    expect((await service.call('/v1/test', { key: made.body.secret })).status).toBe(200);
    expect((await service.call(`/v1/keys/${made.body.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await service.call('/v1/test', { key: made.body.secret })).status).toBe(401);
    const json = { name: 'b', scopes: ['jobs:read'], expiresAt: '2020-01-01T00:00:00Z' };
    const past = await service.call('/v1/keys', { json });
    expect(past.status).toBe(400);
    expect(past.body.errors).toEqual([{ field: 'expiresAt', message: expect.stringContaining('in the future') }]);
    const old = await service.call('/v1/keys', { json: { ...json, expiresAt: '2100-01-01T00:00:00Z' } });
    expect((await service.call('/v1/test', { key: old.body.secret })).status).toBe(200);
    const { db } = service.deps;
    await db
      .updateTable('api_key')
      .set({ expires_at: new Date(0) })
      .where('id', '=', old.body.id)
      .execute();
    expect((await service.call('/v1/test', { key: old.body.secret })).status).toBe(401);
  });

  test("Gladia's header is a key on /v2 paths of that dialect only", async () => {
    const headers = { 'x-gladia-key': service.key };
    expect((await service.call('/v2/pre-recorded', { key: null, headers })).status).toBe(200);
    expect((await service.call('/v1/test', { key: null, headers })).status).toBe(401);
  });

  test('who asks too often for what the key may not is refused by the rate, and not written down again', async () => {
    const key = await service.keyFor('limited', ['jobs:read'], 2);
    const asked = [1, 2, 3].map(() => service.call('/v1/diarize', { key, json: {} }));
    const statuses = (await Promise.all(asked)).map(({ status }) => status).sort();
    expect(statuses).toEqual([403, 403, 429]);
  });

  test('a missing scope is 403, names the scope, and is in the audit trail', async () => {
    const reader = await service.keyFor('default', ['jobs:read']);
    const { status, body } = await diarize({ url }, { key: reader });
    expect(status).toBe(403);
    expect(body.message).toContain('jobs:write');
    const { body: audit } = await service.call('/v1/audit?action=auth.denied&limit=500');
    expect(audit.items.at(-1)).toMatchObject({ action: 'auth.denied', target: '/v1/diarize' });
    expect((await service.call('/v1/test', { key: reader })).status).toBe(200);
  });

  test('streaming is off', async () => {
    const { status, body } = await service.call('/v1/live', { method: 'POST' });
    expect(status).toBe(403);
    expect(body.message).toBe('Streaming is disabled');
  });

  test('an admin of another tenant makes keys for that tenant only', async () => {
    const other = await service.keyFor('acme', ['admin']);
    expect(
      (await service.call('/v1/keys', { key: other, json: { name: 'x', scopes: ['admin'], tenant: 'default' } }))
        .status,
    ).toBe(403);
    const { body } = await service.call('/v1/keys', { key: other });
    expect(new Set(body.items.map((key: { tenant: string }) => key.tenant))).toEqual(new Set(['acme']));
    expect(JSON.stringify(body)).not.toContain('dk_' + other.slice(3));
  });

  test('metrics, which count what all tenants do, are for the operator', async () => {
    expect((await service.call('/metrics', { key: await service.keyFor('acme', ['admin']) })).status).toBe(403);
    expect((await service.call('/metrics')).status).toBe(200);
  });

  test('what the audit trail cannot take has not happened: a key, a revocation, a new signing secret', async () => {
    const { db, vault } = service.deps;
    const kept = await service.call('/v1/keys', { json: { name: 'kept', scopes: ['jobs:read'] } });
    const secrets = await signingSecrets(db, vault, 'default');
    // As Postgres says it when its disk is full.
    await sql`create function no_room() returns trigger language plpgsql as
      $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$`.execute(db);
    await sql`create trigger no_room before insert on audit for each row execute function no_room()`.execute(db);
    try {
      const unseen = { name: 'unseen', scopes: ['admin'] };
      expect((await service.call('/v1/keys', { json: unseen })).status).toBe(503);
      expect((await service.call(`/v1/keys/${kept.body.id}`, { method: 'DELETE' })).status).toBe(503);
      expect((await service.call('/v1/webhook-secret/rotate', { method: 'POST' })).status).toBe(503);
    } finally {
      await sql`drop function no_room cascade`.execute(db);
    }
    const { body } = await service.call('/v1/keys');
    expect(body.items.map(({ name }: { name: string }) => name)).not.toContain('unseen');
    expect((await service.call('/v1/test', { key: kept.body.secret })).status).toBe(200);
    expect(await signingSecrets(db, vault, 'default')).toEqual(secrets);
  });
});

test('400, not a bug, for a name with a NUL, which no text in Postgres may have', async () => {
  for (const path of ['/v1/keys/%00', '/v1/keys/a%00b']) {
    const { status } = await service.call(path, { method: 'DELETE' });
    expect([400, 404]).toContain(status);
  }
});

describe('404', () => {
  const some = randomUUID();
  test.each([
    ['GET', `/v1/jobs/${some}`],
    ['GET', '/v1/jobs/not-a-uuid'],
    ['DELETE', `/v1/jobs/${some}`],
    ['GET', `/v1/jobs/${some}/export?format=rttm`],
    ['GET', `/v1/voiceprints/vp_${'a'.repeat(20)}`],
    ['DELETE', `/v1/voiceprints/vp_${'a'.repeat(20)}`],
    ['DELETE', '/v1/keys/key_none'],
    ['POST', `/v1/webhooks/deliveries/${some}/redeliver`],
    ['GET', `/v2/pre-recorded/${some}`],
    ['DELETE', `/v2/pre-recorded/${some}`],
    ['GET', `/v2/pre-recorded/${some}/file`],
    ['GET', '/v1/live/none'],
    ['GET', '/nothing/here'],
    ['POST', '/v1/jobs'],
  ])('%s %s', async (method, path) => {
    const { status, body } = await service.call(path, { method });
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: 'not_found', requestId: expect.any(String), message: expect.any(String) });
  });

  test("another tenant's job, media and voiceprint are not found", async () => {
    const other = await service.keyFor('rival');
    const { body: job } = await diarize({ url });
    for (const method of ['GET', 'DELETE'])
      expect((await service.call(`/v1/jobs/${job.jobId}`, { method, key: other })).status).toBe(404);
    expect((await service.call('/v2/jobs', { key: other })).body.items).toEqual([]);
    await service.upload('mine.wav', speechWav([[1, 1]]));
    const { body: grant } = await service.call('/v1/media/output', { json: { url: 'media://mine.wav' }, key: other });
    expect((await service.call(new URL(grant.url).pathname, { key: null })).status).toBe(404);
  });
});

describe('409', () => {
  test('an idempotency key with the same body gives the same job, with another body a clash', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await diarize({ url, numSpeakers: 2 }, { headers });
    const again = await diarize({ url, numSpeakers: 2 }, { headers });
    expect(again.body.jobId).toBe(first.body.jobId);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    // Null equals absent, and what is not known is ignored.
    const nulls = { model: null, webhook: null, webhookStatusOnly: null, metadata: null, retentionHours: null };
    const spelt = await diarize({ url, numSpeakers: 2, ...nulls, priority: null, later: 1 }, { headers });
    expect(spelt.body.jobId).toBe(first.body.jobId);
    const clash = await diarize({ url, numSpeakers: 3 }, { headers });
    expect(clash.status).toBe(409);
    expect(clash.body.code).toBe('idempotency_clash');
    const elsewhere = await diarize({ url }, { headers, key: await service.keyFor('third') });
    expect(elsewhere.status).toBe(200);
  });

  test('twenty submits at once with one key make one job', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(Array.from({ length: 20 }, () => diarize({ url }, { headers })));
    expect(new Set(answers.map(({ body }) => body.jobId)).size).toBe(1);
  });

  test('an export before the end', async () => {
    const { body } = await diarize({ url });
    expect((await service.call(`/v1/jobs/${body.jobId}/export?format=rttm`)).status).toBe(409);
  });
});

describe('413', () => {
  test('a JSON body that is too large, announced or not', async () => {
    const large = JSON.stringify({ url, padding: 'x'.repeat(60_000) });
    const answer = await service.call('/v1/diarize', { method: 'POST', body: large });
    expect(answer.status).toBe(413);
    const stream = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(10_000).fill(0x20));
      },
    });
    expect((await service.call('/v1/diarize', { method: 'POST', body: stream })).status).toBe(413);
  });

  test('an upload that is too large leaves nothing', async () => {
    const { body } = await service.call('/v1/media/input', { json: { url: 'media://large.wav' } });
    const path = new URL(body.url).pathname;
    const { status } = await service.call(path, { method: 'PUT', key: null, body: new Uint8Array(200_000) });
    expect(status).toBe(413);
    const { body: grant } = await service.call('/v1/media/output', { json: { url: 'media://large.wav' } });
    expect((await service.call(new URL(grant.url).pathname, { key: null })).status).toBe(404);
  });
});

test('429 past the rate of a key, counted for each endpoint, with Retry-After and the three headers', async () => {
  await using limited = await startHarness({ env: { RATE_SUBMIT_PER_MINUTE: '1000', RATE_READ_PER_MINUTE: '1000' } });
  const key = await limited.keyFor('default', ['jobs:read', 'jobs:write'], 3);
  const answers = [];
  for (let i = 0; i < 5; i++) answers.push(await limited.call('/v2/jobs', { key }));
  const limits = answers.map(({ status }) => status);
  // A minute of the clock may end in the middle of this.
  expect(limits.filter((status) => status === 429).length).toBeGreaterThanOrEqual(1);
  const last = answers.find(({ status }) => status === 429)!;
  expect(last.headers.get('x-ratelimit-limit')).toBe('3');
  expect(last.headers.get('x-ratelimit-remaining')).toBe('0');
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect((await limited.call('/v1/jobs', { key })).status).toBe(200);
});

test("a key's own rate holds where the server has no limits", async () => {
  const key = await service.keyFor('default', ['jobs:read'], 1);
  const answers = [];
  // Three, as a minute of the clock may end between two of them.
  for (let i = 0; i < 3; i++) answers.push(await service.call('/v2/jobs', { key }));
  expect(answers.map(({ status }) => status)).toContain(429);
  expect(answers[0].headers.get('x-ratelimit-limit')).toBe('1');
  expect((await service.call('/v2/jobs')).headers.get('x-ratelimit-limit')).toBeNull();
});

test('503 when the queue is full, with Retry-After', async () => {
  await using full = await startHarness({ env: { QUEUE_LIMIT: '2' } });
  for (let i = 0; i < 2; i++) expect((await full.call('/v1/diarize', { json: { url } })).status).toBe(200);
  const { status, headers, body } = await full.call('/v1/diarize', { json: { url } });
  expect(status).toBe(503);
  expect(headers.get('retry-after')).toBe('30');
  expect(body.code).toBe('queue_full');
});

test('a hundred submits at once, more than there are connections, all get through', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => diarize({ url })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
}, 30_000);

test("501 in OpenAI's shape, as there is no speech-to-text", async () => {
  const { status, body } = await service.call('/v1/audio/transcriptions', { method: 'POST' });
  expect(status).toBe(501);
  expect(body.error).toMatchObject({ type: 'server_error', code: 'transcription_unavailable' });
});

test('every answer has a request id and the security headers; the docs page has no script', async () => {
  const { headers } = await service.call('/healthz', { key: null });
  expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  const page = await service.call('/docs', { key: null });
  expect(page.body).toContain('/v1/diarize');
  expect(page.body).not.toContain('<script');
});

test('browsers of configured origins are let in, others are not', async () => {
  await using open = await startHarness({ env: { CORS_ORIGINS: 'https://app.example.org' } });
  const ask = (origin: string) =>
    open.call('/v1/diarize', {
      method: 'OPTIONS',
      key: null,
      headers: { origin, 'access-control-request-method': 'POST' },
    });
  expect((await ask('https://app.example.org')).headers.get('access-control-allow-origin')).toBe(
    'https://app.example.org',
  );
  expect((await ask('https://evil.example.org')).headers.get('access-control-allow-origin')).toBeNull();
});
