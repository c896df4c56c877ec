import { ModelError } from '../core/errors.ts';
import { type ModelFile, missingRoles, parametersOf, type ResolvedModel, type Role } from '../model/manifest.ts';
import { type Pipeline, parseSettings } from '../model/parameters.ts';
import { parseManifest } from '../model/parseManifest.ts';
import { fetchModelFile } from './cache.ts';

/** A folder with a manifest.json and the files it names, on a web server. */
export interface ModelAtUrl {
  /** Absolute, ending in a slash. */
  readonly baseUrl: string;
  /** The pipeline to run it in, where not the one its manifest names. */
  readonly pipeline?: Pipeline;
  /** pyannote's parameters as `name=value`. */
  readonly set?: readonly string[];
}

/**
 * The embedded model, or any other with a manifest, served by the app from a folder of its own: copy
 * `node_modules/diarist/models/embedded-v1` to where the app's static files are.
 * @example
 * createDiarizer({ model: embeddedModel('/models/embedded-v1/') });
 */
export function embeddedModel(
  baseUrl: string | URL,
  { pipeline, set }: Pick<ModelAtUrl, 'pipeline' | 'set'> = {},
): ModelAtUrl {
  return { baseUrl: folderUrl(baseUrl), pipeline, set };
}

/** A folder's whole URL, ending in a slash, as names in it need it: in `/ort` the last part would be a file's. */
export function folderUrl(folder: string | URL): string {
  const href = wholeUrl(folder);
  return href.endsWith('/') ? href : `${href}/`;
}

/** As the page's own `fetch` would understand it: a `<base href>` counts. */
export function wholeUrl(url: string | URL): string {
  return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href).href;
}

/** Reads the manifest; the files' URLs are in `files`. */
export async function resolveModel({ baseUrl, pipeline: asked, set = [] }: ModelAtUrl): Promise<ResolvedModel> {
  const url = new URL('manifest.json', baseUrl).href;
  const text = new TextDecoder().decode(await fetchModelFile(url));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ModelError('model_invalid', `${url} is not JSON: ${(cause as SyntaxError).message}.`, { cause });
  }
  const manifest = parseManifest(json, url);
  const pipeline = asked ?? manifest.pipeline;
  const missing = missingRoles({ ...manifest, task: 'diarization' }, pipeline);
  if (missing.length > 0)
    throw new ModelError(
      'model_invalid',
      `The ${pipeline} pipeline needs ${missing.join(' and ')}, which ${manifest.name} does not have.`,
    );
  const parameters = parametersOf(manifest, pipeline, parseSettings(pipeline, set));
  const files: Partial<Record<Role, string>> = {};
  for (const [role, { path }] of Object.entries(manifest.files) as [Role, ModelFile][])
    files[role] = new URL(path, baseUrl).href;
  return { manifest, pipeline, parameters, files };
}
