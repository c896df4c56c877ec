import { checkSpeed, loadEmbedding, type Speed } from '../model/embed/loadEmbedding.ts';
import { loadSegmentation } from '../model/loadSegmentation.ts';
import type { ModelFiles, ResolvedModel, Role } from '../model/manifest.ts';
import { type Parameters, parametersAtStep, turnOptionsOf } from '../model/parameters.ts';
import { type Plda, plda } from '../model/plda.ts';
import { readPlda } from '../model/pldaFiles.ts';
import type { Runtime } from '../model/runtime.ts';
import { ahcClustering } from './ahc.ts';
import type { Clustering } from './clustering.ts';
import type { mergeTree } from './mergeTree.ts';
import type { DiarizationModels, DiarizeOptions } from './options.ts';
import { vbxClustering } from './vbxClustering.ts';

/**
 * From the files of a model to what the pipeline is made of: networks, clustering, and the options that the model's
 * parameters and the speed imply.
 */

/** Models, and the options that their parameters imply. */
export interface Assembled {
  readonly models: DiarizationModels;
  readonly defaults: DiarizeOptions;
}

export async function assemble(
  resolved: ResolvedModel,
  runtime: Runtime,
  files: ModelFiles,
  { speed = 'exact' }: { readonly speed?: Speed } = {},
): Promise<Assembled> {
  checkSpeed(speed);
  const { manifest, parameters } = resolved;
  const step = stepOf(speed, parameters, manifest.windowDuration);
  const longer = step / stepOf('exact', parameters, manifest.windowDuration);
  const segmentation = await loadSegmentation(resolved, runtime, files);
  const embedding = await loadEmbedding(resolved, runtime, files, { speed, maskGrid: segmentation.grid });
  return {
    models: {
      segmentation,
      embedding,
      clustering: await loadClustering({ ...resolved, parameters: parametersAtStep(parameters, longer) }, files),
      concurrency: runtime.concurrency,
      ...(manifest.confidence === undefined ? {} : { confidence: manifest.confidence }),
      label: {
        name: manifest.name,
        version: manifest.version,
        licence: manifest.licences.map(({ id }) => id).join(' AND '),
      },
    },
    defaults: {
      step,
      ...turnOptionsOf(parameters),
      onset: parameters['segmentation.threshold'],
      excludeOverlap: parameters.embedding_exclude_overlap,
      regroup: parameters.embedding_regroup_turns ? manifest.embedding?.turns : undefined,
    },
  };
}

/** Seconds between chunks: the model's own where it has them clearly farther apart than a fast mode would. */
function stepOf(speed: Speed, { segmentation_step: share }: Parameters, windowDuration: number): number {
  const own = share * windowDuration;
  if (speed === 'exact') return own;
  const fast = FAST_STEPS[speed];
  return own > 1.05 * fast ? own : fast;
}

/** 0.96 s are 12 features of a ResNet34's trunk, and next to pyannote's second. */
const FAST_STEPS = { balanced: 0.96, turbo: 2 } as const;

async function loadClustering(resolved: ResolvedModel, files: ModelFiles): Promise<Clustering> {
  return clusteringOf(resolved, resolved.pipeline === '3.1' ? undefined : await loadPlda(resolved, files));
}

/**
 * The clustering of a pipeline with these parameters; community-1 needs PLDA. `merge` stands in for mergeTree, so that
 * trees may be kept where only the threshold changes.
 */
export function clusteringOf(
  { pipeline, parameters }: Pick<ResolvedModel, 'pipeline' | 'parameters'>,
  scores?: Plda,
  merge?: typeof mergeTree,
): Clustering {
  const threshold = parameters['clustering.threshold'];
  const constrained = parameters['clustering.constrained_assignment'];
  if (pipeline === '3.1')
    return ahcClustering({
      threshold,
      constrained,
      method: parameters['clustering.method'],
      minClusterSize: parameters['clustering.min_cluster_size'],
      merge,
    });
  if (scores === undefined) throw new RangeError('Got no PLDA when the community-1 pipeline clusters with it.');
  const { 'clustering.Fa': Fa, 'clustering.Fb': Fb } = parameters;
  return vbxClustering(scores, { threshold, constrained, Fa, Fb, merge });
}

/** The PLDA of a model that has one. */
export async function loadPlda({ files: paths }: ResolvedModel, files: ModelFiles): Promise<Plda> {
  const arrays: Partial<Record<Role, Uint8Array>> = {};
  for (const role of Object.keys(paths) as Role[]) if (role.startsWith('plda')) arrays[role] = await files.bytes(role);
  return plda(readPlda(arrays));
}
