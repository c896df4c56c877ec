import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tidy } from '../src/jobs/housekeeping.ts';
import { type Harness, speechWav, startHarness } from './harness.ts';

let service: Harness;
let jobId: string;
beforeAll(async () => {
  service = await startHarness();
  await service.worker();
  const url = await service.upload(
    'talk.wav',
    speechWav([
      [3, 1],
      [1, 0],
      [3, 2],
    ]),
  );
  jobId = (await service.call('/v1/diarize', { json: { url } })).body.jobId;
  await service.ended(jobId);
});
afterAll(() => service.close());

const enrol = (json: object, key?: string) => service.call('/v1/voiceprints', { json, ...(key ? { key } : {}) });
const identify = async (json: object) => {
  const { body } = await service.call('/v1/identify', { json: { url: 'media://talk.wav', ...json } });
  return service.ended(body.jobId);
};
async function voiceprint(
  name: string,
  bytes: Uint8Array,
): Promise<{ status: string; errorCode?: string; output: { voiceprint: string } }> {
  const { body } = await service.call('/v1/voiceprint', { json: { url: await service.upload(name, bytes) } });
  return service.ended(body.jobId);
}

test('a speaker is enrolled from a job, with consent; the vector is never listed and is sealed in the database', async () => {
  const fromJob = { jobId, speaker: 'SPEAKER_00' };
  const { status, body } = await enrol({
    label: 'Sam',
    sets: ['team'],
    fromJob,
    consent: { basis: 'written', reference: 'HR-17' },
  });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    label: 'Sam',
    sets: ['team'],
    samples: 1,
    consent: { basis: 'written', at: expect.any(String) },
    lastMatchedAt: null,
  });
  expect(body.id).toMatch(/^vp_[a-z0-9]{20}$/);
  expect(body).not.toHaveProperty('voiceprint');
  const listed = await service.call('/v1/voiceprints?set=team');
  expect(JSON.stringify(listed.body)).not.toContain('vpr1.');
  const { rows } = await sql<{ vector: Buffer }>`select vector from voiceprint_sample`.execute(service.deps.db);
  const open = new Float32Array(16).fill(0);
  open[1] = 1;
  expect(rows[0].vector.includes(Buffer.from(open.buffer).subarray(4, 8))).toBe(false);
});

test('a set names the speakers of a file, and notes that it did', async () => {
  const { output, status } = await identify({ voiceprints: [], voiceprintSet: 'team' });
  expect(status).toBe('succeeded');
  expect(output.identification[0]).toMatchObject({ speaker: 'Sam', diarizationSpeaker: 'SPEAKER_00', match: 'Sam' });
  expect(output.identification[1]).toMatchObject({ speaker: 'SPEAKER_01', match: null });
  expect(output.voiceprints).toHaveLength(2);
  // The same vector: 1 / (1 + e^-(8 · 1 - 4)), by the line of the fake engine's manifest.
  expect(output.voiceprints[0].confidence).toEqual({ Sam: 98 });
  const { body } = await service.call('/v1/voiceprints?label=Sam');
  expect(body.items[0].lastMatchedAt).not.toBeNull();
});

test('a set that nobody is enrolled in names nobody, and says so', async () => {
  const { output } = await identify({ voiceprints: [], voiceprintSet: 'taem' });
  expect(output.identification.every(({ match }: { match: unknown }) => match === null)).toBe(true);
  expect(output.warning).toBe('nobody is enrolled in the set taem');
  const { output: right } = await identify({ voiceprints: [], voiceprintSet: 'team' });
  expect(right).not.toHaveProperty('warning');
});

test('a portable string from a clip and a stored one work side by side', async () => {
  const clip = await voiceprint('bob.wav', speechWav([[5, 2]]));
  const { body: sam } = await service.call('/v1/voiceprints?label=Sam');
  const { output } = await identify({
    voiceprints: [
      { label: 'Bob', voiceprint: clip.output.voiceprint },
      { label: 'Sammy', voiceprint: `store:${sam.items[0].id}` },
    ],
  });
  expect(output.voiceprints.map((one: { match: string }) => one.match)).toEqual(['Sammy', 'Bob']);
  for (const { confidence } of output.voiceprints) expect(Object.keys(confidence)).toEqual(['Bob', 'Sammy']);
});

test.each([
  [
    'two.wav',
    speechWav([
      [5, 1],
      [5, 2],
    ]),
    'voiceprint_multiple_speakers',
  ],
  ['short.wav', speechWav([[1, 1]]), 'too_short'],
  ['silent.wav', speechWav([[5, 0]]), 'no_speech'],
  ['long.wav', speechWav([[40, 1]]), 'too_long'],
])('a voiceprint of %s fails', async (name, bytes, code) => {
  expect(await voiceprint(name, bytes)).toMatchObject({ status: 'failed', errorCode: code });
});

test.each(['constructor', '__proto__', 'toString', 'SPEAKER_09'])(
  'nobody is enrolled from a speaker %s, whom the job does not have',
  async (speaker) => {
    expect((await enrol({ label: 'Nobody', fromJob: { jobId, speaker } })).status).toBe(404);
  },
);

test('times are told in UTC, however they were given, and in years of four digits', async () => {
  const fromJob = { jobId, speaker: 'SPEAKER_00' };
  const { body } = await enrol({ label: 'Zone', fromJob, consent: { at: '2026-01-01T00:30:00+02:00' } });
  expect(body.consent.at).toBe('2025-12-31T22:30:00.000Z');
  const late = { label: 'Late', fromJob, expiresAt: '9999-12-31T23:59:59-01:00' };
  const refused = await enrol(late);
  expect(refused.body.errors).toEqual([{ field: 'expiresAt', message: 'must be before the year 10000' }]);
  expect((await enrol({ ...late, expiresAt: '9999-12-31T23:59:59Z' })).body.expiresAt).toBe('9999-12-31T23:59:59.000Z');
});

test('a set that is named twice is one set', async () => {
  const fromJob = { jobId, speaker: 'SPEAKER_01' };
  const { status, body } = await enrol({ label: 'Twice', sets: ['pair', 'other', 'pair'], fromJob });
  expect(status).toBe(201);
  expect(body.sets).toEqual(['other', 'pair']);
});

test('the label of a speaker who has expired is free at once, not only when housekeeping was there', async () => {
  const fromJob = { jobId, speaker: 'SPEAKER_01' };
  const { body } = await enrol({ label: 'Temp', sets: ['agency'], fromJob });
  expect((await enrol({ label: 'Temp', sets: ['agency'], fromJob })).status).toBe(409);
  await sql`update voiceprint set expires_at = now() - interval '1 second' where id = ${body.id}`.execute(
    service.deps.db,
  );
  expect((await service.call(`/v1/voiceprints/${body.id}`)).status).toBe(404);
  expect((await enrol({ label: 'Temp', sets: ['agency'], fromJob })).status).toBe(201);
  const { body: listed } = await service.call('/v1/voiceprints?set=agency');
  expect(listed.items).toHaveLength(1);
  await tidy(service.deps);
});

test('the same label in one set is taken; in another set, or another tenant, it is free', async () => {
  const fromJob = { jobId, speaker: 'SPEAKER_01' };
  expect((await enrol({ label: 'Sam', sets: ['team'], fromJob })).status).toBe(409);
  expect((await enrol({ label: 'Sam', sets: ['guests'], fromJob })).status).toBe(201);
  const other = await service.keyFor('rival');
  expect((await enrol({ label: 'Sam', sets: ['team'], fromJob }, other)).status).toBe(404); // not their job
});

test('a sample is added, the speaker is renamed, an export is written to the audit trail', async () => {
  const { body: list } = await service.call('/v1/voiceprints?set=team&label=Sam');
  const { id } = list.items[0];
  const clip = await voiceprint('sam.wav', speechWav([[5, 1]]));
  const changed = await service.call(`/v1/voiceprints/${id}`, {
    method: 'PATCH',
    json: { label: 'Samuel', addVoiceprint: clip.output.voiceprint, metadata: { role: 'host' } },
  });
  expect(changed.body).toMatchObject({ label: 'Samuel', samples: 2, sets: ['team'], metadata: { role: 'host' } });
  const exported = await service.call(`/v1/voiceprints/${id}?include=voiceprint`);
  expect(exported.body.voiceprint).toMatch(/^vpr1\./);
  const { body: audit } = await service.call('/v1/audit?action=voiceprint.export');
  expect(audit.items.map((event: { target: string }) => event.target)).toEqual([id]);
});

test('erasing a speaker erases every sample', async () => {
  const { body: list } = await service.call('/v1/voiceprints');
  for (const { id } of list.items) {
    expect((await service.call(`/v1/voiceprints/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await service.call(`/v1/voiceprints/${id}`)).status).toBe(404);
  }
  const { rows } = await sql<{ count: string }>`select count(*) from voiceprint_sample`.execute(service.deps.db);
  expect(Number(rows[0].count)).toBe(0);
});

test('a speaker that is changed and erased at once is changed first, or is not there', async () => {
  for (let round = 0; round < 8; round++) {
    const { body } = await enrol({ label: `Both ${round}`, sets: ['both'], fromJob: { jobId, speaker: 'SPEAKER_00' } });
    const place = `/v1/voiceprints/${body.id}`;
    const [changed, erased] = await Promise.all([
      service.call(place, { method: 'PATCH', json: { label: `Other ${round}`, sets: ['both', 'more'] } }),
      service.call(place, { method: 'DELETE' }),
    ]);
    expect([200, 404]).toContain(changed.status);
    expect(erased.status).toBe(204);
    expect((await service.call(place)).status).toBe(404);
  }
});

test('who lists and erases page by page, as when a customer leaves, erases all', async () => {
  const key = await service.keyFor('leaving');
  const { output } = await voiceprint('leaving.wav', speechWav([[4, 1]]));
  for (let i = 0; i < 5; i++) await enrol({ label: `Speaker ${i}`, voiceprint: output.voiceprint }, key);
  let cursor: string | null = null;
  let erased = 0;
  do {
    const path = `/v1/voiceprints?limit=2${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const { body } = await service.call(path, { key });
    for (const { id } of body.items) {
      expect((await service.call(`/v1/voiceprints/${id}`, { method: 'DELETE', key })).status).toBe(204);
      erased++;
    }
    cursor = body.nextCursor;
  } while (cursor !== null);
  expect(erased).toBe(5);
  expect((await service.call('/v1/voiceprints', { key })).body.items).toEqual([]);
  expect((await service.call('/v1/voiceprints?cursor=vp_1', { key })).status).toBe(400);
});

test('voiceprints that came with a request are sealed in the database, and erased with the job', async () => {
  const { output } = await voiceprint('visitor.wav', speechWav([[4, 1]]));
  const voiceprints = [{ label: 'Visitor', voiceprint: output.voiceprint }];
  const job = await identify({ voiceprints, webhook: 'https://hooks.example.com/' });
  const { jobId: id } = job;
  expect(job.output.voiceprints[0].match).toBe('Visitor');
  const stored = async () => {
    const { rows } = await sql<{
      text: string;
      sealed: Buffer | null;
      body: Buffer;
    }>`select (job.*)::text as text, sealed_options as sealed, body from job join outbox on job_id = job.id
      where job.id = ${id}`.execute(service.deps.db);
    return rows[0];
  };
  for (const erased of [false, true]) {
    if (erased) expect((await service.call(`/v1/jobs/${id}`, { method: 'DELETE' })).status).toBe(200);
    const { text, sealed, body } = await stored();
    expect(text).not.toContain('vpr1.');
    expect(text).not.toContain('Visitor');
    expect(body.includes('Visitor')).toBe(false);
    expect(sealed === null).toBe(erased);
    expect(body.length === 0).toBe(erased);
  }
});

test('a job that waited while its server learnt to seal requests has its voiceprints still', async () => {
  const { output } = await voiceprint('waited.wav', speechWav([[4, 1]]));
  const id = randomUUID();
  const options = {
    voiceprints: [{ label: 'Early', voiceprint: output.voiceprint }],
    matching: { exclusive: true, threshold: 0 },
  };
  await sql`insert into job (id, tenant, kind, dialect, status, url, options) values
    (${id}, 'default', 'identify', 'pyannoteai', 'pending', 'media://talk.wav', ${JSON.stringify(options)}::jsonb)`.execute(
    service.deps.db,
  );
  await service.deps.db.transaction().execute((trx) => service.deps.queue.send(trx, { id, priority: 0 }));
  expect((await service.ended(id)).output.identification[0]).toMatchObject({ match: 'Early' });
});

test('a voiceprint of another model is refused when the job runs', async () => {
  const { writePortable } = await import('../src/voiceprint/portable.ts');
  const foreign = writePortable({ digest: 'ffffffffffffffff', vectors: [new Float32Array(16).fill(1)] });
  const job = await identify({ voiceprints: [{ label: 'Old', voiceprint: foreign }] });
  expect(job).toMatchObject({ status: 'failed', errorCode: 'voiceprint_incompatible' });
});

test('a string that says it is of this model, with vectors of another length, is refused and holds nobody up', async () => {
  const { parsePortable, writePortable } = await import('../src/voiceprint/portable.ts');
  const { output } = await voiceprint('alice-again.wav', speechWav([[4, 1]]));
  const { digest } = parsePortable(output.voiceprint)!;
  const forged = writePortable({ digest, vectors: [Float32Array.of(1, 0, 0)] });
  const voiceprints = ['One', 'Two'].map((label) => ({ label, voiceprint: forged }));
  expect(await identify({ voiceprints })).toMatchObject({ status: 'failed', errorCode: 'voiceprint_incompatible' });
});

test('after a rotation of the encryption key everything is sealed with the new one', async () => {
  const { rotateEncryption } = await import('../src/rotate.ts');
  const { createVault } = await import('../src/vault.ts');
  const { randomBytes } = await import('node:crypto');
  const { body } = await enrol({ label: 'Kim', fromJob: { jobId, speaker: 'SPEAKER_00' } });
  const { output } = await voiceprint('guest.wav', speechWav([[4, 1]]));
  const guest = [{ label: 'Guest', voiceprint: output.voiceprint }];
  const { jobId: asked } = await identify({ voiceprints: guest, webhook: 'https://hooks.example.com/' });
  const newKey = randomBytes(32);
  const both = {
    ...createVault([newKey]),
    open: (sealed: Buffer, context: string) => service.deps.vault.open(sealed, context),
  };
  const count = await rotateEncryption(service.deps.db, both);
  expect(count).toBeGreaterThan(2);
  const fresh = createVault([newKey]);
  const { rows } = await sql<{
    vector: Buffer;
    voiceprint_id: string;
  }>`select vector, voiceprint_id from voiceprint_sample`.execute(service.deps.db);
  expect(rows[0].voiceprint_id).toBe(body.id);
  expect(fresh.open(rows[0].vector, `voiceprint:${body.id}`)).toHaveLength(64);
  const { rows: jobs } = await sql<{
    sealed: Buffer;
    outbox: string;
    body: Buffer;
  }>`select sealed_options as sealed, outbox.id::text as outbox, body from job join outbox on job_id = job.id
    where job.id = ${asked}`.execute(service.deps.db);
  expect(JSON.parse(fresh.open(jobs[0].sealed, `request:${asked}`).toString())).toEqual({ voiceprints: guest });
  const told = JSON.parse(fresh.open(jobs[0].body, `webhook:${jobs[0].outbox}`).toString());
  expect(told).toMatchObject({ jobId: asked, output: { voiceprints: [{ match: 'Guest' }, { match: null }] } });
});
