import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { getMedia } from '../src/store/media.ts';
import { type Harness, speechWav, startHarness } from './harness.ts';

let service: Harness;
beforeAll(async () => {
  service = await startHarness({ env: { PUBLIC_URL: 'https://diarist.example.org/' } });
  await service.worker();
});
afterAll(() => service.close());

async function upload(
  bytes: Uint8Array<ArrayBuffer>,
  name = 'call.wav',
): Promise<{ status: number; body: { audio_url: string; audio_metadata: object } }> {
  const form = new FormData();
  form.append('audio', new Blob([bytes]), name);
  return service.call('/v2/upload', {
    method: 'POST',
    body: form,
    key: null,
    headers: { 'x-gladia-key': service.key },
  });
}

async function done(id: string) {
  for (;;) {
    const { body } = await service.call(`/v2/pre-recorded/${id}`);
    if (body.status === 'done' || body.status === 'error') return body;
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

test('upload, create, poll, fetch the file, delete', async () => {
  const wav = speechWav([
    [2, 1],
    [1, 0],
    [2, 2],
  ]);
  const { status, body } = await upload(wav, '../../etc/call.wav');
  expect(status).toBe(200);
  expect(body.audio_metadata).toMatchObject({
    filename: 'call.wav',
    extension: 'wav',
    size: wav.length,
    audio_duration: 5,
    number_of_channels: 1,
  });
  expect(body.audio_url).toMatch(/^https:\/\/diarist\.example\.org\/file\/[0-9a-f-]{36}$/);
  const created = await service.call('/v2/pre-recorded', {
    json: { audio_url: body.audio_url, diarization: true, custom_metadata: { k: null } },
  });
  expect(created.status).toBe(201);
  const job = await done(created.body.id);
  expect(job).toMatchObject({
    status: 'done',
    version: 2,
    kind: 'pre-recorded',
    custom_metadata: { k: null },
    error_code: null,
  });
  expect(job.result.metadata).toMatchObject({ audio_duration: 5, number_of_distinct_channels: 1, billing_time: 5 });
  expect(job.result.transcription.utterances.map((one: { speaker: number }) => one.speaker)).toEqual([0, 1]);
  expect(job.result.diarization.results).toHaveLength(2);
  const file = await service.app.request(`/v2/pre-recorded/${created.body.id}/file`, {
    headers: { 'x-gladia-key': service.key },
  });
  expect(file.headers.get('content-type')).toBe('application/octet-stream');
  expect(new Uint8Array(await file.arrayBuffer())).toEqual(wav);
  expect((await service.call(`/v2/pre-recorded/${created.body.id}`, { method: 'DELETE' })).status).toBe(202);
  expect((await service.call(`/v2/pre-recorded/${created.body.id}`)).status).toBe(404);
});

test('a file that another job waits for stays when its first job is deleted, and goes with the last', async () => {
  const { db } = service.deps;
  const { body } = await upload(speechWav([[2, 1]]));
  const { body: first } = await service.call('/v2/pre-recorded', { json: { audio_url: body.audio_url } });
  await done(first.id);
  const waiting = randomUUID();
  await sql`insert into job (id, tenant, kind, dialect, status, url, options)
    select ${waiting}, tenant, kind, dialect, 'pending', url, '{}' from job where id = ${first.id}`.execute(db);
  expect((await service.call(`/v2/pre-recorded/${first.id}`, { method: 'DELETE' })).status).toBe(202);
  expect((await service.call(`/v2/pre-recorded/${waiting}/file`)).status).toBe(200);
  expect((await service.call(`/v2/pre-recorded/${waiting}`, { method: 'DELETE' })).status).toBe(202);
  const key = `gladia/${body.audio_url.split('/').at(-1)}`;
  expect(await getMedia(db, 'default', key)).toBeUndefined();
});

test('a file of ours that is gone is missing, and is not fetched from ourselves', async () => {
  const { body } = await upload(speechWav([[2, 1]]));
  const create = () => service.call('/v2/pre-recorded', { json: { audio_url: body.audio_url } });
  const { body: first } = await create();
  expect(await done(first.id)).toMatchObject({ status: 'done' });
  expect((await service.call(`/v2/pre-recorded/${first.id}`, { method: 'DELETE' })).status).toBe(202);
  const { body: second } = await create();
  expect(await done(second.id)).toMatchObject({ status: 'error', error_code: 404, result: null });
  expect((await service.call(`/v1/jobs/${second.id}`)).body.errorCode).toBe('media_not_found');
});

test('equal channels count once and are one conversation', async () => {
  const { body } = await upload(
    speechWav(
      [
        [2, 1],
        [2, 2],
      ],
      { channels: 2 },
    ),
  );
  const { body: created } = await service.call('/v2/pre-recorded', {
    json: { audio_url: body.audio_url, diarization: true },
  });
  const job = await done(created.id);
  expect(job.file.number_of_channels).toBe(2);
  expect(job.result.metadata).toMatchObject({ number_of_distinct_channels: 1, billing_time: 4 });
});

test('add-ons that this server does not have are refused when asked for, taken when false', async () => {
  const asked = await service.call('/v2/pre-recorded', {
    json: { audio_url: 'https://x.example/a.wav', translation: true },
  });
  expect(asked.status).toBe(400);
  expect(asked.body).toMatchObject({ message: expect.any(String), request_id: expect.any(String) });
  expect(
    (await service.call('/v2/pre-recorded', { json: { audio_url: 'https://x.example/a.wav', translation: false } }))
      .status,
  ).toBe(201);
});

test('a fault of ours at the upload is a 500 that tells nothing, not a fault of the file', async () => {
  const { status, body } = await upload(new TextEncoder().encode('bug'));
  expect(status).toBe(500);
  expect(JSON.stringify(body)).not.toContain('/');
});

test('what is not a recording is refused at the upload', async () => {
  const { status } = await upload(new Uint8Array(1000).fill(7) as Uint8Array<ArrayBuffer>);
  expect(status).toBe(400);
  expect(
    (
      await service.call('/v2/upload', {
        method: 'POST',
        body: 'not a form',
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
      })
    ).status,
  ).toBe(400);
  expect((await service.call('/v2/upload', { json: { audio_url: 'http://127.0.0.1/x.wav' } })).status).toBe(400);
});

test('the list is of the time and of the custom metadata that are asked for', async () => {
  const { body: file } = await upload(speechWav([[2, 1]]), 'a.wav');
  const make = async (custom_metadata?: object) =>
    (await service.call('/v2/pre-recorded', { json: { audio_url: file.audio_url, custom_metadata } })).body.id;
  const ours = await make({ team: 'sales & co', call: 7 });
  await make({ team: 'support', call: 7 });
  await make();
  const list = async (query: Record<string, string>) =>
    (await service.call(`/v2/pre-recorded?${new URLSearchParams(query)}`)).body;
  const ids = async (query: Record<string, string>) => (await list(query)).items.map(({ id }: { id: string }) => id);
  expect(await ids({ 'custom_metadata[team]': 'sales & co', 'custom_metadata[call]': '7' })).toEqual([ours]);
  expect(await ids({ 'custom_metadata[team]': 'nobody' })).toEqual([]);
  const { next } = await list({ 'custom_metadata[call]': '7', limit: '1' });
  expect((await service.call(next.replace('https://diarist.example.org', ''))).body.items[0].id).toBe(ours);
  const day = (await service.call(`/v2/pre-recorded/${ours}`)).body.created_at.slice(0, 10);
  expect(await ids({ date: day })).toContain(ours);
  expect(await ids({ date: '2020-02-29' })).toEqual([]);
  expect(await ids({ after_date: '2020-02-29', before_date: '2099-01-01T00:00:00+02:00' })).toContain(ours);
  expect(await ids({ before_date: '2020-02-29' })).toEqual([]);
  expect(await ids({ after_date: '2099-01-01' })).toEqual([]);
  const wrong = await service.call('/v2/pre-recorded?date=yesterday');
  expect(wrong.status).toBe(400);
});

// @gladiaio/sdk makes its error of `message` alone.
test('the message of a refusal says what is refused', async () => {
  const json = { audio_url: 'https://example.org/a.wav', summarization: true };
  const { status, body } = await service.call('/v2/pre-recorded', { json });
  expect(status).toBe(400);
  expect(body.message).toBe('summarization is not available on this server');
  expect(body.errors).toEqual([{ field: 'summarization', message: 'is not available on this server' }]);
});

test('the list is paged and filtered by status', async () => {
  const { body } = await service.call('/v2/pre-recorded?limit=1&status=done&status=error');
  expect(body.items).toHaveLength(1);
  expect(body.first).toContain('https://diarist.example.org/v2/pre-recorded?offset=0');
  expect(new URL(body.next).searchParams.getAll('status')).toEqual(['done', 'error']);
});
