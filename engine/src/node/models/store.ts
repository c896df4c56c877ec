import { readdir, realpath, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ModelError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest.ts';
import { CATALOG } from '../../model/catalog.ts';
import type { HubSource, ModelFile, ModelManifest, Role } from '../../model/manifest.ts';
import { type FetchOptions, fetchFile, hashFile } from './download.ts';
import type { ModelEnvironment } from './environment.ts';
import { BUNDLED_MODELS, isFile, listFolderModels } from './folder.ts';
import { cachedCommits, findCached, repoFolder } from './hubCache.ts';

/**
 * The models that have a name: those shipped in the package, those in folders of the models directory, and those of the
 * catalogue, which are fetched from the hub. The first that has a name wins, so a folder can stand in for a download.
 */
export interface NamedModel {
  readonly manifest: ModelManifest;
  /** `bundled`: in the package. `local`: a folder of the models directory. `hub`: fetched and cached. */
  readonly origin: 'bundled' | 'local' | 'hub';
  readonly folder?: string;
}

/** `partial`: some files are here. */
export type Presence = 'present' | 'partial' | 'absent';

export type Files = Readonly<Partial<Record<Role, string>>>;

/** What a download is doing, for a progress bar: bytes of one file, and which of how many files it is. */
export interface PullProgress {
  readonly model: string;
  readonly file: string;
  readonly fileIndex: number;
  readonly numFiles: number;
  readonly received: number;
  readonly total: number | undefined;
}

export interface PullOptions extends Omit<FetchOptions, 'onProgress'> {
  readonly onProgress?: (progress: PullProgress) => void;
}

/** Every model that can be asked for by name, the shipped ones first. */
export async function listModels(env: ModelEnvironment): Promise<readonly NamedModel[]> {
  const bundled = await listFolderModels(BUNDLED_MODELS);
  const local = await listFolderModels(env.modelsDir);
  const models: NamedModel[] = [
    ...bundled.map((model) => ({ ...model, origin: 'bundled' as const })),
    ...local.map((model) => ({ ...model, origin: 'local' as const })),
    ...CATALOG.map((manifest) => ({ manifest, origin: 'hub' as const })),
  ];
  return models.filter(
    ({ manifest }, index) => models.findIndex((other) => other.manifest.name === manifest.name) === index,
  );
}

/** The model of a name. Throws ModelError `model_unknown` with the nearest name and the list. */
export async function findModel(name: string, env: ModelEnvironment): Promise<NamedModel> {
  const models = await listModels(env);
  const found = models.find(({ manifest }) => manifest.name === name);
  if (found !== undefined) return found;
  if (name.startsWith('embedded') && !models.some(({ origin }) => origin === 'bundled'))
    throw new ModelError(
      'model_missing',
      `The models of the package are not in ${BUNDLED_MODELS}: if a bundler has moved diarist's code, leave diarist out of ` +
        'the bundle (as an external package).',
    );
  const names = models.map(({ manifest }) => manifest.name);
  throw new ModelError(
    'model_unknown',
    `There is no model '${name}'.${didYouMean(name, names)} There are: ${names.join(', ')}; or give a folder with a manifest.json.`,
  );
}

/** The files of a model that are on this machine, without touching the network. */
export async function presentFiles(model: NamedModel, env: ModelEnvironment): Promise<Files> {
  const files: Partial<Record<Role, string>> = {};
  for (const [role, file] of entries(model.manifest)) {
    const path = await presentFile(model, file, env);
    if (path !== undefined) files[role] = path;
  }
  return files;
}

export async function presenceOf(model: NamedModel, env: ModelEnvironment): Promise<Presence> {
  const present = Object.keys(await presentFiles(model, env)).length;
  if (present === Object.keys(model.manifest.files).length) return 'present';
  return present === 0 ? 'absent' : 'partial';
}

/** A file beside its manifest, of the hub's cache, or of speakrs' own folder, which has the same files side by side. */
async function presentFile(
  { folder }: NamedModel,
  { source, path }: ModelFile,
  env: ModelEnvironment,
): Promise<string | undefined> {
  const own = folder === undefined ? undefined : join(folder, ...path.split('/'));
  if (own !== undefined && (await isFile(own))) return own;
  if (source === undefined) return undefined;
  if (env.speakrsDir !== undefined && source.repo === 'avencera/speakrs-models') {
    const beside = join(env.speakrsDir, path);
    if (await isFile(beside)) return beside;
  }
  return findCached(env.cacheDir, source);
}

/** Brings every file of a model to this machine and tells where they are. What is here is not fetched again. */
export async function pullModel(
  model: NamedModel,
  env: ModelEnvironment,
  { onProgress, refresh = false, ...options }: PullOptions = {},
): Promise<Files> {
  const { name } = model.manifest;
  const files: Partial<Record<Role, string>> = {};
  const wanted = entries(model.manifest);
  for (const [fileIndex, [role, file]] of wanted.entries()) {
    const { source } = file;
    const found = await presentFile(model, file, env);
    const here = refresh && source !== undefined ? undefined : found;
    if (here === undefined && source === undefined) {
      throw new ModelError(
        'model_missing',
        `The model '${name}' lacks its ${role}: there is no file ${join(model.folder ?? '', file.path)}.`,
      );
    }
    files[role] =
      here ??
      (await fetchFile(
        env,
        { ...file, source: source as HubSource },
        {
          ...options,
          refresh,
          onProgress: (received, total) =>
            onProgress?.({ model: name, file: file.path, fileIndex, numFiles: wanted.length, received, total }),
        },
      ));
  }
  return files;
}

/** One file of a model, checked: `unchecked` where no sha256 is known. */
export interface FileCheck {
  readonly role: Role;
  readonly path: string | undefined;
  readonly state: 'right' | 'wrong' | 'missing' | 'unchecked';
  readonly sha256?: string;
}

/** Reads every file of a model again and compares its sha256 with the manifest's, or with the name the hub gave it. */
export async function verifyModel(model: NamedModel, env: ModelEnvironment): Promise<readonly FileCheck[]> {
  const files = await presentFiles(model, env);
  const checks: FileCheck[] = [];
  for (const [role, file] of entries(model.manifest)) {
    const path = files[role];
    if (path === undefined) {
      checks.push({ role, path, state: 'missing' });
      continue;
    }
    const sha256 = await hashFile(path);
    const expected = file.sha256 ?? (await blobName(path));
    checks.push({
      role,
      path,
      sha256,
      state: expected === undefined ? 'unchecked' : expected === sha256 ? 'right' : 'wrong',
    });
  }
  return checks;
}

/** The sha256 that a cached file is named by, where it is. */
async function blobName(path: string): Promise<string | undefined> {
  const name = (await realpath(path)).split(/[/\\]/).pop() ?? '';
  return /^[0-9a-f]{64}$/.test(name) ? name : undefined;
}

/**
 * Deletes what was fetched for a model, except files that another model of the catalogue, present as well, also needs.
 * Nothing else of the hub's cache is touched. Gives the paths deleted.
 */
export async function removeModel(model: NamedModel, env: ModelEnvironment): Promise<readonly string[]> {
  const { name } = model.manifest;
  if (model.folder !== undefined) {
    throw new ModelError(
      'model_invalid',
      `The model '${name}' was not fetched: it is in ${model.folder}${model.origin === 'bundled' ? ', a part of this program' : '; delete that folder yourself'}.`,
    );
  }
  const kept = new Set<string>();
  for (const other of await listModels(env)) {
    if (other.manifest.name === name || other.origin !== 'hub') continue;
    if ((await presenceOf(other, env)) !== 'present') continue;
    for (const [, { source }] of entries(other.manifest)) kept.add(JSON.stringify(source));
  }
  const removed: string[] = [];
  for (const [, { source }] of entries(model.manifest)) {
    if (source === undefined || kept.has(JSON.stringify(source))) continue;
    const pointer = await findCached(env.cacheDir, source);
    if (pointer === undefined) continue;
    const blob = await realpath(pointer);
    await rm(pointer);
    removed.push(pointer);
    if (blob !== pointer && !(await isLinked(env.cacheDir, source, blob))) await rm(blob, { force: true });
    await removeEmpty(dirname(pointer), env.cacheDir);
    await forgetEmptyRepo(env.cacheDir, source);
  }
  return removed;
}

/** Whether some snapshot still has this blob under some name. */
async function isLinked(cacheDir: string, { repo }: HubSource, blob: string): Promise<boolean> {
  for (const commit of await cachedCommits(cacheDir, repo)) {
    const folder = join(repoFolder(cacheDir, repo), 'snapshots', commit);
    for (const path of await readdir(folder, { recursive: true }).catch(() => [])) {
      if ((await realpath(join(folder, path)).catch(() => undefined)) === blob) return true;
    }
  }
  return false;
}

/** Deletes a folder and those around it for as long as they are empty. */
async function removeEmpty(folder: string, stop: string): Promise<void> {
  for (let at = folder; at.startsWith(stop) && at !== stop; at = dirname(at)) {
    if (
      !(await rmdir(at).then(
        () => true,
        () => false,
      ))
    )
      return;
  }
}

async function forgetEmptyRepo(cacheDir: string, { repo }: HubSource): Promise<void> {
  if ((await cachedCommits(cacheDir, repo)).length > 0) return;
  await rm(repoFolder(cacheDir, repo), { recursive: true, force: true });
}

function entries({ files }: ModelManifest): [Role, ModelFile][] {
  return Object.entries(files) as [Role, ModelFile][];
}
