/**
 * How far a changed network (fewer bits) is from the one it was made of, on the same sound. Clustering looks at which
 * embeddings are near to which, so besides the angle between the two vectors of a window this measures what becomes
 * of distances and of nearest neighbours. Embeddings share a large common part which hides differences; the centred
 * cosine is taken after removing the mean of all.
 */

export interface EmbeddingAccuracy {
  readonly count: number;
  /** Cosine of each window's two vectors; 1 is equal. */
  readonly cosine: Spread;
  /** The same with the mean vector of each network taken off first. */
  readonly centredCosine: Spread;
  /** Change of the cosine distance between two windows, over all pairs. */
  readonly distanceChange: { readonly mean: number; readonly largest: number };
  /** Share of windows whose nearest other window is the same with both networks. */
  readonly sameNeighbour: number;
}

export interface Spread {
  readonly mean: number;
  readonly median: number;
  readonly smallest: number;
}

/** Compares embeddings of the same windows, `vectors[window * dimension + i]`. */
export function compareEmbeddings(before: Float32Array, after: Float32Array, dimension: number): EmbeddingAccuracy {
  const count = before.length / dimension;
  if (before.length !== after.length || !Number.isInteger(count) || count < 2)
    throw new RangeError(
      `Got ${before.length} and ${after.length} numbers; two or more vectors of ${dimension} each were expected.`,
    );
  const [first, second] = [unit(before, dimension), unit(after, dimension)];
  const [firstCentred, secondCentred] = [
    unit(centred(before, dimension), dimension),
    unit(centred(after, dimension), dimension),
  ];
  const windows = Array.from({ length: count }, (_, i) => i);
  let sum = 0;
  let largest = 0;
  let same = 0;
  for (const a of windows) {
    let [near, nearAfter] = [-1, -1];
    let [most, mostAfter] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const b of windows) {
      if (a === b) continue;
      const was = dot(first, a, first, b, dimension);
      const is = dot(second, a, second, b, dimension);
      sum += Math.abs(was - is);
      largest = Math.max(largest, Math.abs(was - is));
      if (was > most) [near, most] = [b, was];
      if (is > mostAfter) [nearAfter, mostAfter] = [b, is];
    }
    if (near === nearAfter) same++;
  }
  return {
    count,
    cosine: spread(windows.map((i) => dot(first, i, second, i, dimension))),
    centredCosine: spread(windows.map((i) => dot(firstCentred, i, secondCentred, i, dimension))),
    distanceChange: { mean: sum / (count * (count - 1)), largest },
    sameNeighbour: same / count,
  };
}

export interface ScoreAccuracy {
  readonly numFrames: number;
  readonly largestChange: number;
  /** Share of frames whose most probable class is another one. */
  readonly changedFrames: number;
}

/** Compares the class scores of the same frames, `scores[frame * numClasses + class]`. */
export function compareScores(before: Float32Array, after: Float32Array, numClasses: number): ScoreAccuracy {
  const numFrames = before.length / numClasses;
  if (before.length !== after.length || !Number.isInteger(numFrames) || numFrames < 1)
    throw new RangeError(
      `Got ${before.length} and ${after.length} scores; one or more frames of ${numClasses} each were expected.`,
    );
  let largestChange = 0;
  let changed = 0;
  for (let frame = 0; frame < numFrames; frame++) {
    let [was, is] = [0, 0];
    for (let c = 0; c < numClasses; c++) {
      const at = frame * numClasses;
      largestChange = Math.max(largestChange, Math.abs(before[at + c] - after[at + c]));
      if (before[at + c] > before[at + was]) was = c;
      if (after[at + c] > after[at + is]) is = c;
    }
    if (was !== is) changed++;
  }
  return { numFrames, largestChange, changedFrames: changed / numFrames };
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return {
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    median: sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2,
    smallest: sorted[0],
  };
}

function dot(a: Float64Array, i: number, b: Float64Array, j: number, dimension: number): number {
  let sum = 0;
  for (let k = 0; k < dimension; k++) sum += a[i * dimension + k] * b[j * dimension + k];
  return sum;
}

function centred(vectors: ArrayLike<number>, dimension: number): Float64Array {
  const count = vectors.length / dimension;
  const mean = new Float64Array(dimension);
  for (let i = 0; i < vectors.length; i++) mean[i % dimension] += vectors[i] / count;
  return Float64Array.from(vectors, (value, i) => value - mean[i % dimension]);
}

/** Vectors of length 1; a vector of zeros stays one. */
function unit(vectors: ArrayLike<number>, dimension: number): Float64Array {
  const result = Float64Array.from(vectors);
  for (let from = 0; from < result.length; from += dimension) {
    let square = 0;
    for (let k = from; k < from + dimension; k++) square += result[k] * result[k];
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let k = from; k < from + dimension; k++) result[k] *= scale;
  }
  return result;
}
