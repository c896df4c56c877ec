import { ModelError } from '../core/errors.ts';
import type { SlidingWindow } from '../core/window.ts';
import { cutFrames } from '../model/embed/cutFrames.ts';
import { maskedGraph } from '../model/embed/maskedGraph.ts';
import { sharedTrunk } from '../model/embed/sharedTrunk.ts';
import { windowedTrunk } from '../model/embed/windowedTrunk.ts';
import type { EmbeddingModel } from '../model/embedding.ts';
import type { EmbeddingTraits, ResolvedModel, Role } from '../model/manifest.ts';
import { splitEmbedding } from '../model/onnx/split.ts';
import type { Parameters } from '../model/parameters.ts';
import { type Plda, plda } from '../model/plda.ts';
import { readPlda } from '../model/pldaFiles.ts';
import { identifyEmbedding, identifySegmentation } from '../model/roles.ts';
import type { ModelSource, Runtime, Session } from '../model/runtime.ts';
import { type SegmentationModel, segmentationModel } from '../model/segmentation.ts';
import { ahcClustering } from './ahc.ts';
import type { Clustering } from './clustering.ts';
import type { mergeTree } from './mergeTree.ts';
import type { DiarizationModels, DiarizeOptions } from './options.ts';
import { vbxClustering } from './vbxClustering.ts';

/**
 * From the files of a model to what the pipeline is made of. How an embedding network is run follows from the graph it
 * is and from the speed that is asked for:
 *
 *   exact      what pyannote computes: a chunk every tenth of its length, each window with its own mean
 *   balanced   a chunk every 0.96 s; the trunk runs once over long stretches, windows are pooled from it
 *   turbo      the same with a chunk every 2 s
 */
export type Speed = 'exact' | 'balanced' | 'turbo';

export interface ModelFiles {
  /** A file as the runtime takes it: a path where it can read files. */
  source(role: Role): Promise<ModelSource>;
  bytes(role: Role): Promise<Uint8Array>;
}

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
  const { manifest, parameters } = resolved;
  const segmentation = await loadSegmentation(resolved, runtime, files);
  const embedding = await loadEmbedding(resolved, runtime, files, { speed, maskGrid: segmentation.grid });
  return {
    models: {
      segmentation,
      embedding,
      clustering: await loadClustering(resolved, files),
      concurrency: runtime.concurrency,
      label: {
        name: manifest.name,
        version: manifest.version,
        licence: manifest.licences.map(({ id }) => id).join(' AND '),
      },
    },
    defaults: {
      step: stepOf(speed, parameters, manifest.windowDuration),
      minDurationOff: parameters['segmentation.min_duration_off'],
      onset: parameters['segmentation.threshold'],
      excludeOverlap: parameters.embedding_exclude_overlap,
    },
  };
}

function stepOf(speed: Speed, parameters: Parameters, windowDuration: number): number {
  if (speed === 'balanced') return 0.96; // 12 features of a ResNet34 trunk, 24 of the embedded one
  if (speed === 'turbo') return 2;
  return parameters.segmentation_step * windowDuration;
}

/** The segmentation network alone: what voice activity detection needs. */
export async function loadSegmentation(
  { manifest, files: paths }: ResolvedModel,
  runtime: Runtime,
  files: ModelFiles,
): Promise<SegmentationModel> {
  const session = await runtime.load(await files.source('segmentation'));
  const graph = identifySegmentation(session, paths.segmentation);
  const sets = manifest.powerset ?? graph.powerset;
  return segmentationModel(session, {
    sampleRate: manifest.sampleRate,
    chunkDuration: manifest.windowDuration,
    ...(sets ?? { numSpeakers: graph.numClasses, maxSimultaneous: 0 }),
  });
}

/** The embedding network alone. */
export async function loadEmbedding(
  { manifest, files: paths }: ResolvedModel,
  runtime: Runtime,
  files: ModelFiles,
  { speed = 'exact', maskGrid }: { readonly speed?: Speed; readonly maskGrid: SlidingWindow },
): Promise<EmbeddingModel> {
  const traits = manifest.embedding;
  const { minNumSamples } = traits ?? {};
  const { source, bytes } = files;
  const dimensionOf = (found: number | undefined): number => {
    const dimension = traits?.dimension ?? found;
    if (dimension === undefined)
      throw new ModelError('model_invalid', `The manifest of ${manifest.name} must say embedding.dimension.`);
    return dimension;
  };

  if (paths['embedding-trunk'] && paths['embedding-head']) {
    const [trunk, head] = [
      await runtime.load(await source('embedding-trunk')),
      await runtime.load(await source('embedding-head')),
    ];
    const dimension = dimensionOf(undefined);
    return traits?.shared
      ? sharedTrunk({
          trunk,
          head,
          dimension,
          minNumSamples,
          maskGrid,
          stride: traits.shared.subsampling,
          margin: traits.shared.margin,
        })
      : resnet({ trunk, head, dimension, minNumSamples, speed, maskGrid });
  }
  if (paths['embedding-multimask'] && speed === 'exact') {
    const session = await runtime.load(await source('embedding-multimask'));
    const { tensors, masksPerWindow, batch, dimension } = identifyEmbedding(session, paths['embedding-multimask']);
    return maskedGraph({
      session,
      input: 'fbank',
      soundName: tensors.fbank,
      maskName: tensors.weights,
      masksPerSound: masksPerWindow,
      batchSize: batch,
      dimension: dimensionOf(dimension),
      minNumSamples,
    });
  }
  if (paths['embedding-tail']) {
    const parts = splitEmbedding(await bytes('embedding-tail'));
    const [trunk, head] = [await runtime.load({ bytes: parts.trunk }), await runtime.load({ bytes: parts.head })];
    return resnet({ trunk, head, dimension: dimensionOf(lastAxis(head)), minNumSamples, speed, maskGrid });
  }
  if (paths.embedding) return loadFused(await bytes('embedding'), paths.embedding);
  if (paths['embedding-plain']) {
    const session = await runtime.load(await source('embedding-plain'));
    const { tensors, dimension } = identifyEmbedding(session, paths['embedding-plain']);
    if (speed !== 'exact') throw noFastMode(manifest.name);
    return cutFrames({
      session,
      inputName: tensors.fbank,
      outputName: tensors.embedding,
      dimension: dimensionOf(dimension),
      minNumFrames: minNumSamples === undefined ? undefined : Math.max(1, Math.ceil((minNumSamples - 400) / 160) + 1),
    });
  }
  throw new ModelError('model_invalid', `The model ${manifest.name} has no embedding network.`);

  /** A graph from samples: cut at its log-mel and before its pooling where that can be found, whole otherwise. */
  async function loadFused(whole: Uint8Array, path: string): Promise<EmbeddingModel> {
    const session = await runtime.load({ bytes: whole });
    const { tensors, batch, dimension } = identifyEmbedding(session, path);
    if (speed !== 'exact') throw noFastMode(manifest.name);
    return maskedGraph({
      session,
      input: 'samples',
      soundName: tensors.waveform,
      maskName: tensors.weights,
      batchSize: batch,
      dimension: dimensionOf(dimension),
      minNumSamples,
    });
  }
}

interface Resnet {
  readonly trunk: Session;
  readonly head: Session;
  readonly dimension: number;
  readonly minNumSamples: EmbeddingTraits['minNumSamples'] | undefined;
  readonly speed: Speed;
  readonly maskGrid: SlidingWindow;
}

/** ResNet trunks halve the frames three times, and a feature sees 112 frames on either side. */
const RESNET_STRIDE = 8;
const RESNET_MARGIN = 128;

function resnet({ speed, ...parts }: Resnet): EmbeddingModel {
  return speed === 'exact'
    ? windowedTrunk({ ...parts, stride: RESNET_STRIDE, margin: RESNET_MARGIN })
    : sharedTrunk({ ...parts, stride: RESNET_STRIDE, margin: RESNET_MARGIN, meanWidth: 1000, weights: 'segmentation' });
}

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

function lastAxis({ outputs }: Session): number | undefined {
  const axis = outputs[0].dims.at(-1);
  return typeof axis === 'number' && axis > 0 ? axis : undefined;
}

function noFastMode(name: string): ModelError {
  return new ModelError(
    'model_invalid',
    `The embedding network of ${name} cannot be cut into trunk and head, which --speed balanced and turbo need: use exact.`,
  );
}
