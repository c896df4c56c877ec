import { FBANK } from '../../audio/fbank.ts';
import { ModelError } from '../../core/errors.ts';
import type { SlidingWindow } from '../../core/window.ts';
import type { EmbeddingModel } from '../embedding.ts';
import type { ModelFiles, ResolvedModel } from '../manifest.ts';
import { splitEmbedding } from '../onnx/split.ts';
import { splitUnweighted } from '../onnx/unweighted.ts';
import { WINOGRAD_VERSION, withWinograd } from '../onnx/winograd.ts';
import { identifyEmbedding } from '../roles.ts';
import { floats, type Runtime, type Session } from '../runtime.ts';
import { cutFrames } from './cutFrames.ts';
import { maskedGraph } from './maskedGraph.ts';
import { sharedTrunk } from './sharedTrunk.ts';
import { windowedTrunk } from './windowedTrunk.ts';

/**
 * How an embedding network is run follows from the graph it is and from the speed that is asked for:
 *
 *   exact      what pyannote computes: a chunk every tenth of its length, each window with its own mean
 *   balanced   a chunk every 0.96 s; the trunk runs once over long stretches, windows are pooled from it
 *   turbo      the same with a chunk every 2 s
 *
 *   file                          | cut into             | run as
 *   embedding-trunk and -head     |                      | sharedTrunk where it is made for it, else as a ResNet
 *   embedding-multimask           |                      | maskedGraph: the trunk inside runs once a window
 *   embedding-tail (fbank, mask)  | trunk, head          | as a ResNet: windowedTrunk (exact), sharedTrunk (fast)
 *   embedding (samples, mask)     | log-mel, trunk, head | as a ResNet, log-mel features being ours; whole if it can't be cut
 *   embedding-plain (fbank)       | trunk, pooling       | as a ResNet, with pyannote's pooling; else frames are cut out
 */
export type Speed = 'exact' | 'balanced' | 'turbo';

/** Another word would pass for a step that is no speed's. */
export function checkSpeed(speed: Speed = 'exact'): void {
  if (!['exact', 'balanced', 'turbo'].includes(speed))
    throw new RangeError(`Got the speed '${speed}' when 'exact', 'balanced' or 'turbo' was expected.`);
}

export interface EmbeddingLoadOptions {
  readonly speed?: Speed;
  /** The frames that masks are on. */
  readonly maskGrid: SlidingWindow;
}

/** ResNet trunks halve the frames three times, and a feature sees 112 frames on either side. */
const RESNET = { stride: 8, margin: 128 } as const;

/** 30 s of log-mel: a minute of recording keeps two threads busy, and the margins are a twelfth of the work at most. */
const PIECE = 3072;

export async function loadEmbedding(
  { manifest, files: paths }: ResolvedModel,
  runtime: Runtime,
  files: ModelFiles,
  { speed = 'exact', maskGrid }: EmbeddingLoadOptions,
): Promise<EmbeddingModel> {
  const { embedding: traits, name } = manifest;
  const { minNumSamples } = traits ?? {};
  const known = (found: number | undefined): number => {
    const dimension = traits?.dimension ?? found;
    if (dimension === undefined)
      throw new ModelError('model_invalid', `The manifest of ${name} must say embedding.dimension.`);
    return dimension;
  };

  if (paths['embedding-trunk'] && paths['embedding-head']) {
    const trunk = await runtime.load(await files.source('embedding-trunk'));
    const head = await runtime.load(await files.source('embedding-head'));
    const dimension = known(lastAxis(head));
    if (traits?.shared === undefined) return resnet({ trunk, head, dimension });
    const { subsampling: stride, margin } = traits.shared;
    return sharedTrunk({ trunk, head, dimension, minNumSamples, maskGrid, stride, margin });
  }
  if (paths['embedding-multimask'] && speed === 'exact') {
    const session = await runtime.load(await files.source('embedding-multimask'));
    const { tensors, masksPerWindow, batch, dimension } = identifyEmbedding(session, paths['embedding-multimask']);
    return maskedGraph({
      session,
      input: 'fbank',
      soundName: tensors.fbank,
      maskName: tensors.weights,
      masksPerSound: masksPerWindow,
      batchSize: batch,
      dimension: known(dimension),
      minNumSamples,
    });
  }
  if (paths['embedding-tail']) {
    const bytes = await files.bytes('embedding-tail');
    const split = once(() => splitEmbedding(bytes));
    return cutInTwo(
      () => split().trunk,
      () => split().head,
      files.digest?.(bytes),
    );
  }
  if (paths.embedding) return loadFused(await files.bytes('embedding'), paths.embedding);
  if (paths['embedding-plain']) return loadPlain(await files.bytes('embedding-plain'), paths['embedding-plain']);
  throw new ModelError('model_invalid', `The model ${name} has no embedding network.`);

  async function cutInTwo(
    trunkOf: () => Uint8Array,
    headOf: () => Uint8Array,
    digest?: string,
  ): Promise<EmbeddingModel> {
    const trunk = await loadTrunk(trunkOf, digest);
    const head = await loadPart('head', headOf, digest);
    return resnet({ trunk, head, dimension: known(lastAxis(head)) });
  }

  function loadTrunk(make: () => Uint8Array, digest?: string): Promise<Session> {
    if (!runtime.blockedLayout) return loadPart('trunk', make, digest);
    return loadPart('trunk', () => withWinograd(make()), digest && `${digest} ${WINOGRAD_VERSION}`);
  }

  /** A part that is found again by what it was cut from. */
  function loadPart(part: 'trunk' | 'head', make: () => Uint8Array, digest?: string): Promise<Session> {
    const called = `the ${part} of ${name}`;
    return runtime.load(
      digest === undefined ? { bytes: make(), name: called } : { key: `${digest} ${part} 1`, name: called, make },
    );
  }

  function resnet(parts: {
    readonly trunk: Session;
    readonly head: Session;
    readonly dimension: number;
  }): EmbeddingModel {
    const free = !fixedAxis(parts.trunk, 1); // else windows can be neither cropped nor joined
    if (speed === 'exact')
      return windowedTrunk({
        ...parts,
        minNumSamples,
        stride: RESNET.stride,
        margin: free ? RESNET.margin : undefined,
      });
    if (!free) throw noFastMode(name);
    const shared = { maxFrames: PIECE, meanWidth: 1000, weights: 'segmentation' } as const;
    return sharedTrunk({ ...parts, ...RESNET, ...shared, minNumSamples, maskGrid });
  }

  async function loadFused(bytes: Uint8Array, path: string): Promise<EmbeddingModel> {
    const parts = attempt(() => splitEmbedding(bytes));
    const { frontEnd, head } = parts ?? {};
    if (frontEnd && head)
      return cutInTwo(
        () => frontEnd.trunk,
        () => head,
        files.digest?.(bytes),
      );
    if (speed !== 'exact') throw noFastMode(name);
    const session = await runtime.load({ bytes, name: path });
    const { tensors, batch, dimension } = identifyEmbedding(session, path);
    return maskedGraph({
      session,
      input: 'samples',
      soundName: tensors.waveform,
      maskName: tensors.weights,
      batchSize: batch,
      dimension: known(dimension),
      minNumSamples,
    });
  }

  async function loadPlain(bytes: Uint8Array, path: string): Promise<EmbeddingModel> {
    const parts = attempt(() => splitUnweighted(bytes));
    if (parts !== undefined) {
      const digest = files.digest?.(bytes);
      const trunk = await loadTrunk(() => parts.trunk, digest);
      const head = await loadPart('head', () => parts.head, digest);
      const dimension = known(parts.gemm.numOutputs);
      if ((await strideOf(trunk)) === RESNET.stride)
        return speed === 'exact'
          ? windowedTrunk({ trunk, head, dimension, minNumSamples, stride: RESNET.stride })
          : resnet({ trunk, head, dimension });
      await Promise.all([trunk.release(), head.release()]);
    }
    if (speed !== 'exact') throw noFastMode(name);
    const session = await runtime.load({ bytes, name: path });
    const { tensors, dimension } = identifyEmbedding(session, path);
    return cutFrames({
      session,
      inputName: tensors.fbank,
      outputName: tensors.embedding,
      dimension: known(dimension),
      minNumFrames: minNumSamples === undefined ? undefined : Math.max(1, Math.ceil((minNumSamples - 400) / 160) + 1),
    });
  }
}

/** Log-mel frames between two features, found by running the trunk on 80 frames of nothing. */
async function strideOf(trunk: Session): Promise<number | undefined> {
  if (fixedAxis(trunk, 1)) return undefined;
  const frames = 80;
  const [input] = trunk.inputs;
  const { [trunk.outputs[0].name]: features } = await trunk.run({
    [input.name]: floats(new Float32Array(frames * FBANK.numBins), [1, frames, FBANK.numBins]),
  });
  return frames / features.dims[features.dims.length - 1];
}

/** The same result for every call, computed at the first. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The result, or nothing where the graph is not of the kind: it is then used whole. */
function attempt<T>(split: () => T): T | undefined {
  try {
    return split();
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

function fixedAxis({ inputs: [input] }: Session, axis: number): boolean {
  const size = input.dims[axis];
  return typeof size === 'number' && size > 0;
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
