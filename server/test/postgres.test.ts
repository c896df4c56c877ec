import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../src/embeddedPostgres.ts';
import { createQueue } from '../src/jobs/queue.ts';
import { migrate, openDb, waitForStore } from '../src/store/db.ts';
import { migrations } from '../src/store/migrations/index.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diarist-pg-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const query = async (url: string, text: string) => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
};

test('it starts from nothing, is reachable on loopback only with the password, and keeps what is written', async () => {
  const postgres = await startEmbeddedPostgres(dir);
  expect(new URL(postgres.url).hostname).toBe('127.0.0.1');
  await query(postgres.url, 'create table kept (n int); insert into kept values (42)');
  const wrong = new URL(postgres.url);
  wrong.password = 'wrong';
  await expect(query(wrong.href, 'select 1')).rejects.toThrow('password');
  expect((await stat(join(dir, 'postgres.password'))).mode & 0o077).toBe(0);
  expect(await readFile(join(dir, 'postgres.password'), 'utf8')).toHaveLength(32);
  await postgres.stop();
  const again = await startEmbeddedPostgres(dir);
  expect(await query(again.url, 'select n from kept')).toEqual([{ n: 42 }]);
  await again.stop();
});

test('killed while writing it comes back on the same port with everything that was acknowledged', async () => {
  let crashes = 0;
  const postgres = await startEmbeddedPostgres(dir, { onCrash: () => crashes++ });
  const db = openDb(postgres.url);
  await query(postgres.url, 'create table written (n int)');
  let acknowledged = 0;
  const writing = (async () => {
    while (acknowledged < 100_000) {
      await query(postgres.url, `insert into written values (${acknowledged})`);
      acknowledged++;
    }
  })();
  await new Promise((resume) => setTimeout(resume, 300));
  process.kill(postgres.pid, 'SIGKILL');
  await expect(writing).rejects.toThrow();
  expect(acknowledged).toBeGreaterThan(0);
  let rows: { count: string }[] = [];
  const deadline = Date.now() + 20_000;
  while (rows.length === 0 && Date.now() < deadline) {
    rows = await query(postgres.url, 'select count(*) from written').catch(() => []);
    if (rows.length === 0) await new Promise((resume) => setTimeout(resume, 100));
  }
  expect(Number(rows[0].count)).toBeGreaterThanOrEqual(acknowledged);
  expect(crashes).toBeGreaterThan(0);
  await db.destroy();
  await postgres.stop();
});

test('the Postgres that a killed server left behind is stopped, and its folder is served again', async () => {
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL('../src/embeddedPostgres.ts', import.meta.url).href)};
    const postgres = await startEmbeddedPostgres(${JSON.stringify(dir)});
    console.log(postgres.pid);
    setInterval(() => {}, 1000);`;
  const server = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((done) =>
    server.stdout.once('data', (data: Buffer) => done(Number(data.toString()))),
  );
  server.kill('SIGKILL');
  await new Promise((done) => server.once('exit', done));
  expect(() => process.kill(pid, 0)).not.toThrow();
  const postgres = await startEmbeddedPostgres(dir);
  expect(await query(postgres.url, 'select n from kept')).toEqual([{ n: 42 }]);
  await postgres.stop();
});

test('two servers that migrate at once: one does the work, the other finds it done', async () => {
  const postgres = await startEmbeddedPostgres(dir);
  const servers = [0, 1, 2].map(() => ({ db: openDb(postgres.url), queue: createQueue(postgres.url, () => {}) }));
  await Promise.all(servers.map(({ db, queue }) => migrate(db, () => queue.start())));
  const [{ count }] = await query(postgres.url, 'select count(*) from kysely_migration');
  expect(Number(count)).toBe(Object.keys(migrations).length);
  await Promise.all(servers.map(async ({ db, queue }) => Promise.all([queue.stop(), db.destroy()])));
  await postgres.stop();
});

test('a database that a newer server has had is refused with what to do', async () => {
  const postgres = await startEmbeddedPostgres(dir);
  const db = openDb(postgres.url);
  await migrate(db);
  await query(postgres.url, "insert into kysely_migration values ('999-later', '2030-01-01T00:00:00.000Z')");
  await expect(migrate(db)).rejects.toThrow(
    'The database belongs to a newer diarist: it has 999-later, which this one does not know. Start that version,',
  );
  await query(postgres.url, "delete from kysely_migration where name = '999-later'");
  await migrate(db);
  await db.destroy();
  await postgres.stop();
});

test('a store that is not up yet is waited for; one that stays away, or refuses the password, is said', async () => {
  const postgres = await startEmbeddedPostgres(dir);
  const db = openDb(postgres.url);
  process.kill(postgres.pid, 'SIGKILL'); // it is started again on the same port
  let waited = 0;
  await waitForStore(db, { onWait: () => waited++ });
  expect(waited).toBe(1);
  const wrong = new URL(postgres.url);
  wrong.password = 'wrong';
  const refused = openDb(wrong.href);
  await expect(waitForStore(refused)).rejects.toThrow('password authentication failed');
  await Promise.all([db.destroy(), refused.destroy()]);
  await postgres.stop();
  const gone = openDb(postgres.url);
  await expect(waitForStore(gone, { seconds: 0.3 })).rejects.toThrow('The database did not answer within 0.3 s');
  await gone.destroy();
});
