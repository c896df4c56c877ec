import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { ModelError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest.ts';
import {
  type ModelManifest,
  missingRoles,
  parametersOf,
  type ResolvedModel,
  type Role,
  type Task,
} from '../../model/manifest.ts';
import { PIPELINES, type Pipeline, parseSettings } from '../../model/parameters.ts';
import { type ModelEnvironment, modelEnvironment } from './environment.ts';
import { readFolderModel } from './folder.ts';
import { requireLicences } from './licences.ts';
import { type LocalPart, localEmbedding, localFolder, localPlda, localSegmentation } from './localFiles.ts';
import { findModel, listModels, type NamedModel, type PullOptions, pullModel } from './store.ts';

/** Which model to run, as a person says it on the command line or in a call. */
export interface ResolveOptions extends Pick<PullOptions, 'signal' | 'onProgress'> {
  /** A name (`diarist models list`) or a folder. `embedded` where nothing is given. */
  readonly model?: string;
  /** Single files: in place of a model, or of the model's own. A folder is searched. */
  readonly segmentation?: string;
  readonly embedding?: string;
  readonly plda?: string;
  /** The pipeline to run it in, where not the one its manifest names. */
  readonly pipeline?: Pipeline;
  /** What it is wanted for: all of a pipeline (`diarization`, the default), or one network of it. */
  readonly task?: Task;
  /** pyannote's parameters as `name=value`. */
  readonly set?: readonly string[];
  /** Non-commercial licences the user agrees to now; remembered. */
  readonly acceptLicences?: readonly string[];
  readonly env?: ModelEnvironment;
}

type Located = Pick<ResolvedModel, 'manifest' | 'files'>;

/** Finds a model, sees to its licence, and brings its files to this machine where they are not. */
export async function resolveModels(options: ResolveOptions = {}): Promise<ResolvedModel> {
  const { set = [], env = modelEnvironment(), task = 'diarization' } = options;
  const asked = options.pipeline;
  if (asked !== undefined && !PIPELINES.includes(asked))
    throw new RangeError(
      `Got the pipeline '${asked}' when ${PIPELINES.join(' or ')} was expected.${didYouMean(asked, PIPELINES)}`,
    );
  const { manifest, files } = await locate(options, env);
  const pipeline = asked ?? manifest.pipeline;
  const missing = missingRoles({ ...manifest, task }, pipeline);
  if (missing.length > 0 && task !== 'diarization') throw lacks(manifest.name, missing);
  if (missing.length > 0) {
    throw new ModelError(
      'model_invalid',
      `The ${pipeline} pipeline needs ${missing.join(' and ')}, which ${manifest.name} does not have; give ${missing.map((role) => `--${role}`).join(' and ')}${missing.includes('plda') ? ' or choose the 3.1 pipeline' : ''}.`,
    );
  }
  const parameters = parametersOf(manifest, pipeline, parseSettings(pipeline, set));
  return { manifest, pipeline, parameters, files };
}

async function locate(options: ResolveOptions, env: ModelEnvironment): Promise<Located> {
  const { segmentation, embedding, plda } = options;
  const parts: LocalPart[] = [];
  if (segmentation !== undefined) parts.push(await localSegmentation(segmentation));
  if (embedding !== undefined) parts.push(await localEmbedding(embedding));
  if (plda !== undefined) parts.push(await localPlda(plda));
  if (options.model === undefined && (segmentation !== undefined || embedding !== undefined)) {
    return combine(undefined, parts);
  }
  const base = await locateModel(options.model ?? 'embedded', options, env);
  return parts.length === 0 ? base : combine(base, parts);
}

async function locateModel(wanted: string, options: ResolveOptions, env: ModelEnvironment): Promise<Located> {
  const names = (await listModels(env)).map(({ manifest }) => manifest.name);
  const isFolder = !names.includes(wanted) && (await stat(wanted).catch(() => undefined))?.isDirectory();
  if (isFolder) {
    const model = await readFolderModel(wanted);
    if (model === undefined) return combine(undefined, await localFolder(wanted), basename(wanted));
    return bring({ ...model, origin: 'local' }, options, env);
  }
  return bring(await findModel(wanted, env), options, env);
}

async function bring(model: NamedModel, options: ResolveOptions, env: ModelEnvironment): Promise<Located> {
  const { signal, onProgress, acceptLicences, task = 'diarization', segmentation, embedding } = options;
  if (task !== 'diarization' && segmentation === undefined && embedding === undefined) {
    const missing = missingRoles({ ...model.manifest, task }, model.manifest.pipeline);
    if (missing.length > 0) throw lacks(model.manifest.name, missing); // before it is fetched for nothing
  }
  const { name, task: made } = model.manifest;
  if (made === 'recognition' && task !== 'recognition')
    throw new ModelError(
      'model_invalid',
      `The model ${name} is for speech to text: diarist transcribe … --asr ${name}.`,
    );
  await requireLicences(model.manifest, env.modelsDir, acceptLicences);
  return { manifest: model.manifest, files: await pullModel(model, env, { signal, onProgress }) };
}

function lacks(name: string, missing: readonly string[]): ModelError {
  return new ModelError('model_invalid', `The model ${name} has no ${missing.join(' and no ')} network.`);
}

/** Puts single files together, over those of a model where there is one. */
function combine(base: Located | undefined, parts: readonly LocalPart[], name = 'local files'): Located {
  const given = parts.flatMap(({ files }) => Object.keys(files).map(kindOf));
  // PLDA and thresholds were tuned for one embedding and mean nothing for another.
  const replaced = given.includes('embedding') ? [...given, 'plda'] : given;
  const keep = <T>(record: Readonly<Partial<Record<Role, T>>> = {}) =>
    Object.fromEntries(Object.entries(record).filter(([role]) => !replaced.includes(kindOf(role))));
  const part = <K extends keyof LocalPart>(key: K): LocalPart[K] | undefined =>
    parts.map((one) => one[key]).find((value) => value !== undefined);
  const files: Partial<Record<Role, string>> = Object.assign(keep(base?.files), ...parts.map((one) => one.files));
  const manifest: ModelManifest = {
    format: 1,
    name: base === undefined ? name : `${base.manifest.name}+files`,
    version: base?.manifest.version ?? '0',
    description: 'Files given by the user',
    task: 'diarization',
    sampleRate: part('sampleRate') ?? base?.manifest.sampleRate ?? 16000,
    windowDuration: part('windowDuration') ?? base?.manifest.windowDuration ?? 10,
    // PLDA has a use in one pipeline only: who gives it wants that one.
    pipeline: given.includes('plda') ? 'community-1' : (base?.manifest.pipeline ?? '3.1'),
    powerset: replaced.includes('segmentation') ? part('powerset') : base?.manifest.powerset,
    embedding: part('embedding') ?? base?.manifest.embedding,
    parameters: base === undefined || replaced.includes('embedding') ? {} : base.manifest.parameters,
    files: Object.assign(keep(base?.manifest.files), ...parts.map((one) => one.facts)),
    licences: [
      ...(base?.manifest.licences ?? []),
      {
        id: 'unknown',
        commercial: true,
        attribution: `Files of the user: ${Object.values<string>(files)
          .map((file) => basename(file))
          .join(', ')}`,
      },
    ],
  };
  return { manifest, files };
}

/** What a role is a form of: `embedding-tail` and `embedding-data` of `embedding`. */
function kindOf(role: string): string {
  return role.split('-')[0];
}
