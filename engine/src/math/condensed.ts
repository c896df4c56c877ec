/**
 * Distances between every two of n points, each pair once: the upper triangle of the n×n matrix, row by row, as
 * scipy.spatial.distance.pdist lays it out. Pair (i, j), i < j, is at `pairIndex(i, j, n)`; n(n-1)/2 numbers in all,
 * so 6,000 points take 144 MB. Each sum runs over the dimensions in their order, so that Euclidean distances equal
 * SciPy's to the last bit; the speed comes from doing four pairs side by side.
 */
import { rowNorms } from './cosine.ts';

/** Where the distance of points i < j stands. */
export function pairIndex(i: number, j: number, numPoints: number): number {
  return i * numPoints - (i * (i + 1)) / 2 + (j - i - 1);
}

/** How many pairs n points make. */
export function numPairs(numPoints: number): number {
  return numPoints === 0 ? 0 : (numPoints * (numPoints - 1)) / 2; // 0 · -1 would be -0
}

/** Euclidean distances of all pairs of points, `points[point * dim + d]`. */
export function euclideanPairs(points: Float32Array | Float64Array, numPoints: number, dim: number): Float64Array {
  const x = checkedPoints(points, numPoints, dim);
  const out = new Float64Array(numPairs(numPoints));
  forEachBlock(numPoints, (i, from, to) => {
    const a = i * dim;
    let at = pairIndex(i, from, numPoints);
    let j = from;
    for (; j + 3 < to; j += 4) {
      const b = j * dim;
      const c = b + dim;
      const d = c + dim;
      const e = d + dim;
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let k = 0; k < dim; k++) {
        const value = x[a + k];
        const d0 = value - x[b + k];
        const d1 = value - x[c + k];
        const d2 = value - x[d + k];
        const d3 = value - x[e + k];
        s0 += d0 * d0;
        s1 += d1 * d1;
        s2 += d2 * d2;
        s3 += d3 * d3;
      }
      out[at++] = Math.sqrt(s0);
      out[at++] = Math.sqrt(s1);
      out[at++] = Math.sqrt(s2);
      out[at++] = Math.sqrt(s3);
    }
    for (; j < to; j++) {
      let sum = 0;
      for (let k = 0; k < dim; k++) {
        const difference = x[a + k] - x[j * dim + k];
        sum += difference * difference;
      }
      out[at++] = Math.sqrt(sum);
    }
  });
  return out;
}

/** Cosine distances 1 - u·v/(|u||v|) of all pairs of points; NaN where a point is all zeros. */
export function cosinePairs(points: Float32Array | Float64Array, numPoints: number, dim: number): Float64Array {
  const x = checkedPoints(points, numPoints, dim);
  const norms = rowNorms(x, dim);
  const out = new Float64Array(numPairs(numPoints));
  forEachBlock(numPoints, (i, from, to) => {
    const a = i * dim;
    let at = pairIndex(i, from, numPoints);
    for (let j = from; j < to; j++) {
      const b = j * dim;
      let dot = 0;
      for (let k = 0; k < dim; k++) dot += x[a + k] * x[b + k];
      const cosine = dot / (norms[i] * norms[j]);
      // Rounding may leave a cosine a hair beyond 1; SciPy clips it too.
      out[at++] = 1 - Math.min(1, Math.max(-1, cosine));
    }
  });
  return out;
}

/** 1 - u·v of all pairs of points: of means of unit vectors, the mean cosine distance of those they stand for. */
export function productPairs(points: Float32Array | Float64Array, numPoints: number, dim: number): Float64Array {
  const x = checkedPoints(points, numPoints, dim);
  const out = new Float64Array(numPairs(numPoints));
  forEachBlock(numPoints, (i, from, to) => {
    let at = pairIndex(i, from, numPoints);
    for (let j = from; j < to; j++) {
      let dot = 0;
      for (let k = 0; k < dim; k++) dot += x[i * dim + k] * x[j * dim + k];
      out[at++] = Math.max(0, 1 - dot);
    }
  });
  return out;
}

function checkedPoints(points: Float32Array | Float64Array, numPoints: number, dim: number): Float64Array {
  if (points.length !== numPoints * dim) {
    throw new RangeError(`Got ${points.length} numbers when ${numPoints} points of ${dim} make ${numPoints * dim}.`);
  }
  return points instanceof Float64Array ? points : Float64Array.from(points);
}

/** Visits every (i, j > i) as runs of j in blocks small enough that a block's points stay in the cache for 32 i. */
function forEachBlock(numPoints: number, visit: (i: number, from: number, to: number) => void): void {
  const block = 32;
  for (let first = 0; first < numPoints; first += block) {
    for (let from = first; from < numPoints; from += block) {
      const to = Math.min(from + block, numPoints);
      for (let i = first; i < Math.min(first + block, numPoints); i++) {
        if (Math.max(from, i + 1) < to) visit(i, Math.max(from, i + 1), to);
      }
    }
  }
}
