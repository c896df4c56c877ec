import type { Signal } from '../../core/signal.ts';
import { bootstrapInterval, type Interval } from '../../metrics/confidence.ts';
import { type Components, type Metric, sumComponents } from '../../metrics/metric.ts';
import { type Curve, curvesAt } from './curves.ts';
import { makeFolds } from './folds.ts';
import { type Objective, totalOf } from './objective.ts';
import type { Point, Space } from './space.ts';
import { runStudy } from './study.ts';
import type { Trial } from './suggest.ts';

/**
 * A search for better parameters, and an honest look at what it found:
 *
 *   fold 1    held out │ searched │ searched        each fold's best parameters are tried on the recordings
 *   fold 2    searched │ held out │ searched        that its search never saw: that is what tuning is worth
 *   fold 3    searched │ searched │ held out
 *   all       searched │ searched │ searched        these parameters are the result
 *
 * The parameters are recommended only if the folds' are better than the model's own on what was held out.
 */
export interface TuneOptions {
  readonly trials?: number;
  readonly seed?: number;
  /** 0 for no look at held-out recordings. */
  readonly folds?: number;
  /** Trials of a run that was stopped, by search. */
  readonly history?: (study: string) => readonly Trial[];
  readonly onTrial?: (event: TrialEvent) => void;
  /** Called between recordings; gives a platform's event loop a chance, so that Ctrl-C is heard. */
  readonly pause?: () => Promise<void>;
  readonly signal?: Signal;
}

export interface TrialEvent {
  readonly study: string;
  readonly index: number;
  readonly trial: Trial;
  /** Of all searches together. */
  readonly done: number;
  readonly total: number;
}

export interface Fold {
  readonly heldOut: readonly number[];
  readonly best: Point;
  /** On the recordings that were searched. */
  readonly searched: { readonly before: number; readonly after: number };
  readonly tested: { readonly before: number; readonly after: number };
}

/** One recording before, after, and when it was held out. */
export interface TunedRecording {
  readonly before: number;
  readonly after: number;
  readonly heldOut?: number;
}

export interface HeldOut {
  readonly before: number;
  readonly after: number;
  /** before − after, and where 90 % of draws of other such recordings put it. */
  readonly gain: Interval;
}

export interface Tuned {
  readonly metric: Pick<Metric, 'id' | 'name' | 'unit'>;
  readonly space: Space;
  readonly start: Point;
  readonly best: Point;
  readonly before: number;
  readonly after: number;
  readonly trials: readonly Trial[];
  readonly recordings: readonly TunedRecording[];
  readonly folds: readonly Fold[];
  readonly heldOut?: HeldOut;
  readonly curves: readonly Curve[];
  /** The best parameters where they were better on held-out recordings; the model's own otherwise. */
  readonly recommended: Point;
}

export async function tune(
  objective: Objective,
  space: Space,
  start: Point,
  { trials = 200, seed = 1, folds: numFolds = 3, history = () => [], onTrial, pause, signal }: TuneOptions = {},
): Promise<Tuned> {
  const { metric, numRecordings } = objective;
  const everyone = Array.from({ length: numRecordings }, (_, i) => i);
  const parts = numFolds === 0 ? [] : makeFolds(numRecordings, numFolds, seed);
  const total = trials * (parts.length + 1);
  let done = 0;
  const rateOn = (indices: readonly number[]) => async (point: Point) =>
    (await totalOf(objective, point, indices, pause)).rate;
  const search = (study: string, indices: readonly number[], number: number) => {
    const past = history(study);
    done += Math.min(past.length, trials);
    return runStudy(space, start, rateOn(indices), {
      trials,
      seed: seed + number,
      history: past,
      signal,
      onTrial: (trial, index) => onTrial?.({ study, index, trial, done: ++done, total }),
    });
  };

  const folds: Fold[] = [];
  const held: { readonly before: Components; readonly after: Components }[] = [];
  for (const [i, heldOut] of parts.entries()) {
    const searched = everyone.filter((index) => !heldOut.includes(index));
    const { best } = await search(`fold ${i + 1}`, searched, i + 1);
    const before = await totalOf(objective, start, heldOut, pause);
    const after = await totalOf(objective, best.point, heldOut, pause);
    heldOut.forEach((index, j) => {
      held[index] = { before: before.files[j], after: after.files[j] };
    });
    folds.push({
      heldOut,
      best: best.point,
      searched: { before: await rateOn(searched)(start), after: best.loss },
      tested: { before: before.rate, after: after.rate },
    });
  }

  const { best, trials: made } = await search('all', everyone, 0);
  const before = await totalOf(objective, start, everyone, pause);
  const after = await totalOf(objective, best.point, everyone, pause);
  const heldOut = parts.length === 0 ? undefined : compareHeldOut(metric, held);
  return {
    metric: { id: metric.id, name: metric.name, unit: metric.unit },
    space,
    start,
    best: best.point,
    before: before.rate,
    after: after.rate,
    trials: made,
    recordings: everyone.map((index) => ({
      before: metric.rate(before.files[index]),
      after: metric.rate(after.files[index]),
      ...(heldOut === undefined ? {} : { heldOut: metric.rate(held[index].after) }),
    })),
    folds,
    ...(heldOut === undefined ? {} : { heldOut }),
    curves: await curvesAt(space, best.point, rateOn(everyone), { signal }),
    recommended: heldOut === undefined || heldOut.after < heldOut.before ? best.point : start,
  };
}

/** Recordings are drawn anew with both their figures, so that hard ones are hard for both sides. */
function compareHeldOut(
  metric: Metric,
  held: readonly { readonly before: Components; readonly after: Components }[],
): HeldOut {
  const { components } = metric;
  const key = (side: string, name: string): string => `${side} ${name}`;
  const files = held.map(({ before, after }) =>
    Object.fromEntries(
      components.flatMap((name) => [
        [key('before', name), before[name]],
        [key('after', name), after[name]],
      ]),
    ),
  );
  const rate = (side: string, sums: Components): number =>
    metric.rate(Object.fromEntries(components.map((name) => [name, sums[key(side, name)]])));
  const both = { components: Object.keys(files[0]), rate: (s: Components) => rate('before', s) - rate('after', s) };
  const sums = sumComponents(both, files);
  return { before: rate('before', sums), after: rate('after', sums), gain: bootstrapInterval(both, files) };
}
