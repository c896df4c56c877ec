import { ModelError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest.ts';
import { missingRoles, parametersOf, type ResolvedModel } from '../../model/manifest.ts';
import { type Pipeline, parseSettings } from '../../model/parameters.ts';
import { BUNDLED_MODELS, folderFiles, listFolderModels, readFolderModel } from './folder.ts';

/** Which model to run, as a person says it on the command line or in a call. */
export interface ResolveOptions {
  /** A name (`diarist models list`) or a folder. `embedded` where absent. */
  readonly model?: string;
  /** The pipeline to run it in, where not the one its manifest names. */
  readonly pipeline?: Pipeline;
  /** pyannote's parameters as `name=value`. */
  readonly set?: readonly string[];
}

/** Finds a model and sees to it that its files are on this machine. */
export async function resolveModels(options: ResolveOptions = {}): Promise<ResolvedModel> {
  const { model: wanted = 'embedded', set = [] } = options;
  const bundled = await listFolderModels(BUNDLED_MODELS);
  const names = bundled.map(({ manifest }) => manifest.name);
  const model = bundled.find(({ manifest }) => manifest.name === wanted) ?? (await readFolderModel(wanted));
  if (model === undefined) {
    throw new ModelError('model_unknown', `There is no model '${wanted}'.${didYouMean(wanted, names)}`);
  }
  const { manifest } = model;
  const pipeline = options.pipeline ?? manifest.pipeline;
  const missing = missingRoles(manifest, pipeline);
  if (missing.length > 0) {
    throw new ModelError(
      'model_invalid',
      `The ${pipeline} pipeline needs ${missing.join(' and ')}, which the model '${manifest.name}' does not have.`,
    );
  }
  const parameters = parametersOf(manifest, pipeline, parseSettings(pipeline, set));
  return { manifest, pipeline, parameters, files: await folderFiles(model) };
}
