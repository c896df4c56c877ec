import type { MonotoneMap } from '../math/monotone.ts';
import type { Licence } from './licence.ts';
import { DEFAULT_PARAMETERS, type Parameters, type Pipeline } from './parameters.ts';
import type { ModelSource } from './runtime.ts';

/**
 * What a model is, in one JSON file beside its networks: which file plays which role, where it can be fetched, what it
 * must hash to, how sound is cut and labelled, which knobs its makers turned, and on what terms it may be used.
 * The pipeline reads nothing else about a model, so a folder with a manifest runs without a change to the code.
 * Checked by parseManifest; described for people in docs/models.md.
 */

/** What a file is for. How a graph is fed is told by its role; tensor names are found in the graph (model/roles.ts). */
export type Role =
  /** waveform → scores of each frame */
  | 'segmentation'
  /** waveform, weights → embedding: features and pooling inside */
  | 'embedding'
  /** fbank, weights → embedding */
  | 'embedding-tail'
  /** fbank, several masks a window → as many embeddings, the network run once */
  | 'embedding-multimask'
  /** fbank → embedding, no weights: frames are cut out before the network */
  | 'embedding-plain'
  /** fbank → features, to be pooled by `embedding-head` */
  | 'embedding-trunk'
  /** features, weights → embedding */
  | 'embedding-head'
  /** external weights that an ONNX file looks for beside itself */
  | 'embedding-data'
  | 'segmentation-data'
  /** waveform → fbank; only for checking, ours is used */
  | 'fbank'
  /** speech probability of short steps */
  | 'vad'
  /** speech to text: what transformers.js reads of a model, in one folder */
  | 'asr-config'
  | 'asr-generation'
  | 'asr-preprocessor'
  | 'asr-tokenizer'
  | 'asr-tokenizer-config'
  /** speech to text: sound → features, features and words so far → next word; or both in one */
  | 'asr-encoder'
  | 'asr-decoder'
  | 'asr'
  /** .npz: all six PLDA arrays, or mu, tr, psi beside `plda-transform` */
  | 'plda'
  /** .npz: mean1, mean2, lda */
  | 'plda-transform'
  /** one .npy an array */
  | 'plda-mean1'
  | 'plda-mean2'
  | 'plda-lda'
  | 'plda-mu'
  | 'plda-tr'
  | 'plda-psi';

/** The array-a-file layout of PLDA, all six needed. */
export const PLDA_ARRAY_ROLES: readonly Role[] = [
  'plda-mean1',
  'plda-mean2',
  'plda-lda',
  'plda-mu',
  'plda-tr',
  'plda-psi',
];

export const ROLES: readonly Role[] = [
  'segmentation',
  'segmentation-data',
  'embedding',
  'embedding-tail',
  'embedding-multimask',
  'embedding-plain',
  'embedding-trunk',
  'embedding-head',
  'embedding-data',
  'fbank',
  'vad',
  'asr-config',
  'asr-generation',
  'asr-preprocessor',
  'asr-tokenizer',
  'asr-tokenizer-config',
  'asr-encoder',
  'asr-decoder',
  'asr',
  'plda',
  'plda-transform',
  ...PLDA_ARRAY_ROLES,
];

/** A file of a public repository of the Hugging Face hub. `revision` is a branch, tag or commit. */
export interface HubSource {
  readonly repo: string;
  readonly revision: string;
  readonly path: string;
}

/** A file of a model: where it lies in the model's folder and how it got there. */
export interface ModelFile {
  readonly path: string;
  readonly size?: number;
  readonly sha256?: string;
  readonly source?: HubSource;
  /** Names of tensors by what they carry (`waveform`, `scores`, …) where the shapes don't tell them apart. */
  readonly tensors?: Readonly<Record<string, string>>;
}

/** What a model is good for: a whole pipeline, or a part that other commands or pipelines use. */
export type Task = 'diarization' | 'segmentation' | 'embedding' | 'vad' | 'recognition';

export interface EmbeddingTraits {
  /** Length of a vector; told by the graph where absent. */
  readonly dimension?: number;
  /** Over what the mean of each fbank bin is taken before it is subtracted: the window, or the whole recording. */
  readonly fbankMean: 'window' | 'recording';
  /** The shortest sound that gives an embedding, in samples: 400, one fbank frame, for WeSpeaker. */
  readonly minNumSamples: number;
  /**
   * Only where `embedding-trunk` sees a limited neighbourhood, so that it may run once over a long stretch and any
   * window be pooled from it: fbank frames a feature, and fbank frames of margin that make the edges right.
   */
  readonly shared?: { readonly subsampling: number; readonly margin: number };
  /** Only with `shared`: what vectors of single turns tell, for grouping a window's turns anew (diarize/regroup.ts). */
  readonly turns?: TurnLikeness;
}

/** log-odds that two turns of a window are one person's, from their vectors and from what the segmentation decided. */
export interface TurnLikeness {
  /** What a cosine of 1 above `middle` weighs, of turns so long that more would not help. */
  readonly slope: number;
  /** The cosine that says nothing. */
  readonly middle: number;
  /** Seconds of the shorter turn of which a cosine weighs half as much. */
  readonly half: number;
  /** What one local speaker says for one person, and two for two. */
  readonly same: number;
  readonly other: number;
}

/** log-odds that two voices are one, when both answers are equally likely beforehand: slope · cosine + intercept. */
export interface VerificationTraits {
  readonly slope: number;
  readonly intercept: number;
  /** On which trials it was fitted, for people who want to know what the probability is worth. */
  readonly origin: string;
}

/** From the pipeline's evidence (diarize/evidence.ts) to how often it is right: rising curves, fitted where the truth is known. */
export interface ConfidenceMaps {
  /** How often exactly those who are said to talk in a frame do. */
  readonly frame: MonotoneMap;
  /** What part of a turn its speaker does talk. */
  readonly turn: MonotoneMap;
  /** What part of a speaker's turns is of one person, whom no other speaker stands for. */
  readonly speaker: MonotoneMap;
  /** On what they were fitted, for people who want to know what the numbers are worth. */
  readonly origin: string;
}

export interface ModelManifest {
  readonly format: 1;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly task: Task;
  readonly sampleRate: number;
  /** Seconds that the segmentation network sees at once. */
  readonly windowDuration: number;
  /** The pipeline it was made for; another can be asked for where the files allow it. */
  readonly pipeline: Pipeline;
  /**
   * Classes of the segmentation: all sets of up to `maxSimultaneous` of `numSpeakers` local speakers; with 0 the network
   * gives one probability a speaker instead. Told by the graph where absent.
   */
  readonly powerset?: { readonly numSpeakers: number; readonly maxSimultaneous: number };
  readonly embedding?: EmbeddingTraits;
  /** How likely it is that two embeddings are of one person, where that was measured. */
  readonly verification?: VerificationTraits;
  /** How often the pipeline is right that is as sure as this, where that was measured. */
  readonly confidence?: ConfidenceMaps;
  /** What differs from the pipeline's defaults (parameters.ts), for each pipeline. */
  readonly parameters: Readonly<Partial<Record<Pipeline, Partial<Parameters>>>>;
  readonly files: Readonly<Partial<Record<Role, ModelFile>>>;
  readonly licences: readonly Licence[];
  /** What nobody has checked about this entry, in a sentence; shown with it. */
  readonly unverified?: string;
}

/** The roles that let a model give embeddings, best first: the network runs once a window (or less) in the first two. */
const EMBEDDING_FORMS: readonly (readonly Role[])[] = [
  ['embedding-trunk', 'embedding-head'],
  ['embedding-multimask'],
  ['embedding-tail'],
  ['embedding'],
  ['embedding-plain'],
];

const PLDA_FORMS: readonly (readonly Role[])[] = [PLDA_ARRAY_ROLES, ['plda']];

/** What a model lacks for a pipeline, as words for a person; empty where it has everything. */
export function missingRoles(
  { task, files }: { readonly task: Task; readonly files: Readonly<Partial<Record<Role, unknown>>> },
  pipeline: Pipeline,
): string[] {
  const has = (roles: readonly Role[]) => roles.every((role) => files[role] !== undefined);
  const missing: string[] = [];
  const diarizes = task === 'diarization';
  if ((diarizes || task === 'segmentation') && !has(['segmentation'])) missing.push('segmentation');
  if ((diarizes || task === 'embedding') && !EMBEDDING_FORMS.some(has)) missing.push('embedding');
  if (task === 'vad' && !has(['vad'])) missing.push('vad');
  if (task === 'recognition' && !has(['asr-config', 'asr-tokenizer'])) missing.push('asr');
  if (diarizes && pipeline === 'community-1' && !PLDA_FORMS.some(has)) missing.push('plda');
  return missing;
}

/** A model ready to be loaded: every file is on this machine (or at a URL, in a browser) and every knob has a value. */
export interface ResolvedModel {
  readonly manifest: ModelManifest;
  readonly pipeline: Pipeline;
  readonly parameters: Parameters;
  /** Absolute paths. */
  readonly files: Readonly<Partial<Record<Role, string>>>;
}

/** How the files of a model are reached, wherever they are. */
export interface ModelFiles {
  /** A file as the runtime takes it: a path where it can read files. */
  source(role: Role): Promise<ModelSource>;
  bytes(role: Role): Promise<Uint8Array>;
  /** A name for the file's content, by which models made from it are found again; nothing where none is kept. */
  digest?(bytes: Uint8Array): string;
}

/** The knobs of a model in a pipeline: defaults, then its manifest's, then the user's. */
export function parametersOf(
  manifest: Pick<ModelManifest, 'parameters'>,
  pipeline: Pipeline,
  settings: Partial<Parameters> = {},
): Parameters {
  return { ...DEFAULT_PARAMETERS[pipeline], ...manifest.parameters[pipeline], ...settings };
}
