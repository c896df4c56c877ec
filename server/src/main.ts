import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { runRemote } from './client/remote.ts';
import { runShadow } from './client/shadow.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { rotateEncryption } from './rotate.ts';
import { openParts, type Service, startService } from './service.ts';

/**
 * The commands of the service: they read flags and the environment, say what is wrong with them, and stop on a signal.
 * What they start is in service.ts.
 */

export { createClient, type DiaristClient, RemoteError } from './client/client.ts';
export { runRemote } from './client/remote.ts';
export { runShadow } from './client/shadow.ts';
export { type Service, startService } from './service.ts';
export { verifyWebhook } from './webhook/sign.ts';

const SERVE_HELP = `Usage: diarist serve [--port 8080] [--host 127.0.0.1] [--data ./diarist-data] [--workers 1] [--no-worker]
  --port, --host   where the API listens
  --data           the folder of the database, recordings and keys
  --workers        jobs at a time in this process; --no-worker: none
Everything else is set by environment variables: docs/self-hosting.md lists them.

Example:
  diarist serve --port 8080 --data ./diarist-data`;

/** `diarist serve …`: the API and, unless --no-worker, workers. Returns the exit code once it has been stopped. */
export function runServe(argv: readonly string[]): Promise<number> {
  return runUntilStopped(argv, SERVE_HELP, (config, { noWorker, signal }) =>
    startService(config, { serve: true, work: !noWorker, signal }),
  );
}

const WORK_HELP = `Usage: diarist work [--workers 1]
Takes jobs from the queue of a server that runs elsewhere. Needs DATABASE_URL and ENCRYPTION_KEY of the deployment.

Example:
  DATABASE_URL=postgres://… ENCRYPTION_KEY=… diarist work --workers 2`;

/** `diarist work …`: workers for the queue of an API that runs elsewhere. */
export function runWork(argv: readonly string[]): Promise<number> {
  return runUntilStopped(argv, WORK_HELP, (config, { signal }) => {
    if (!config.databaseUrl)
      throw new ConfigError(
        'Wrong settings:\n  DATABASE_URL: needed by diarist work, to reach the queue of the server',
      );
    return startService(config, { serve: false, work: true, signal });
  });
}

const ROTATE_HELP = `Usage: diarist-server rotate-encryption [--data ./diarist-data]
Seals everything with ENCRYPTION_KEY that ENCRYPTION_KEY_PREVIOUS still opens: docs/self-hosting.md.

Example:
  ENCRYPTION_KEY=… ENCRYPTION_KEY_PREVIOUS=… diarist-server rotate-encryption --data ./diarist-data`;

/** `diarist-server rotate-encryption`. */
export async function runRotateEncryption(argv: readonly string[]): Promise<number> {
  if (asksForHelp(argv)) return say(ROTATE_HELP);
  return withErrors(async () => {
    const { config } = configOf(argv, ROTATE_HELP);
    const stopped = new AbortController();
    onStopSignal(() => stopped.abort(new Error('Stopped before the end: run it again, and it goes on where it was.')));
    const parts = await openParts(config, { signal: stopped.signal });
    try {
      const count = await rotateEncryption(parts.deps.db, parts.deps.vault, stopped.signal);
      process.stdout.write(`${count} values were sealed with the new key.\n`);
    } finally {
      await parts.close();
    }
  });
}

/** The commands of the package's own program, for those who run the server without the command line of `diarist`. */
export async function runServer(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  if (command === 'serve') return runServe(rest);
  if (command === 'work') return runWork(rest);
  if (command === 'rotate-encryption') return runRotateEncryption(rest);
  if (command === 'remote') return runRemote(rest);
  if (command === 'shadow') return runShadow(rest);
  const help = 'Usage: diarist-server serve | work | rotate-encryption | remote | shadow   (each with --help)';
  if (command === '--help' || command === '-h') return say(help);
  process.stderr.write(`${help}\n`);
  return 2;
}

async function runUntilStopped(
  argv: readonly string[],
  help: string,
  start: (config: Config, flags: { noWorker: boolean; signal: AbortSignal }) => Promise<Service>,
): Promise<number> {
  if (asksForHelp(argv)) return say(help);
  return withErrors(async () => {
    const { config, noWorker } = configOf(argv, help);
    const controller = new AbortController();
    const { signal } = controller;
    const stopped = once(signal, 'abort');
    // From the first moment: who stops a service that is still loading must not leave its Postgres behind.
    onStopSignal(() => {
      process.stdout.write(
        `Stopping: what runs may take ${config.shutdownSeconds} s more. Ctrl-C again stops at once, as after a crash.\n`,
      );
      controller.abort();
    });
    const service = await start(config, { noWorker, signal }).catch((error: unknown): undefined => {
      if (error !== signal.reason) throw error;
    });
    await stopped;
    await service?.stop();
  });
}

const asksForHelp = (argv: readonly string[]) => argv.includes('--help') || argv.includes('-h');

function say(help: string): number {
  process.stdout.write(`${help}\n`);
  return 0;
}

async function withErrors(run: () => Promise<void>): Promise<number> {
  try {
    await run();
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    if (error instanceof ConfigError) return 2;
    if (process.env['LOG_LEVEL'] === 'debug' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return 1;
  }
}

function configOf(argv: readonly string[], help: string): { config: Config; noWorker: boolean } {
  let values: { port?: string; host?: string; data?: string; workers?: string; 'no-worker'?: boolean };
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string', short: 'p' },
        host: { type: 'string' },
        data: { type: 'string' },
        workers: { type: 'string' },
        'no-worker': { type: 'boolean' },
      },
    }));
  } catch (error) {
    throw new ConfigError(`${(error as Error).message}\n${help}`);
  }
  const given = { PORT: values.port, HOST: values.host, DATA_DIR: values.data, WORKERS: values.workers };
  const flags = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { config: readConfig({ ...process.env, ...flags }), noWorker: values['no-worker'] ?? false };
}

/** Calls `stop` at the first SIGINT or SIGTERM; a second one ends the process at once. */
function onStopSignal(stop: () => void): void {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (asked) process.exit(130);
      asked = true;
      stop();
    });
}
