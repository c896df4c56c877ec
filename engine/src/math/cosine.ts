/**
 * Cosine distance: 1 - u·v / (|u||v|), from 0 (same direction) over 1 (at right angles) to 2 (opposite), in float64 as
 * scipy.spatial.distance.cdist(a, b, 'cosine') 1.17.1. A vector of zeros has no direction: NaN, as there.
 *
 * Equal to SciPy to the last bit, because assignments between equally good clusters hang on it: SciPy's compiled loop
 * keeps the sums of the even and of the odd terms apart and adds them at the end.
 */

/** The distance of two vectors of one length. */
export function cosineDistance(u: Float32Array | Float64Array, v: Float32Array | Float64Array): number {
  if (u.length !== v.length) throw new RangeError(`Got vectors of ${u.length} and ${v.length} numbers.`);
  return cosineDistances(u, v, u.length)[0];
}

/** Distances of every row of `a` to every row of `b`: `out[row of a * rows in b + row of b]`. */
export function cosineDistances(
  a: Float32Array | Float64Array,
  b: Float32Array | Float64Array,
  dim: number,
): Float64Array {
  const normsA = rowNorms(a, dim);
  const normsB = rowNorms(b, dim);
  const out = new Float64Array(normsA.length * normsB.length);
  for (let i = 0, at = 0; i < normsA.length; i++) {
    for (let j = 0; j < normsB.length; j++) {
      // Rounding may leave a cosine a hair beyond 1; SciPy clips it too.
      out[at++] = 1 - Math.min(1, Math.max(-1, dot(a, i * dim, b, j * dim, dim) / (normsA[i] * normsB[j])));
    }
  }
  return out;
}

/** The length of each row. */
export function rowNorms(rows: Float32Array | Float64Array, dim: number): Float64Array {
  if (!(dim > 0) || rows.length % dim !== 0) {
    throw new RangeError(`Got ${rows.length} numbers, which make no whole rows of ${dim}.`);
  }
  const norms = new Float64Array(rows.length / dim);
  for (let i = 0; i < norms.length; i++) norms[i] = Math.sqrt(dot(rows, i * dim, rows, i * dim, dim));
  return norms;
}

type Numbers = Float32Array | Float64Array;

/** a[p … p + length) · b[q … q + length), even and odd terms summed apart. */
function dot(a: Numbers, p: number, b: Numbers, q: number, length: number): number {
  let even = 0;
  let odd = 0;
  let d = 0;
  for (; d + 1 < length; d += 2) {
    even += a[p + d] * b[q + d];
    odd += a[p + d + 1] * b[q + d + 1];
  }
  const sum = even + odd;
  return d < length ? sum + a[p + d] * b[q + d] : sum;
}
