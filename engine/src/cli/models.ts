import { Command } from 'commander';
import { ModelError } from '../core/errors.ts';
import type { ModelManifest } from '../model/manifest.ts';
import { type ModelEnvironment, modelEnvironment } from '../node/models/environment.ts';
import { acceptedLicences, acceptLicences } from '../node/models/licences.ts';
import {
  type FileCheck,
  findModel,
  listModels,
  type NamedModel,
  type Presence,
  presenceOf,
  presentFiles,
  pullModel,
  removeModel,
  verifyModel,
} from '../node/models/store.ts';
import { collect } from './optionReaders.ts';
import { pullProgress } from './pullProgress.ts';

/**
 * `diarist models`: which models there are, under which licences, and which of them are on this machine. Results go to
 * standard output (as JSON with --json), what is going on to standard error; errors are thrown for the program's main.
 */
export interface ModelsContext {
  /** Read when a command runs. */
  readonly env?: () => ModelEnvironment;
  readonly out?: (text: string) => void;
  readonly err?: (text: string) => void;
  /** Whether standard error is a terminal, which gets a bar. */
  readonly terminal?: boolean;
  readonly signal?: AbortSignal;
}

type Context = Required<Omit<ModelsContext, 'signal'>> & Pick<ModelsContext, 'signal'>;

export function modelsCommand(context: ModelsContext = {}): Command {
  const all: Context = {
    env: () => modelEnvironment(),
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    terminal: process.stderr.isTTY === true,
    ...context,
  };
  const json = ['--json', 'print JSON'] as const;
  const command = new Command('models').description('List, fetch, check and remove models');
  command
    .command('list', { isDefault: true })
    .description('the models that can be asked for by name, and their licences')
    .option(...json)
    .addHelpText('after', example('list'))
    .action((options: { json?: boolean }) => list(options, all));
  command
    .command('pull')
    .description('fetch models, so that they run without a network afterwards')
    .argument('<name...>', 'names from `diarist models list`')
    .option('--refresh', 'ask the hub for newer files of models that follow a branch')
    .option('--accept-licence <id>', 'agree to a non-commercial licence (repeatable)', collect)
    .option(...json)
    .addHelpText('after', example('pull community-1'))
    .action((names: string[], options: PullFlags) => pull(names, options, all));
  command
    .command('path')
    .description("where a model's files are")
    .argument('<name>')
    .option(...json)
    .addHelpText('after', example('path embedded'))
    .action((name: string, options: { json?: boolean }) => path(name, options, all));
  command
    .command('verify')
    .description('read the files of models again and compare their sha256 (default: of every model that is here)')
    .argument('[name...]')
    .option(...json)
    .addHelpText('after', example('verify community-1'))
    .action((names: string[], options: { json?: boolean }) => verify(names, options, all));
  command
    .command('remove')
    .description('delete what was fetched for models; files that another model needs stay')
    .argument('<name...>')
    .option(...json)
    .addHelpText('after', example('remove community-1'))
    .action((names: string[], options: { json?: boolean }) => remove(names, options, all));
  command.addHelpText(
    'after',
    '\nExamples:\n  diarist models pull community-1\n  diarist meeting.mp3 --model community-1',
  );
  return command;
}

const example = (args: string) => `\nExample:\n  diarist models ${args}`;

interface Listed {
  readonly name: string;
  readonly version: string;
  readonly task: string;
  readonly pipeline: string;
  readonly origin: NamedModel['origin'];
  readonly presence: Presence;
  readonly size: number | undefined;
  readonly licences: ModelManifest['licences'];
  readonly accepted: boolean;
  readonly description: string;
  readonly unverified: string | undefined;
}

async function list({ json = false }: { json?: boolean }, { env: environment, out }: Context): Promise<void> {
  const env = environment();
  const accepted = await acceptedLicences(env.modelsDir);
  const models: Listed[] = [];
  for (const model of await listModels(env)) {
    const { name, version, task, pipeline, description, licences, unverified } = model.manifest;
    models.push({
      name,
      version,
      task,
      pipeline,
      origin: model.origin,
      presence: await presenceOf(model, env),
      size: sizeOf(model.manifest),
      licences,
      accepted: licences.every(({ id, commercial }) => commercial || accepted.includes(id)),
      description,
      unverified,
    });
  }
  out(json ? `${JSON.stringify(models, undefined, 2)}\n` : models.map(listing).join('\n'));
}

const STATES = { present: 'here', partial: 'partly here', absent: 'not fetched' } as const;

function listing({ name, version, task, origin, presence, size, licences, accepted, description }: Listed): string {
  const state = origin === 'bundled' ? 'in the package' : STATES[presence];
  const megabytes = size === undefined ? '' : `, ${(size / 1e6).toFixed(1)} MB`;
  const terms = licences.map(({ id, commercial, attribution, url }) => {
    const limit = commercial ? '' : ` NOT FOR COMMERCIAL USE${accepted ? ', accepted' : ` (--accept-licence ${id})`}`;
    return `    ${id}${limit}: ${attribution}${url === undefined ? '' : ` ${url}`}\n`;
  });
  return `${name} ${version}  ${task}, ${state}${megabytes}\n    ${description}\n${terms.join('')}`;
}

/** Bytes of all files; undefined where some size is not known before the download. */
function sizeOf({ files }: ModelManifest): number | undefined {
  const sizes = Object.values(files).map(({ size }) => size);
  return sizes.every((size) => size !== undefined) ? sizes.reduce((sum, size) => sum + size, 0) : undefined;
}

interface PullFlags {
  readonly refresh?: boolean;
  readonly acceptLicence?: readonly string[];
  readonly json?: boolean;
}

async function pull(names: readonly string[], flags: PullFlags, context: Context): Promise<void> {
  const { err, out, signal, terminal } = context;
  const env = context.env();
  const models = await Promise.all(names.map((name) => findModel(name, env))); // a wrong name stops before a download
  const asked = models.flatMap(({ manifest }) => manifest.licences).filter(({ commercial }) => !commercial);
  const agreed = (flags.acceptLicence ?? []).filter((id) => asked.some((licence) => licence.id === id));
  await acceptLicences(env.modelsDir, agreed);
  const accepted = await acceptedLicences(env.modelsDir);
  const pulled: Record<string, unknown> = {};
  for (const model of models) {
    const progress = pullProgress(err, { terminal });
    try {
      const files = await pullModel(model, env, { refresh: flags.refresh, signal, onProgress: progress.update });
      pulled[model.manifest.name] = { files, licences: model.manifest.licences };
    } finally {
      progress.end();
    }
    const { name, licences } = model.manifest;
    err(`${name} is on this machine, under ${licences.map(({ id }) => id).join(' and ')}.\n`);
    for (const { id, commercial, url } of licences) {
      if (commercial || accepted.includes(id)) continue;
      err(`It does not run until you agree to ${id}${url === undefined ? '' : ` (${url})`}: --accept-licence ${id}\n`);
    }
  }
  if (flags.json) out(`${JSON.stringify(pulled, undefined, 2)}\n`);
}

async function path(
  name: string,
  { json = false }: { json?: boolean },
  { env: environment, out }: Context,
): Promise<void> {
  const env = environment();
  const model = await findModel(name, env);
  const files = await presentFiles(model, env);
  const missing = Object.keys(model.manifest.files).filter((role) => !(role in files));
  if (missing.length > 0) {
    throw new ModelError(
      'model_missing',
      `The model '${name}' is not on this machine: run diarist models pull ${name}.`,
    );
  }
  const lines = Object.entries(files).map(([role, file]) => `${role}\t${file}\n`);
  out(json ? `${JSON.stringify(files, undefined, 2)}\n` : lines.join(''));
}

async function verify(
  names: readonly string[],
  { json = false }: { json?: boolean },
  { env: environment, out }: Context,
): Promise<void> {
  const env = environment();
  const models =
    names.length > 0 ? await Promise.all(names.map((name) => findModel(name, env))) : await presentModels(env);
  const checked: Record<string, readonly FileCheck[]> = {};
  for (const model of models) {
    const { name } = model.manifest;
    const checks = (checked[name] = await verifyModel(model, env));
    if (json) continue;
    for (const { role, state, path } of checks)
      out(`${name}\t${role}\t${state}${path === undefined ? '' : `\t${path}`}\n`);
  }
  if (json) out(`${JSON.stringify(checked, undefined, 2)}\n`);
  for (const [name, checks] of Object.entries(checked)) {
    const wrong = checks.find(({ state }) => state === 'wrong');
    const cure = `run diarist models remove ${name}, then diarist models pull ${name}`;
    if (wrong !== undefined) {
      throw new ModelError(
        'model_hash_mismatch',
        `The ${wrong.role} of the model '${name}' (${wrong.path}) is not the file it should be: ${cure}.`,
      );
    }
    const missing = checks.find(({ state }) => state === 'missing');
    if (missing !== undefined && names.length > 0) {
      throw new ModelError(
        'model_missing',
        `The model '${name}' lacks its ${missing.role}: run diarist models pull ${name}.`,
      );
    }
  }
}

async function presentModels(env: ModelEnvironment): Promise<readonly NamedModel[]> {
  const models = await listModels(env);
  const here = await Promise.all(models.map((model) => presenceOf(model, env)));
  return models.filter((_, index) => here[index] !== 'absent');
}

async function remove(
  names: readonly string[],
  { json = false }: { json?: boolean },
  { env: environment, out, err }: Context,
): Promise<void> {
  const env = environment();
  const models = await Promise.all(names.map((name) => findModel(name, env)));
  const removed: Record<string, readonly string[]> = {};
  for (const model of models) {
    const { name } = model.manifest;
    const paths = (removed[name] = await removeModel(model, env));
    err(`${name}: ${paths.length} file${paths.length === 1 ? '' : 's'} deleted.\n`);
  }
  if (json) out(`${JSON.stringify(removed, undefined, 2)}\n`);
}
