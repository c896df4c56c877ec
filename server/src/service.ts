import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, readFile, statfs, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { hostname, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { createApp } from './app.ts';
import { bootstrapKey } from './auth.ts';
import type { Config } from './config.ts';
import type { Deps, ServedModel } from './deps.ts';
import { startEmbeddedPostgres } from './embeddedPostgres.ts';
import { createHttpServer } from './http.ts';
import { createBacklog } from './jobs/backlog.ts';
import { readMetrics } from './jobs/gauges.ts';
import { startHousekeeping } from './jobs/housekeeping.ts';
import { reclaimJobsOf } from './jobs/lost.ts';
import { createQueue } from './jobs/queue.ts';
import { createWorker, type Worker } from './jobs/worker.ts';
import { createLiveEngine } from './live/liveEngine.ts';
import { attachLive } from './live/socket.ts';
import type { LoadedModel } from './loadedModel.ts';
import { createLog } from './log.ts';
import { announced } from './media/announced.ts';
import { openFolder, sweepDrafts } from './media/folder.ts';
import { openS3 } from './media/s3.ts';
import { openScratch, type Scratch } from './media/scratch.ts';
import { createSigner } from './media/signer.ts';
import { createMetrics } from './metrics.ts';
import { migrate, openDb, waitForStore } from './store/db.ts';
import { checkSeal } from './store/seal.ts';
import { liveWorkers, removeWorkersOf } from './store/workers.ts';
import { createVault } from './vault.ts';
import { startDeliveries } from './webhook/deliver.ts';

/**
 * A running service: its parts are made, started in order, and stopped in the opposite order: jobs drained or given back, no new
 * requests, webhooks in flight finished, Postgres last.
 */

/** What was started, for those who start it themselves. */
export interface Service {
  readonly config: Config;
  /** Where the API answers; undefined for a worker alone. */
  readonly url: string | undefined;
  stop(): Promise<void>;
}

/** Starts what was asked for and returns once it answers. `signal` gives up: what was started is stopped again. */
export async function startService(
  config: Config,
  { serve, work, engine = 'diarist', signal }: { serve: boolean; work: boolean; engine?: string; signal?: AbortSignal },
): Promise<Service> {
  const { deps, setModel, embedded, close } = await openParts(config, { engine, signal });
  const { log } = deps;
  const stops: (() => Promise<void>)[] = [close];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    signal?.throwIfAborted();
    // In a folder of our own, every worker of an earlier process is gone: its jobs need not wait for their leases.
    const prefix = embedded ? 'embedded/' : '';
    if (embedded) {
      await removeWorkersOf(deps.db, prefix);
      await reclaimJobsOf(deps, prefix);
    }
    const housekeeping = startHousekeeping(deps);
    stops.push(() => housekeeping.stop());
    let url: string | undefined;
    if (serve) {
      const deliveries = startDeliveries(deps);
      stops.push(() => deliveries.stop());
      const api = createHttpServer(createApp(deps).fetch, { host: config.host });
      const sockets = deps.live && attachLive(api, deps, deps.live);
      stops.push(() => closeServer(api, config.shutdownSeconds * 1000));
      if (sockets) stops.push(() => sockets.close());
      const port = await listen(api, config.port, config.host);
      url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
    }
    if (config.metricsPort !== 0) {
      const metrics = createServer((request, answer) => {
        if (request.url !== '/metrics') return void answer.writeHead(404).end();
        readMetrics(deps).then(
          (text) => answer.writeHead(200, { 'content-type': deps.metrics.registry.contentType }).end(text),
          () => answer.writeHead(503).end(),
        );
      });
      const taken = await listen(metrics, config.metricsPort, config.metricsHost).then(
        () => undefined,
        (error: Error) => error,
      );
      if (taken) log.warn(`metrics are not served: port ${config.metricsPort} is taken`, { error: taken.message });
      else stops.push(() => closeServer(metrics, 0));
    }
    // Last of what can fail at a wrong setting: a key that is made is shown, or nobody ever knows it.
    if (url) announce(url, await bootstrapKey(deps.db, config.bootstrapApiKey), deps);
    if (work) {
      const workers = makeWorkers(deps, { prefix, engine, onModel: setModel });
      stops.push(async () => {
        await Promise.all(workers.map((worker) => worker.stop(config.shutdownSeconds * 1000)));
      });
      await Promise.race([Promise.all(workers.map((worker) => worker.start())), aborted(signal)]);
      log.info('workers are ready', { workers: workers.length });
    }
    return { config, url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Rejects when the signal aborts, with its reason. */
function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, fail) => {
    if (signal?.aborted) fail(signal.reason);
    signal?.addEventListener('abort', () => fail(signal.reason), { once: true });
  });
}

function makeWorkers(
  deps: Deps,
  { prefix, engine, onModel }: { prefix: string; engine: string; onModel: (model: LoadedModel) => void },
): Worker[] {
  const { worker } = deps.config;
  return Array.from({ length: worker.count }, (_, i) =>
    createWorker(deps, {
      id: `${prefix}${hostname()}:${process.pid}:${i}`,
      engine,
      model: worker.model,
      device: worker.device,
      threads: worker.threads,
      memoryBytes: worker.memoryBytes || Math.max(2 * 2 ** 30, (0.7 * totalmem()) / worker.count),
      onModel,
    }),
  );
}

/** Opens everything that the app and the workers work with. */
export async function openParts(
  config: Config,
  { engine = 'diarist', signal }: { engine?: string; signal?: AbortSignal | undefined } = {},
) {
  const log = createLog(config.logLevel, (line) => process.stderr.write(line));
  await openDataDir(config.dataDir);
  const postgres = config.databaseUrl
    ? undefined
    : await startEmbeddedPostgres(config.dataDir, {
        onCrash: (said) => log.error('Postgres ended and is started again', { said: said.slice(-500) }),
      });
  const url = config.databaseUrl ?? postgres!.url;
  let closing = false;
  const db = openDb(url, {
    onIdleError: (error) => closing || log.warn('a connection to the store broke', { error: error.message }),
  });
  const queue = createQueue(url, (error) => log.warn('the queue complains', { error: error.message }));
  let scratch: Scratch | undefined;
  const close = async () => {
    closing = true;
    await scratch?.close();
    await queue.stop().catch(() => {});
    await db.destroy();
    await postgres?.stop();
  };
  try {
    await waitForStore(db, {
      onWait: (error) => log.warn('the store does not answer yet; waiting for it', { error: error.message }),
      signal,
    });
    await migrate(db, () => queue.start());
    const masterKey = await encryptionKey(config);
    const previous = config.encryptionKeyPrevious ? [Buffer.from(config.encryptionKeyPrevious, 'base64')] : [];
    const vault = createVault([masterKey, ...previous]);
    await checkSeal(db, vault);
    const mediaDir = join(config.dataDir, 'media');
    const olderThanMs = Math.max(24 * 3600, 2 * config.worker.jobTimeoutSeconds) * 1000;
    if (!config.s3) await sweepDrafts(mediaDir, { olderThanMs });
    // The lock of the folder is ours when its Postgres is.
    scratch = await openScratch(join(config.dataDir, 'work'), { alone: postgres !== undefined });
    let models: readonly ServedModel[] = [{ id: config.worker.model, kind: 'diarization', aliases: ALIASES }];
    const setModel = (model: LoadedModel) => {
      models = served(model);
    };
    const deps: Deps = {
      config,
      db,
      queue,
      backlog: createBacklog(db),
      engine,
      log,
      blobs: announced(
        config.s3 ? await openS3({ ...config.s3, scratch: scratch.path }) : await openFolder(mediaDir),
        db,
      ),
      vault,
      signer: createSigner(masterKey),
      metrics: createMetrics({ processMetrics: true }),
      live: config.live.enabled ? createLiveEngine({ ...config.worker, engine, log }) : undefined,
      models: () => models,
      scratch: scratch.path,
      freeBytes: async () => {
        const { bavail, bsize } = await statfs(config.dataDir);
        return bavail * bsize;
      },
    };
    // Nothing fails from here on: whatever fails leaves no timer, which would keep the process from ending.
    const refresh = setInterval(() => {
      liveWorkers(db).then(
        (workers) => {
          const loaded = workers.find((one) => one.ready && one.model.embedding)?.model;
          if (loaded) setModel(loaded as LoadedModel);
        },
        () => {},
      );
    }, 5000);
    return {
      deps,
      setModel,
      embedded: postgres !== undefined,
      close: async () => {
        clearInterval(refresh);
        await deps.live?.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A folder that cannot be written to is said so by name, before anything is started in it. */
async function openDataDir(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    await access(dir, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      EACCES: 'permission denied',
      EPERM: 'permission denied',
      EROFS: 'the file system is read-only',
      ENOENT: 'it cannot be made there',
      ENOTDIR: 'a part of its path is a file',
      EEXIST: 'it is a file',
      ENOSPC: 'the disk is full',
    };
    throw new Error(
      `The data folder ${resolve(dir)} cannot be used: ${reasons[code] ?? code}. Start diarist as its owner, or give another one with --data DIR.`,
      { cause },
    );
  }
}

const ALIASES = ['precision-2', 'community-1'];

const served = (model: LoadedModel): ServedModel[] => [
  { id: model.id, kind: 'diarization', aliases: ALIASES, license: model.license, sha256: model.sha256 },
  { ...model.embedding, kind: 'embedding', aliases: [], license: model.license },
];

/** The key that seals what is secret: given, or made once and kept in the data folder. */
async function encryptionKey({ encryptionKey: given, dataDir }: Config): Promise<Buffer> {
  if (given) return Buffer.from(given, 'base64');
  const path = join(dataDir, 'encryption.key');
  try {
    await writeFile(path, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return Buffer.from((await readFile(path, 'utf8')).trim(), 'base64');
}

/** What a person needs to see, on stdout; the log goes to stderr. */
function announce(url: string, secret: string | undefined, { config }: Deps): void {
  const lines = [`diarist serves on ${url}  (API: ${url}/docs)`];
  if (secret) lines.push('', `Your admin key, shown only this once: ${secret}`, '');
  lines.push(`Data: ${config.databaseUrl ? 'DATABASE_URL' : config.dataDir}. Stop with Ctrl-C.`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${port} of ${host} is taken by another program; give a free one with --port.`)
          : error,
      ),
    );
    server.listen(port, host, () => {
      const address = server.address();
      done(typeof address === 'object' && address ? address.port : port);
    });
  });
}

/** Takes no new connections, lets the requests in flight end, and cuts what is left after a while. */
function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), graceMs).unref();
  });
}
