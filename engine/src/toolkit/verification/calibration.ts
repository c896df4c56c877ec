import { checkTrials, type Trial } from './trial.ts';

/**
 * From a score to a probability. The logarithm of the odds that two voices are one is taken for a straight line in their
 * cosine; its slope and intercept are fitted by logistic regression on trials whose answer is known, both kinds of trial
 * counting alike in all. That makes the line a log-likelihood ratio, to which any prior can be added:
 *
 *   log-odds = slope · score + intercept + ln(prior / (1 - prior))
 *
 * Brümmer & du Preez 2006, "Application-independent evaluation of speaker detection".
 */
export interface Calibration {
  readonly slope: number;
  readonly intercept: number;
  /** On which trials it was fitted, in words. */
  readonly origin: string;
}

/** The probability that both are one person, who is expected with `prior` before anything is heard. */
export function probabilityOf(
  score: number,
  { slope, intercept }: Calibration,
  { prior = 0.5 }: { readonly prior?: number } = {},
): number {
  return 1 / (1 + Math.exp(-(slope * score + intercept + priorLogOdds(prior))));
}

/** The score at which the probability is `probability`. */
export function scoreAt(
  probability: number,
  { slope, intercept }: Calibration,
  { prior = 0.5 }: { readonly prior?: number } = {},
): number {
  return (priorLogOdds(probability) - priorLogOdds(prior) - intercept) / slope;
}

/** Greatest slope: trials that a threshold parts without error would make it infinite. */
const MAX_SLOPE = 1e4;
const MAX_ROUNDS = 100;

/** Newton's method on the logistic loss, weighted so that each kind of trial weighs one half. */
export function fitCalibration(
  trials: readonly Trial[],
  { origin = `${trials.length} trials` }: { readonly origin?: string } = {},
): Calibration {
  const { numTargets, numOthers } = checkTrials(trials);
  let [slope, intercept] = [0, 0];
  let loss = Math.LN2;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let [gs, gi, hss, hsi, hii] = [0, 0, 0, 0, 0]; // gradient and Hessian
    for (const { score, target } of trials) {
      const weight = target ? 0.5 / numTargets : 0.5 / numOthers;
      const p = 1 / (1 + Math.exp(-(slope * score + intercept)));
      const error = weight * (p - (target ? 1 : 0));
      const curve = weight * p * (1 - p);
      gs += error * score;
      gi += error;
      hss += curve * score * score;
      hsi += curve * score;
      hii += curve;
    }
    const determinant = hss * hii - hsi * hsi;
    if (!(determinant > 1e-300)) break;
    const stepSlope = (hii * gs - hsi * gi) / determinant;
    const stepIntercept = (hss * gi - hsi * gs) / determinant;
    // halve the step until it helps: Newton's own may overshoot
    let share = 1;
    let next = lossOf(trials, slope - stepSlope, intercept - stepIntercept);
    while (!(next <= loss) && share > 1e-6) {
      share /= 2;
      next = lossOf(trials, slope - share * stepSlope, intercept - share * stepIntercept);
    }
    if (!(next <= loss)) break;
    slope -= share * stepSlope;
    intercept -= share * stepIntercept;
    const gain = loss - next;
    loss = next;
    if (gain < 1e-14 || Math.abs(slope) > MAX_SLOPE) break;
  }
  if (!(slope > 0))
    throw new RangeError(
      'Trials of one speaker score no higher than those of two: from these scores nothing can be told.',
    );
  return { slope, intercept, origin };
}

/**
 * What the probabilities are worth, in bits a trial: 0 is perfect, 1 as much as knowing nothing, more is misleading
 * (Cllr of Brümmer & du Preez).
 */
export function calibrationCost(trials: readonly Trial[], { slope, intercept }: Calibration): number {
  checkTrials(trials);
  return lossOf(trials, slope, intercept) / Math.LN2;
}

function lossOf(trials: readonly Trial[], slope: number, intercept: number): number {
  let [targets, others, numTargets] = [0, 0, 0];
  for (const { score, target } of trials) {
    const logOdds = slope * score + intercept;
    if (target) {
      targets += softplus(-logOdds);
      numTargets++;
    } else others += softplus(logOdds);
  }
  return 0.5 * (targets / numTargets + others / (trials.length - numTargets));
}

/** ln(1 + e^x) for any x. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function priorLogOdds(prior: number): number {
  if (!(prior > 0 && prior < 1)) throw new RangeError(`Got a prior of ${prior}; expected a number between 0 and 1.`);
  return Math.log(prior / (1 - prior));
}
