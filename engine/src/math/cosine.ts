/**
 * Cosine distance: 1 - u·v / (|u||v|), from 0 (same direction) over 1 (at right angles) to 2 (opposite), in float64 as
 * scipy.spatial.distance.cdist(a, b, 'cosine') 1.17.1. A vector of zeros has no direction: NaN, as there.
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
      let dot = 0;
      for (let d = 0, p = i * dim, q = j * dim; d < dim; d++, p++, q++) dot += a[p] * b[q];
      // Rounding may leave a cosine a hair beyond 1; SciPy clips it too.
      out[at++] = 1 - Math.min(1, Math.max(-1, dot / (normsA[i] * normsB[j])));
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
  for (let i = 0, at = 0; i < norms.length; i++) {
    let sum = 0;
    for (let d = 0; d < dim; d++, at++) sum += rows[at] * rows[at];
    norms[i] = Math.sqrt(sum);
  }
  return norms;
}
