import { checkTrials, type Trial } from './trial.ts';

/**
 * Every threshold and its two kinds of error: two speakers taken for one (false alarm) and one taken for two (miss). A
 * trial is accepted when its score is at least the threshold. From "accept nothing" to "accept all"; points on a straight
 * line between others are left out.
 *
 * pyannote.metrics 4.2.0 `binary_classification.det_curve`, which is scikit-learn's `roc_curve`.
 */
export interface DetCurve {
  readonly falseAlarm: Float64Array;
  readonly miss: Float64Array;
  /** Falling; the first is Infinity. */
  readonly thresholds: Float64Array;
  /** Where both errors are equal, on the straight line between the two points on either side. */
  readonly equalErrorRate: number;
  /** The highest threshold at which false alarms are as frequent as misses, or more so. */
  readonly equalErrorThreshold: number;
  readonly numTargets: number;
  readonly numOthers: number;
}

export function detCurve(trials: readonly Trial[]): DetCurve {
  const { numTargets, numOthers } = checkTrials(trials);
  const sorted = trials.toSorted((a, b) => b.score - a.score);
  const points: Point[] = [{ threshold: Number.POSITIVE_INFINITY, falseAlarms: 0, hits: 0 }];
  let falseAlarms = 0;
  let hits = 0;
  sorted.forEach(({ score, target }, i) => {
    if (target) hits++;
    else falseAlarms++;
    if (i + 1 === sorted.length || sorted[i + 1].score !== score) points.push({ threshold: score, falseAlarms, hits });
  });
  const kept = points.filter((point, i) => i < 2 || i === points.length - 1 || !straight(points, i, point));
  const falseAlarm = Float64Array.from(kept, (point) => point.falseAlarms / numOthers);
  const miss = Float64Array.from(kept, (point) => 1 - point.hits / numTargets);
  const thresholds = Float64Array.from(kept, ({ threshold }) => threshold);
  const crossed = falseAlarm.findIndex((rate, i) => rate >= miss[i]);
  const [gapBefore, gap] = [miss[crossed - 1] - falseAlarm[crossed - 1], falseAlarm[crossed] - miss[crossed]];
  const share = gapBefore / (gapBefore + gap);
  const equalErrorRate = falseAlarm[crossed - 1] + share * (falseAlarm[crossed] - falseAlarm[crossed - 1]);
  return {
    falseAlarm,
    miss,
    thresholds,
    equalErrorRate,
    equalErrorThreshold: thresholds[crossed],
    numTargets,
    numOthers,
  };
}

/**
 * The equal error rate as pyannote.metrics computes it: the mean of both errors at the two points around the crossing.
 * Near {@link DetCurve.equalErrorRate} where there are many points, but 25 % where scores part the trials without error.
 */
export function pyannoteEqualErrorRate({ falseAlarm, miss }: Pick<DetCurve, 'falseAlarm' | 'miss'>): number {
  const crossed = falseAlarm.findIndex((rate, i) => rate > miss[i]);
  return 0.25 * (falseAlarm[crossed - 1] + falseAlarm[crossed] + miss[crossed - 1] + miss[crossed]);
}

interface Point {
  readonly threshold: number;
  readonly falseAlarms: number;
  readonly hits: number;
}

/** Whether both counts go on here by the same steps as before: scikit-learn's `drop_intermediate`. */
function straight(points: readonly Point[], i: number, { falseAlarms, hits }: Point): boolean {
  const [before, after] = [points[i - 1], points[i + 1]];
  return (
    after.falseAlarms - falseAlarms === falseAlarms - before.falseAlarms && after.hits - hits === hits - before.hits
  );
}

export interface DetectionCostOptions {
  /** How often one expects the same speaker: NIST SRE has used 0.01 and 0.05. */
  readonly priorTarget?: number;
  readonly costMiss?: number;
  readonly costFalseAlarm?: number;
}

/**
 * The least detection cost over all thresholds, as a share of what always answering the cheaper way would cost: NIST
 * speaker recognition evaluation plans (SRE 2008 and later), C = costMiss · prior · miss + costFA · (1 - prior) · FA.
 */
export function minDetectionCost(
  { falseAlarm, miss, thresholds }: DetCurve,
  { priorTarget = 0.01, costMiss = 1, costFalseAlarm = 1 }: DetectionCostOptions = {},
): { readonly cost: number; readonly threshold: number } {
  if (!(priorTarget > 0 && priorTarget < 1))
    throw new RangeError(`Got a prior of ${priorTarget}; expected a number between 0 and 1.`);
  if (!(costMiss > 0 && costFalseAlarm > 0))
    throw new RangeError(`Got costs of ${costMiss} and ${costFalseAlarm}; expected numbers above 0.`);
  const [perMiss, perFalseAlarm] = [costMiss * priorTarget, costFalseAlarm * (1 - priorTarget)];
  let best = { cost: Number.POSITIVE_INFINITY, threshold: Number.NaN };
  for (let i = 0; i < miss.length; i++) {
    const cost = (perMiss * miss[i] + perFalseAlarm * falseAlarm[i]) / Math.min(perMiss, perFalseAlarm);
    if (cost < best.cost) best = { cost, threshold: thresholds[i] };
  }
  return best;
}
