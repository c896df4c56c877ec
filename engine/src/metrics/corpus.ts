import type { Timeline } from '../core/timeline.ts';
import { type BootstrapOptions, bootstrapInterval, type Interval } from './confidence.ts';
import { evaluate, type ScoringOptions } from './evaluated.ts';
import { type Components, type Metric, sumComponents } from './metric.ts';
import type { AnyMetric } from './table.ts';
import type { Transcript, WordOptions } from './words.ts';

/**
 * Many files and any metrics: each file's components and rate, and the rate of the summed components for all of them.
 */
export interface CorpusFile {
  readonly uri: string;
  readonly reference: Transcript;
  readonly hypothesis: Transcript;
  readonly uem?: Timeline;
}

export interface Score {
  readonly rate: number;
  readonly components: Components;
}

export interface CorpusScores {
  readonly metrics: readonly AnyMetric['metric'][];
  /** One a file, in each one a metric. */
  readonly files: readonly { readonly uri: string; readonly scores: readonly Score[] }[];
  /** One a metric. */
  readonly total: readonly Score[];
  /** One a metric, if asked for. */
  readonly intervals?: readonly Interval[];
}

export interface CorpusOptions extends Omit<ScoringOptions, 'uem'>, WordOptions {
  readonly bootstrap?: BootstrapOptions;
}

export function scoreCorpus(
  files: readonly CorpusFile[],
  metrics: readonly AnyMetric[],
  { bootstrap, normalize, ...options }: CorpusOptions = {},
): CorpusScores {
  const scored = files.map(({ uri, reference, hypothesis, uem }) => {
    const turns = evaluate(reference, hypothesis, { ...options, ...(uem ? { uem } : {}) });
    const words = { reference, hypothesis, ...(normalize ? { normalize } : {}) };
    const scores = metrics.map((one): Score => {
      const components = one.kind === 'turns' ? one.metric.measure(turns) : one.metric.measure(words);
      return { rate: one.metric.rate(components), components };
    });
    return { uri, scores };
  });
  const of = (index: number): Components[] => scored.map(({ scores }) => scores[index].components);
  return {
    metrics: metrics.map(({ metric }) => metric),
    files: scored,
    total: metrics.map(({ metric }, index) => totalOf(metric, of(index))),
    ...(bootstrap
      ? { intervals: metrics.map(({ metric }, index) => bootstrapInterval(metric, of(index), bootstrap)) }
      : {}),
  };
}

function totalOf(metric: Pick<Metric, 'components' | 'rate'>, files: readonly Components[]): Score {
  const components = sumComponents(metric, files);
  return { rate: metric.rate(components), components };
}
