import { type Calibration, probabilityOf, scoreAt } from './calibration.ts';

/**
 * Whether two voices are one: the cosine of their embeddings, what it means as a probability, and a decision with where
 * its threshold comes from.
 */
export interface Embedding {
  /** Which network made it. Vectors of two networks have nothing to do with each other. */
  readonly model: string;
  readonly vector: Float32Array;
}

export interface Verification {
  /** -1 to 1. */
  readonly score: number;
  /** That both are one person; absent where the model has no calibration. */
  readonly probability?: number;
  /** Absent where there is no threshold. */
  readonly same?: boolean;
  readonly threshold?: number;
  /** Where the threshold comes from, in words. */
  readonly thresholdOrigin: string;
}

export interface VerifyOptions {
  readonly calibration?: Calibration;
  /** A cosine of at least this is the same person; else the calibration decides at a probability of one half. */
  readonly threshold?: number;
  /** How likely the same person is before anything is heard. */
  readonly prior?: number;
}

export function verify(
  a: Embedding,
  b: Embedding,
  { calibration, threshold: given, prior = 0.5 }: VerifyOptions = {},
): Verification {
  if (given !== undefined && !(given >= -1 && given <= 1))
    throw new RangeError(`Got a threshold of ${given}; expected a cosine from -1 to 1.`);
  const score = similarity(a, b);
  const probability = calibration === undefined ? undefined : probabilityOf(score, calibration, { prior });
  const threshold = given ?? (calibration === undefined ? undefined : scoreAt(0.5, calibration, { prior }));
  return {
    score,
    ...(probability === undefined ? {} : { probability }),
    ...(threshold === undefined ? {} : { same: score >= threshold, threshold }),
    thresholdOrigin:
      given !== undefined
        ? 'given by the caller'
        : calibration === undefined
          ? 'none: this model has no calibration; give a threshold, or fit a calibration on trials of your own'
          : `probability of one half with a prior of ${prior}; ${calibration.origin}`,
  };
}

/** The cosine of two embeddings of one network. A vector of zeros is like nothing: 0. */
export function similarity(a: Embedding, b: Embedding): number {
  if (a.model !== b.model)
    throw new RangeError(`Got embeddings of two networks, ${a.model} and ${b.model}, which can't be compared.`);
  if (a.vector.length !== b.vector.length)
    throw new RangeError(`Got embeddings of ${a.vector.length} and ${b.vector.length} numbers.`);
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.vector.length; i++) {
    ab += a.vector[i] * b.vector[i];
    aa += a.vector[i] * a.vector[i];
    bb += b.vector[i] * b.vector[i];
  }
  if (!Number.isFinite(aa + bb)) throw new RangeError('Got an embedding with numbers that are not finite.');
  if (aa === 0 || bb === 0) return 0;
  return Math.min(1, Math.max(-1, ab / Math.sqrt(aa * bb)));
}
