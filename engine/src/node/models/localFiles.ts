import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ModelError } from '../../core/errors.ts';
import { type OnnxInfo, readOnnxInfo } from '../../model/graphInfo.ts';
import type { EmbeddingTraits, ModelFile, ModelManifest, Role } from '../../model/manifest.ts';
import { type EmbeddingGraph, identifyEmbedding, identifySegmentation } from '../../model/roles.ts';
import { isFile } from './folder.ts';

/**
 * Models without a manifest: single ONNX files, or folders laid out as others publish them. What a file is, is read from
 * its graph; names only say where to look first.
 *
 *   speakrs         segmentation-3.0.onnx  wespeaker-voxceleb-resnet34-tail.onnx  plda_lda.npy …     one folder
 *   sherpa-onnx     sherpa-onnx-pyannote-segmentation-3-0/model.onnx              wespeaker_….onnx
 *   onnx-community  pyannote-segmentation-3.0/onnx/model.onnx                     …/onnx/model.onnx
 *   pyannote        plda/plda.npz  plda/xvec_transform.npz
 */
export interface LocalPart {
  readonly files: Readonly<Partial<Record<Role, string>>>;
  readonly facts: Readonly<Partial<Record<Role, ModelFile>>>;
  readonly powerset?: ModelManifest['powerset'];
  readonly windowDuration?: number;
  readonly sampleRate?: number;
  readonly embedding?: EmbeddingTraits;
}

const SEGMENTATIONS = [
  'segmentation.onnx',
  'segmentation-3.0.onnx',
  'model.onnx',
  'onnx/model.onnx',
  'segmentation/model.onnx',
];
const EMBEDDINGS = [
  'embedding-tail.onnx',
  'wespeaker-multimask-tail.onnx',
  'wespeaker-voxceleb-resnet34-tail.onnx',
  'embedding.onnx',
  'wespeaker-voxceleb-resnet34.onnx',
  'speaker-embedding.onnx',
  'model.onnx',
  'onnx/model.onnx',
];
const PLDA_ARRAYS = ['mean1', 'mean2', 'lda', 'mu', 'tr', 'psi'] as const;

/** A segmentation network: an ONNX file, or a folder with one. */
export async function localSegmentation(path: string): Promise<LocalPart> {
  const { file, bytes, info, found } = await firstThat(path, SEGMENTATIONS, identifySegmentation);
  const { metadata } = info;
  const speakers = Number(metadata['num_speakers']);
  const simultaneous = Number(metadata['powerset_max_classes']);
  const told = speakers > 0 && simultaneous > 0 ? { numSpeakers: speakers, maxSimultaneous: simultaneous } : undefined;
  const sampleRate = Number(metadata['sample_rate']) || undefined;
  const numSamples = found.numSamples ?? (Number(metadata['window_size']) || undefined);
  return {
    files: await withData('segmentation', file),
    facts: { segmentation: factsOf(file, bytes, found.tensors) },
    powerset: told ?? found.powerset,
    sampleRate,
    windowDuration: numSamples === undefined ? undefined : numSamples / (sampleRate ?? 16000),
  };
}

/** An embedding network of any form, or its trunk with the head beside it. */
export async function localEmbedding(path: string): Promise<LocalPart> {
  const usable = (info: OnnxInfo, file: string): EmbeddingGraph => {
    const graph = identifyEmbedding(info, file);
    if (graph.role !== 'embedding-head' && graph.role !== 'fbank') return graph;
    const what =
      graph.role === 'fbank' ? 'only computes features' : 'is the second half of one, given beside its trunk';
    throw new ModelError('model_invalid', `${file} is not an embedding network: it ${what}.`);
  };
  const { file, bytes, found } = await firstThat(path, EMBEDDINGS, usable);
  const head = found.role === 'embedding-trunk' ? await headBeside(file) : undefined;
  return {
    files: { ...(await withData(found.role, file)), ...head?.files },
    facts: { [found.role]: factsOf(file, bytes, found.tensors), ...head?.facts },
    embedding: {
      dimension: found.dimension ?? head?.dimension,
      fbankMean: 'window',
      minNumSamples: await minNumSamples(file),
    },
  };
}

/** PLDA: a folder with .npz files or with one .npy an array, or a single .npz with all six. */
export async function localPlda(path: string): Promise<LocalPart> {
  const candidates = (await isFile(path)) ? [] : [path, join(path, 'plda')];
  for (const folder of candidates) {
    const npz = join(folder, 'plda.npz');
    const transform = join(folder, 'xvec_transform.npz');
    const arrays = PLDA_ARRAYS.map((name) => [`plda-${name}` as Role, join(folder, `plda_${name}.npy`)] as const);
    if (await isFile(npz)) {
      return partOf({ plda: npz, ...((await isFile(transform)) ? { 'plda-transform': transform } : {}) });
    }
    if (await isFile(arrays[0][1])) return partOf(Object.fromEntries(arrays));
  }
  if (candidates.length === 0) return partOf({ plda: path });
  throw new ModelError(
    'model_missing',
    `${path} has no PLDA: expected plda.npz with xvec_transform.npz, or plda_mean1.npy … plda_psi.npy.`,
  );
}

/** Everything that a folder without a manifest holds. */
export async function localFolder(folder: string): Promise<readonly LocalPart[]> {
  const plda = await localPlda(folder).catch((error) => {
    if (error instanceof ModelError && error.code === 'model_missing') return undefined;
    throw error;
  });
  const parts = [await localSegmentation(folder), await localEmbedding(folder)];
  return plda === undefined ? parts : [...parts, plda];
}

interface Candidate<T> {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly info: OnnxInfo;
  readonly found: T;
}

/** The file itself, or the first of a folder that is what is wanted: known names first, then all. */
async function firstThat<T extends { readonly batch: number | undefined }>(
  path: string,
  names: readonly string[],
  identify: (info: OnnxInfo, file: string) => T,
): Promise<Candidate<T>> {
  const full = resolve(path);
  const found = await stat(full).catch(() => undefined);
  if (found === undefined) throw new ModelError('model_missing', `There is no file or folder ${path}.`);
  if (found.isFile()) return read(full);

  const others = (await readdir(full)).filter((name) => name.endsWith('.onnx')).sort();
  let refusal: unknown;
  for (const name of new Set([...names, ...others])) {
    const file = join(full, ...name.split('/'));
    if (!(await isFile(file))) continue;
    try {
      const candidate = await read(file);
      if ((candidate.found.batch ?? 1) === 1) return candidate;
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      refusal ??= error;
    }
  }
  if (refusal !== undefined) throw refusal;
  throw new ModelError('model_missing', `${path} has no ONNX file and no manifest.json.`);

  async function read(file: string): Promise<Candidate<T>> {
    const bytes = await readFile(file);
    const info = readOnnxInfo(bytes, basename(file));
    return { file, bytes, info, found: identify(info, basename(file)) };
  }
}

async function headBeside(trunk: string): Promise<Pick<LocalPart, 'files' | 'facts'> & { dimension?: number }> {
  const file = trunk.replace(/trunk(?!.*trunk)/, 'head');
  if (file === trunk || !(await isFile(file))) {
    throw new ModelError(
      'model_missing',
      `${basename(trunk)} gives features, not embeddings, and its second half (${basename(file)}) is not beside it.`,
    );
  }
  const bytes = await readFile(file);
  const { tensors, role, dimension } = identifyEmbedding(readOnnxInfo(bytes, basename(file)), basename(file));
  if (role !== 'embedding-head') {
    throw new ModelError('model_invalid', `${basename(file)} is not the second half of an embedding network.`);
  }
  return { files: { [role]: file }, facts: { [role]: factsOf(file, bytes, tensors) }, dimension };
}

/** The network, and the file with its weights where they lie apart. */
async function withData(role: Role, file: string): Promise<Partial<Record<Role, string>>> {
  const data = `${file}.data`;
  const dataRole = role === 'segmentation' ? 'segmentation-data' : 'embedding-data';
  return { [role]: file, ...((await isFile(data)) ? { [dataRole]: data } : {}) };
}

/** speakrs writes the shortest input beside the network. */
async function minNumSamples(file: string): Promise<number> {
  const note = file.replace(/(-tail)?\.onnx$/, '.min_num_samples.txt');
  return Number(await readFile(note, 'utf8').catch(() => '')) || 400;
}

async function partOf(files: Partial<Record<Role, string>>): Promise<LocalPart> {
  const facts: Partial<Record<Role, ModelFile>> = {};
  for (const [role, path] of Object.entries(files)) {
    const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
      throw new ModelError('model_missing', `${path} cannot be read (${cause.code}).`, { cause });
    });
    facts[role as Role] = factsOf(path, bytes);
  }
  return { files, facts };
}

function factsOf(file: string, bytes: Uint8Array, tensors?: Readonly<Record<string, string>>): ModelFile {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path: basename(file), size: bytes.length, sha256, ...(tensors === undefined ? {} : { tensors }) };
}
