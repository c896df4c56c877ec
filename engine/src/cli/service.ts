import { Command } from 'commander';
import { ModelError } from '../core/errors.ts';

/**
 * The self-hosted service is a package of its own, `@diarist/server`, with a database and an HTTP server that nobody needs
 * who diarizes files. These commands hand their arguments on to it, --help included.
 */
interface Server {
  runServe(argv: readonly string[]): Promise<number>;
  runWork(argv: readonly string[]): Promise<number>;
  runRemote(argv: readonly string[]): Promise<number>;
  runShadow(argv: readonly string[]): Promise<number>;
}

const PACKAGE = '@diarist/server';
const RUNS: Readonly<Record<string, keyof Server>> = {
  serve: 'runServe',
  work: 'runWork',
  remote: 'runRemote',
  shadow: 'runShadow',
};

/** Runs a command of the service and returns its exit code. */
export async function runService(name: string, args: readonly string[]): Promise<number> {
  const server = await loadServer();
  return server[RUNS[name]](args);
}

const EXAMPLES: Readonly<Record<string, string>> = {
  serve: 'diarist serve --port 8080 --data ./diarist-data',
  work: 'DATABASE_URL=postgres://… diarist work --workers 2',
  remote: 'diarist remote --url http://127.0.0.1:8080 --key dk_… diarize meeting.mp3',
  shadow: 'diarist shadow --a http://127.0.0.1:8080 --a-key dk_… --b https://… --b-key … meeting.mp3',
};

/** What help and completion know of it. */
export function serviceCommand(name: string): Command {
  return new Command(name)
    .argument('[arguments...]')
    .addHelpText('after', `\nExamples:\n  ${EXAMPLES[name]}\n\ndocs/self-hosting.md says the rest.`)
    .action(async (args: string[]) => {
      process.exitCode = await runService(name, args);
    });
}

async function loadServer(): Promise<Server> {
  try {
    return (await import(PACKAGE)) as Server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ModelError(
      'model_missing',
      `The service is a package of its own: install it with npm install ${PACKAGE}, then run this again.`,
    );
  }
}
