import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tidy } from '../src/jobs/housekeeping.ts';
import { listAudit } from '../src/store/audit.ts';
import { putMedia } from '../src/store/media.ts';
import { liveWorkers, removeWorkersOf, seeWorker } from '../src/store/workers.ts';
import { type Harness, startHarness } from './harness.ts';

// What a busy or a broken deployment must not keep from going when its time has come.

let service: Harness;
beforeAll(async () => {
  service = await startHarness();
});
afterAll(() => service.close());

const count = async (text: string): Promise<number> => {
  const { rows } = await sql.raw<{ count: string }>(`select count(*) from ${text}`).execute(service.deps.db);
  return Number(rows[0].count);
};

test('every output whose time has come goes, however many have ended since the last time', async () => {
  await sql`insert into job (id, tenant, kind, dialect, status, url, options, output, erase_at)
    select gen_random_uuid(), 'busy', 'diarize', 'pyannoteai', 'succeeded', 'media://a.wav', '{}', ${Buffer.of(1)},
      now() - interval '1 minute' from generate_series(1, 230)`.execute(service.deps.db);
  await tidy(service.deps);
  expect(await count('job where output is not null')).toBe(0);
});

test('storage that is away does not keep a speaker who has expired', async () => {
  const { db, blobs } = service.deps;
  await sql`insert into orphan_blob (blob) values (${randomUUID()})`.execute(db);
  await sql`insert into voiceprint (id, tenant, label, model, metadata, expires_at)
    values ('vp_gone', 'default', 'Gone', 'm@sha256:00', '{}', now() - interval '1 minute')`.execute(db);
  const remove = async () => {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  };
  await tidy({ ...service.deps, blobs: { ...blobs, remove } });
  expect(await count('voiceprint')).toBe(0);
  expect(await count('orphan_blob')).toBe(1);
});

test('an output that cannot be erased does not keep a speaker who has expired', async () => {
  const { db } = service.deps;
  await sql
    .raw(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$`)
    .execute(db);
  await sql.raw(`create trigger refuse before update on job for each row execute function refuse()`).execute(db);
  await sql`insert into job (id, tenant, kind, dialect, status, url, options, output, erase_at)
    values (gen_random_uuid(), 'stuck', 'diarize', 'pyannoteai', 'succeeded', 'media://a.wav', '{}', ${Buffer.of(1)},
      now() - interval '1 minute')`.execute(db);
  await sql`insert into voiceprint (id, tenant, label, model, metadata, expires_at)
    values ('vp_after', 'stuck', 'After', 'm@sha256:00', '{}', now() - interval '1 minute')`.execute(db);
  await tidy(service.deps);
  expect(await count("voiceprint where tenant = 'stuck'")).toBe(0);
  expect(await count("job where tenant = 'stuck' and output is not null")).toBe(1);
  await sql.raw('drop trigger refuse on job').execute(db);
  await tidy(service.deps);
  expect(await count("job where tenant = 'stuck' and output is not null")).toBe(0);
});

test('bytes that got no name, as the process was killed before it, go a day later; those that got one stay', async () => {
  const { db, blobs } = service.deps;
  await sql`delete from orphan_blob`.execute(db);
  const [lost, named] = [randomUUID(), randomUUID()];
  for (const blob of [lost, named]) await blobs.write(blob, Readable.from([Buffer.from('bytes')]), 10);
  await putMedia(db, { tenant: 'default', key: 'named.wav', blob: named, size: 5 }, undefined);
  const there = async (blob: string) => {
    const bytes = await blobs.read(blob);
    bytes?.destroy();
    return bytes !== undefined;
  };
  await tidy(service.deps);
  expect([await there(lost), await there(named)]).toEqual([true, true]);
  await sql`update orphan_blob set orphaned_at = orphaned_at - interval '25 hours'`.execute(db);
  await tidy(service.deps);
  expect([await there(lost), await there(named)]).toEqual([false, true]);
  await expect(blobs.write(randomUUID(), Readable.from([Buffer.alloc(11)]), 10)).rejects.toThrow('More than 10 bytes');
  expect(await count('orphan_blob')).toBe(0);
});

test('one blob that cannot be removed does not keep those after it', async () => {
  const { db, blobs } = service.deps;
  await sql`delete from orphan_blob`.execute(db);
  const [stuck, free] = [randomUUID(), randomUUID()];
  await sql`insert into orphan_blob (blob, orphaned_at) values
    (${stuck}, now() - interval '2 hours'), (${free}, now() - interval '1 hour')`.execute(db);
  const remove = async (name: string) => {
    if (name === stuck) throw new Error('EACCES: permission denied');
  };
  for (let minute = 0; minute < 3; minute++) await tidy({ ...service.deps, blobs: { ...blobs, remove } });
  const { rows } = await sql<{ blob: string }>`select blob from orphan_blob`.execute(db);
  expect(rows).toEqual([{ blob: stuck }]);
});

test('workers of an earlier process in a folder of our own are not counted, those of other machines are', async () => {
  const { db } = service.deps;
  for (const id of ['embedded/1', 'elsewhere/1'])
    await seeWorker(db, { id, host: 'here', model: { id: 'm' }, ready: true });
  await removeWorkersOf(db, 'embedded/');
  expect((await liveWorkers(db)).map(({ id }) => id)).toEqual(['elsewhere/1']);
});

test('that a speaker has expired is in the audit trail, as what somebody erases is', async () => {
  const { db } = service.deps;
  await sql`insert into voiceprint (id, tenant, label, model, metadata, expires_at) values
    ('vp_expired', 'voices', 'Ada', 'm@sha256:00', '{}', now() - interval '1 minute'),
    ('vp_stays', 'voices', 'Ben', 'm@sha256:00', '{}', now() + interval '1 hour')`.execute(db);
  await tidy(service.deps);
  await tidy(service.deps);
  const events = await listAudit(db, 'voices');
  expect(events.map(({ actor, action, target, detail }) => ({ actor, action, target, detail }))).toEqual([
    { actor: 'system', action: 'voiceprint.delete', target: 'vp_expired', detail: { why: 'expired' } },
  ]);
  expect(await count("voiceprint where tenant = 'voices'")).toBe(1);
});
