import { didYouMean } from '../core/nearest.ts';

/**
 * The knobs of the two pipelines under pyannote.audio's own names, so that a value tuned there can be typed here:
 * `--set clustering.threshold=0.6`. Values come from three places, later ones winning: the pipeline's defaults
 * (pyannote/speaker-diarization-community-1 and -3.1, pyannote.audio 4.0.7), the model's manifest, the user.
 */

/** `community-1` clusters with VBx, `3.1` with agglomerative clustering (AHC). */
export type Pipeline = 'community-1' | '3.1';

export const PIPELINES: readonly Pipeline[] = ['community-1', '3.1'];

/** The linkages that pyannote's AgglomerativeClustering offers. */
export const LINKAGES = ['average', 'centroid', 'complete', 'median', 'single', 'ward', 'weighted'] as const;
export type LinkageMethod = (typeof LINKAGES)[number];

/** A full set of values; those of the other pipeline's clustering are there too and have no effect. */
export interface Parameters {
  /** Hop between windows as a fraction of their duration. */
  readonly segmentation_step: number;
  /** Gaps of one speaker shorter than this many seconds are filled. */
  readonly 'segmentation.min_duration_off': number;
  /** Turns that are then shorter than this many seconds are left out; pyannote's Binarize has it, its pipelines do not. */
  readonly 'segmentation.min_duration_on': number;
  /** Onset of networks that give probabilities; powerset networks have none. */
  readonly 'segmentation.threshold': number;
  /** Whether embeddings are pooled from frames without overlapped speech where there are enough. */
  readonly embedding_exclude_overlap: boolean;
  /** Whether the turns of a window are grouped anew by how they sound; only models that say how have it. Not in pyannote. */
  readonly embedding_regroup_turns: boolean;
  /** AHC: distance at which merging stops (of unit vectors, Euclidean, for centroid linkage). Also VBx's start. */
  readonly 'clustering.threshold': number;
  /** VBx: weight of the data. */
  readonly 'clustering.Fa': number;
  /** VBx: weight of the prior; larger gives fewer speakers. */
  readonly 'clustering.Fb': number;
  /** AHC: how the distance of two clusters is measured. */
  readonly 'clustering.method': LinkageMethod;
  /** AHC: smaller clusters are joined to the nearest large one. */
  readonly 'clustering.min_cluster_size': number;
  /** Whether two local speakers of one window must get different clusters. */
  readonly 'clustering.constrained_assignment': boolean;
}

export type ParameterName = keyof Parameters;

interface Rule {
  readonly kind: 'number' | 'integer' | 'boolean' | 'linkage';
  readonly min?: number;
  readonly max?: number;
  /** The pipelines in which it has an effect; both where absent. */
  readonly only?: Pipeline;
}

const RULES: Readonly<Record<ParameterName, Rule>> = {
  segmentation_step: { kind: 'number', min: 0.01, max: 1 },
  'segmentation.min_duration_off': { kind: 'number', min: 0 },
  'segmentation.min_duration_on': { kind: 'number', min: 0 },
  'segmentation.threshold': { kind: 'number', min: 0, max: 1 },
  embedding_exclude_overlap: { kind: 'boolean' },
  embedding_regroup_turns: { kind: 'boolean' },
  'clustering.threshold': { kind: 'number', min: 0 },
  'clustering.Fa': { kind: 'number', min: 0, only: 'community-1' },
  'clustering.Fb': { kind: 'number', min: 0, only: 'community-1' },
  'clustering.method': { kind: 'linkage', only: '3.1' },
  'clustering.min_cluster_size': { kind: 'integer', min: 1, only: '3.1' },
  'clustering.constrained_assignment': { kind: 'boolean' },
};

const COMMON = {
  segmentation_step: 0.1,
  'segmentation.min_duration_off': 0,
  'segmentation.min_duration_on': 0,
  'segmentation.threshold': 0.5,
  embedding_exclude_overlap: true,
  embedding_regroup_turns: true,
  'clustering.Fa': 0.07,
  'clustering.Fb': 0.8,
  'clustering.method': 'centroid',
  'clustering.min_cluster_size': 12,
} as const;

/** What pyannote's published configuration of each pipeline says. */
export const DEFAULT_PARAMETERS: Readonly<Record<Pipeline, Parameters>> = {
  'community-1': { ...COMMON, 'clustering.threshold': 0.6, 'clustering.constrained_assignment': true },
  '3.1': { ...COMMON, 'clustering.threshold': 0.7045654963945799, 'clustering.constrained_assignment': false },
};

/** The names that have an effect in a pipeline, in the order in which they act. */
export function parameterNames(pipeline: Pipeline): readonly ParameterName[] {
  const names = Object.keys(RULES) as ParameterName[];
  return names.filter((name) => (RULES[name].only ?? pipeline) === pipeline);
}

/** One value, checked: its name must belong to the pipeline and its kind and range must fit. Throws a RangeError. */
export function checkParameter(pipeline: Pipeline, name: string, value: unknown): Partial<Parameters> {
  const names = parameterNames(pipeline);
  if (!names.includes(name as ParameterName)) {
    throw new RangeError(
      `The ${pipeline} pipeline has no parameter '${name}'.${didYouMean(name, names)} It has: ${names.join(', ')}.`,
    );
  }
  const rule = RULES[name as ParameterName];
  const expected = fits(rule, value);
  if (expected !== undefined) throw new RangeError(`Got ${name}=${String(value)} when ${expected} is expected.`);
  return { [name]: value };
}

/** Undefined where the value fits its rule, otherwise what would have. */
function fits({ kind, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Rule, value: unknown) {
  if (kind === 'boolean') return typeof value === 'boolean' ? undefined : 'true or false';
  if (kind === 'linkage')
    return LINKAGES.includes(value as LinkageMethod) ? undefined : `one of ${LINKAGES.join(', ')}`;
  const inside = typeof value === 'number' && value >= min && value <= max && Number.isFinite(value);
  if (inside && (kind === 'number' || Number.isInteger(value))) return undefined;
  const range = Number.isFinite(max) ? `from ${min} to ${max}` : `of at least ${min}`;
  return kind === 'integer' ? `a whole number ${range}` : `a number ${range}`;
}

/** `['clustering.threshold=0.6', …]` as values: what `--set` gets. Throws a RangeError that says what is wrong. */
export function parseSettings(pipeline: Pipeline, settings: readonly string[]): Partial<Parameters> {
  const values: Partial<Parameters> = {};
  for (const setting of settings) {
    const equals = setting.indexOf('=');
    if (equals < 1)
      throw new RangeError(`Got '${setting}' when name=value is expected, e.g. clustering.threshold=0.6.`);
    const name = setting.slice(0, equals).trim();
    Object.assign(values, checkParameter(pipeline, name, valueOfText(setting.slice(equals + 1).trim())));
  }
  return values;
}

/** Text as the value it writes: `true` (pyannote's YAML says True too), `0.6`, `centroid`. */
function valueOfText(text: string): unknown {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  return text !== '' && !Number.isNaN(Number(text)) ? Number(text) : text;
}

/** What they say of turns. */
export function turnOptionsOf(parameters: Parameters): {
  readonly minDurationOff: number;
  readonly minDurationOn: number;
} {
  return {
    minDurationOff: parameters['segmentation.min_duration_off'],
    minDurationOn: parameters['segmentation.min_duration_on'],
  };
}

/**
 * The knobs when chunks begin `longer` times as far apart. The smallest cluster is a number of embeddings, and each of them
 * then stands for more speech: fewer will do, down to three, or a fast mode loses the people who say little (a fixed 12
 * at a longer step was seen to cost VoxConverse four points of DER).
 */
export function parametersAtStep(parameters: Parameters, longer: number): Parameters {
  const smallest = parameters['clustering.min_cluster_size'];
  const scaled = Math.max(3, Math.round(smallest / longer));
  return { ...parameters, 'clustering.min_cluster_size': Math.min(smallest, scaled) };
}
