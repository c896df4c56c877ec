import { logSumExp } from '../math/logsumexp.ts';

/**
 * VBx without its HMM: variational Bayes for a mixture of speakers in PLDA space. Each speaker k is a point y_k with a
 * standard normal prior; embedding t, drawn from speaker k, is N(V y_k, I) with V = sqrt(Phi). Responsibilities and
 * speaker points are re-estimated in turn; speakers that explain nothing lose their prior weight and vanish.
 *
 * Landini, Profant, Diez, Burget 2022, "Bayesian HMM clustering of x-vector sequences (VBx)", equations in brackets;
 * equals pyannote.audio 4.0.7 `utils/vbx.py:VBx`. All float64.
 */

export interface VbxOptions {
  /** Weight of the evidence: below 1 because neighbouring chunks are not independent. */
  readonly Fa: number;
  /** Weight of the speaker prior: higher gives fewer speakers. */
  readonly Fb: number;
  readonly maxIterations?: number;
  /** Stop when the ELBO gains less than this. */
  readonly epsilon?: number;
}

export interface VbxResult {
  /** (embedding, speaker) responsibilities. */
  readonly gamma: Float64Array;
  /** (speaker) prior weights. */
  readonly pi: Float64Array;
  readonly numSpeakers: number;
  /** ELBO after each iteration. */
  readonly elbo: readonly number[];
}

/** Initial responsibilities: one-hot times 7, softmaxed. pyannote `init_smoothing`. */
const INIT_SMOOTHING = 7;

/**
 * @param X (numPoints, D) PLDA features
 * @param Phi (D) between-speaker variances
 * @param labels (numPoints) initial speaker of each point, 0..K-1
 */
export function vbx(
  X: Float64Array,
  Phi: Float64Array,
  labels: Int32Array,
  { Fa, Fb, maxIterations = 20, epsilon = 1e-4 }: VbxOptions,
): VbxResult {
  const T = labels.length;
  const D = Phi.length;
  const K = labels.reduce((max, label) => Math.max(max, label), -1) + 1;
  const ratio = Fa / Fb;
  const gamma = initialResponsibilities(labels, K);
  const pi = new Float64Array(K).fill(1 / K);

  const G = new Float64Array(T); // (23) log of the standard normal at each point, up to the speaker
  const rho = new Float64Array(T * D); // (18)
  for (let t = 0; t < T; t++) {
    let square = 0;
    for (let d = 0; d < D; d++) {
      const x = X[t * D + d];
      square += x * x;
      rho[t * D + d] = x * Math.sqrt(Phi[d]);
    }
    G[t] = -0.5 * (square + D * Math.log(2 * Math.PI));
  }

  const invL = new Float64Array(K * D);
  const alpha = new Float64Array(K * D);
  const row = new Float64Array(K);
  const penalty = new Float64Array(K);
  const elbo: number[] = [];
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    speakerPosteriors(gamma, rho, Phi, ratio, invL, alpha);

    let bound = 0;
    for (let k = 0; k < K; k++) {
      let sum = 0;
      for (let d = 0; d < D; d++) {
        const i = k * D + d;
        sum += (invL[i] + alpha[i] * alpha[i]) * Phi[d];
        bound += Math.log(invL[i]) - invL[i] - alpha[i] * alpha[i] + 1; // (25), the Kullback-Leibler part
      }
      penalty[k] = 0.5 * sum;
    }
    bound *= Fb * 0.5;

    const lpi = pi.map((weight) => Math.log(weight + 1e-8));
    pi.fill(0);
    for (let t = 0; t < T; t++) {
      for (let k = 0; k < K; k++) {
        let dot = 0;
        for (let d = 0; d < D; d++) dot += rho[t * D + d] * alpha[k * D + d];
        row[k] = Fa * (dot - penalty[k] + G[t]) + lpi[k]; // (23)
      }
      const evidence = logSumExp(row);
      bound += evidence;
      for (let k = 0; k < K; k++) {
        const responsibility = Math.exp(row[k] - evidence);
        gamma[t * K + k] = responsibility;
        pi[k] += responsibility;
      }
    }
    let total = 0;
    for (let k = 0; k < K; k++) total += pi[k];
    for (let k = 0; k < K; k++) pi[k] /= total;

    elbo.push(bound);
    if (iteration > 0 && bound - elbo[iteration - 1] < epsilon) break; // also when it fell: the newest is kept
  }
  return { gamma, pi, numSpeakers: K, elbo };
}

function initialResponsibilities(labels: Int32Array, K: number): Float64Array {
  const own = Math.exp(INIT_SMOOTHING);
  const gamma = new Float64Array(labels.length * K).fill(1 / (own + K - 1));
  labels.forEach((label, t) => {
    gamma[t * K + label] = own / (own + K - 1);
  });
  return gamma;
}

/** Precision and mean of each speaker's point given the responsibilities, (16) and (17). */
function speakerPosteriors(
  gamma: Float64Array,
  rho: Float64Array,
  Phi: Float64Array,
  ratio: number,
  invL: Float64Array,
  alpha: Float64Array,
): void {
  const D = Phi.length;
  const K = invL.length / D;
  const T = rho.length / D;
  alpha.fill(0);
  const mass = new Float64Array(K);
  for (let t = 0; t < T; t++) {
    for (let k = 0; k < K; k++) {
      const g = gamma[t * K + k];
      mass[k] += g;
      if (g < 1e-300) continue; // adds nothing to a double
      for (let d = 0; d < D; d++) alpha[k * D + d] += g * rho[t * D + d];
    }
  }
  for (let k = 0; k < K; k++)
    for (let d = 0; d < D; d++) {
      const i = k * D + d;
      invL[i] = 1 / (1 + ratio * mass[k] * Phi[d]);
      alpha[i] *= ratio * invL[i];
    }
}
