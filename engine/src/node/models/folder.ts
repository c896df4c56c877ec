import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelError } from '../../core/errors.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import { parseManifest } from '../../model/parseManifest.ts';

/**
 * Models in folders: manifest.json with the files that it names beside it. The models inside the package lie this way
 * in engine/models, one folder each, so a newer version of one replaces its folder and no code.
 */
export interface FolderModel {
  readonly folder: string;
  readonly manifest: ModelManifest;
}

/** engine/models, from src/node/models as from dist/node/models. */
export const BUNDLED_MODELS: string = fileURLToPath(new URL('../../../models', import.meta.url));

/** The model of a folder with a manifest.json, or undefined where there is no such file. */
export async function readFolderModel(folder: string): Promise<FolderModel | undefined> {
  const path = join(folder, 'manifest.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new ModelError('model_invalid', `${path} cannot be read (${error.code}).`, { cause: error });
  });
  if (text === undefined) return undefined;
  return { folder: resolve(folder), manifest: parseManifest(parseJson(text, path), path) };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelError('model_invalid', `${path} is not JSON: ${(cause as SyntaxError).message}.`, { cause });
  }
}

/** Every model that lies in a folder of this folder, by name. */
export async function listFolderModels(parent: string): Promise<readonly FolderModel[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => !entry.isFile()).map((entry) => join(parent, entry.name));
  const models = await Promise.all(folders.map(readFolderModel));
  return models
    .filter((model) => model !== undefined)
    .sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : a.manifest.name > b.manifest.name ? 1 : 0));
}

export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
