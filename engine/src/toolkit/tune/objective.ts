import type { Annotation } from '../../core/annotation.ts';
import type { Timeline } from '../../core/timeline.ts';
import { clusteringOf } from '../../diarize/assemble.ts';
import { diarizeSpeech } from '../../diarize/diarize.ts';
import type { LocalSpeech } from '../../diarize/localSpeech.ts';
import { type MergeTree, mergeTree } from '../../diarize/mergeTree.ts';
import type { DiarizeOptions } from '../../diarize/options.ts';
import { evaluate, type ScoringOptions } from '../../metrics/evaluated.ts';
import { type Components, type Metric, sumComponents } from '../../metrics/metric.ts';
import { type Parameters, type Pipeline, turnOptionsOf } from '../../model/parameters.ts';
import type { Plda } from '../../model/plda.ts';
import type { Point } from './space.ts';

/**
 * How good parameters are for a recording: from what the networks heard to turns, and from turns to a metric's
 * components. The networks do not run; and since neither the tree of embeddings nor their PLDA features depend on what is
 * tuned, both are made once a recording.
 */
export interface TuningRecording {
  readonly uri: string;
  readonly reference: Annotation;
  readonly uem?: Timeline;
  /** What the networks heard. The onset decides only for networks that give probabilities. */
  readonly speech: (onset: number) => Promise<LocalSpeech>;
}

export interface ObjectiveModel {
  readonly pipeline: Pipeline;
  readonly parameters: Parameters;
  readonly plda?: Plda;
  readonly powerset: boolean;
}

export interface ObjectiveOptions {
  readonly metric: Metric;
  readonly scoring?: Omit<ScoringOptions, 'uem'>;
  /** What else is asked of the pipeline: bounds of the number of speakers, smoothing. */
  readonly options?: Pick<DiarizeOptions, 'numSpeakers' | 'minSpeakers' | 'maxSpeakers' | 'smoothing'>;
}

export interface Objective {
  readonly metric: Metric;
  readonly numRecordings: number;
  /** One recording's. The same question is answered from memory. */
  components(point: Point, recording: number): Promise<Components>;
}

export function tuningObjective(
  recordings: readonly TuningRecording[],
  model: ObjectiveModel,
  { metric, scoring = {}, options = {} }: ObjectiveOptions,
): Objective {
  const hearings = recordings.map(() => new Map<number, Hearing>());
  const known = recordings.map(() => new Map<string, Promise<Components>>());

  async function score(point: Point, index: number): Promise<Components> {
    const { reference, uem, speech } = recordings[index];
    const parameters: Parameters = { ...model.parameters, ...point };
    const onset = model.powerset ? 0 : parameters['segmentation.threshold'];
    const heard = await speech(onset);
    let hearing = hearings[index].get(onset);
    if (hearing === undefined) hearings[index].set(onset, (hearing = hearingOf(model.plda)));
    const clustering = clusteringOf({ pipeline: model.pipeline, parameters }, hearing.plda, hearing.merge);
    const { turns } = diarizeSpeech(
      heard,
      { clustering, label: NO_LABEL },
      { ...options, ...turnOptionsOf(parameters) },
    );
    return metric.measure(evaluate(reference, { turns }, { ...scoring, ...(uem === undefined ? {} : { uem }) }));
  }

  return {
    metric,
    numRecordings: recordings.length,
    components(point, index) {
      const key = JSON.stringify(point);
      let answer = known[index].get(key);
      if (answer === undefined) known[index].set(key, (answer = score(point, index)));
      return answer;
    },
  };
}

/** The sums over some of the recordings, and their rate. */
export async function totalOf(
  objective: Objective,
  point: Point,
  indices: readonly number[],
  pause: () => Promise<void> = async () => {},
): Promise<{ readonly rate: number; readonly files: readonly Components[] }> {
  const files: Components[] = [];
  for (const index of indices) {
    files.push(await objective.components(point, index));
    await pause();
  }
  return { rate: objective.metric.rate(sumComponents(objective.metric, files)), files };
}

const NO_LABEL = { name: '', version: '', licence: '' };

/** What stays the same while parameters change. */
interface Hearing {
  readonly plda?: Plda;
  readonly merge: typeof mergeTree;
}

function hearingOf(plda: Plda | undefined): Hearing {
  const trees = new Map<string, MergeTree>();
  let features: Float64Array | undefined;
  return {
    ...(plda === undefined
      ? {}
      : { plda: { ...plda, transform: (rows) => (features ??= plda.transform(rows)) satisfies Float64Array } }),
    merge(points, numPoints, dim, method, options) {
      const kept = trees.get(method);
      if (kept !== undefined) return kept;
      const tree = mergeTree(points, numPoints, dim, method, options);
      // The tree of a long recording was shortened below the threshold, and is good for that threshold only.
      if (tree.leafOf === undefined) trees.set(method, tree);
      return tree;
    },
  };
}
