/**
 * PLDA: a linear map in which the spread of one voice is the identity and the spread between voices is diag(psi).
 *
 *   embedding (256) → centre, length √256 → LDA (128) → centre, length √128 → centre, rotate by tr → feature (128)
 *
 * pyannote.audio 4.0.7 `utils/vbx.py:vbx_setup`. There W = inv(trᵀ tr) and B = inv(trᵀ diag(1/psi) tr) are built and the
 * generalised problem B v = l W v is solved with vᵀ W v = 1. Its solution is known: v = trᵀ eᵢ gives
 * vᵀ W v = eᵢᵀ tr tr⁻¹ tr⁻ᵀ trᵀ eᵢ = 1 and B v = psiᵢ W v. So the rows of tr *are* the eigenvectors and psi the
 * eigenvalues; sorting by psi is all that is left to do (a vector's sign is free, and VBx does not see it).
 */

/** The arrays as stored in `xvec_transform.npz` and `plda.npz`; matrices row-major. */
export interface PldaArrays {
  readonly mean1: Float64Array;
  /** (dimension, numFeatures) */
  readonly lda: Float64Array;
  readonly mean2: Float64Array;
  readonly mu: Float64Array;
  /** (numFeatures, numFeatures) */
  readonly tr: Float64Array;
  readonly psi: Float64Array;
}

export interface Plda {
  /** Length of an embedding, and of a feature. */
  readonly dimension: number;
  readonly numFeatures: number;
  /** Between-speaker variances, descending: VBx's Phi. */
  readonly phi: Float64Array;
  /** (numRows, dimension) → (numRows, numFeatures). */
  transform(embeddings: Float32Array | Float64Array): Float64Array;
}

export function plda({ mean1, lda, mean2, mu, tr, psi }: PldaArrays): Plda {
  const dimension = mean1.length;
  const numFeatures = psi.length;
  if (lda.length !== dimension * numFeatures || tr.length !== numFeatures ** 2 || mean2.length !== numFeatures)
    throw new RangeError(
      `Got PLDA arrays that do not fit: mean1 ${mean1.length}, lda ${lda.length}, mean2 ${mean2.length}, tr ${tr.length}, psi ${psi.length}.`,
    );
  const order = Array.from(psi.keys()).sort((a, b) => psi[b] - psi[a]);

  function transform(embeddings: Float32Array | Float64Array): Float64Array {
    const numRows = embeddings.length / dimension;
    const features = new Float64Array(numRows * numFeatures);
    const x = new Float64Array(dimension);
    const y = new Float64Array(numFeatures);
    for (let row = 0; row < numRows; row++) {
      for (let i = 0; i < dimension; i++) x[i] = embeddings[row * dimension + i] - mean1[i];
      scaleTo(x, Math.sqrt(dimension));
      y.fill(0);
      for (let i = 0; i < dimension; i++) for (let j = 0; j < numFeatures; j++) y[j] += x[i] * lda[i * numFeatures + j];
      for (let j = 0; j < numFeatures; j++) y[j] -= mean2[j];
      scaleTo(y, Math.sqrt(numFeatures));
      for (let j = 0; j < numFeatures; j++) y[j] -= mu[j];
      for (let k = 0; k < numFeatures; k++) {
        let dot = 0;
        const from = order[k] * numFeatures;
        for (let j = 0; j < numFeatures; j++) dot += tr[from + j] * y[j];
        features[row * numFeatures + k] = dot;
      }
    }
    return features;
  }

  return { dimension, numFeatures, phi: Float64Array.from(order, (i) => psi[i]), transform };
}

/** Gives a vector this length, in place. */
function scaleTo(vector: Float64Array, length: number): void {
  let square = 0;
  for (const value of vector) square += value * value;
  const scale = length / Math.sqrt(square);
  for (let i = 0; i < vector.length; i++) vector[i] *= scale;
}
