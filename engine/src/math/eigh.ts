/**
 * Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's method (1846): turn two axes at a time so that the
 * entry between them becomes zero, round after round, until only the diagonal is left. Slower than the tridiagonal way
 * (128 × 128 takes about 0.1 s), but every eigenvalue is accurate and it is half a page.
 * As scipy.linalg.eigh: ascending eigenvalues, vectors of length 1 whose sign is free.
 */
import { cholesky, invertLower, multiply, transpose } from './matrix.ts';

export interface Eigen {
  /** Ascending. */
  readonly values: Float64Array;
  /** Vector k is `vectors[k * size …]`, a row (SciPy has columns). */
  readonly vectors: Float64Array;
}

const MAX_SWEEPS = 60; // each squares the error at the end; about 10 are needed

/** a v = l v with |v| = 1. */
export function eigh(matrix: Float64Array, size: number): Eigen {
  const a = symmetric(matrix, size);
  const vectors = new Float64Array(size * size);
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1;
  let scale = 0;
  for (const value of a) scale = Math.max(scale, Math.abs(value));
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let numTurns = 0;
    for (let p = 0; p < size - 1; p++) {
      for (let q = p + 1; q < size; q++) {
        if (Math.abs(a[p * size + q]) <= Number.EPSILON * 1e-3 * scale) continue;
        turn(a, vectors, size, p, q);
        numTurns++;
      }
    }
    if (numTurns === 0) return sorted(a, vectors, size);
  }
  throw new RangeError('Got a matrix whose eigenvalues could not be found: is every entry a number?');
}

/** a v = l b v with vᵀ b v = 1, for b symmetric positive definite: with b = L Lᵀ, L⁻¹ a L⁻ᵀ u = l u and v = L⁻ᵀ u. */
export function eighGeneral(a: Float64Array, b: Float64Array, size: number): Eigen {
  const inverse = invertLower(cholesky(b, size), size);
  const reduced = multiply(multiply(inverse, a, size, size, size), transpose(inverse, size, size), size, size, size);
  const { values, vectors } = eigh(reduced, size);
  return { values, vectors: multiply(vectors, inverse, size, size, size) };
}

/** A copy of the matrix with what rounding made of its symmetry averaged out. */
function symmetric(matrix: Float64Array, size: number): Float64Array {
  if (matrix.length !== size * size) {
    throw new RangeError(`Got ${matrix.length} numbers for a matrix of ${size} × ${size}.`);
  }
  const a = new Float64Array(matrix.length);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) a[i * size + j] = (matrix[i * size + j] + matrix[j * size + i]) / 2;
  }
  return a;
}

/** Turns axes p and q by the smaller angle that makes a[p][q] zero (Golub and Van Loan, 8.5). */
function turn(a: Float64Array, vectors: Float64Array, size: number, p: number, q: number): void {
  const apq = a[p * size + q];
  const tau = (a[q * size + q] - a[p * size + p]) / (2 * apq);
  const t = (tau < 0 ? -1 : 1) / (Math.abs(tau) + Math.hypot(1, tau));
  const c = 1 / Math.hypot(1, t);
  const s = t * c;
  const app = a[p * size + p] - t * apq;
  const aqq = a[q * size + q] + t * apq;
  for (let k = 0; k < size; k++) {
    const x = a[p * size + k];
    const y = a[q * size + k];
    a[k * size + p] = a[p * size + k] = c * x - s * y;
    a[k * size + q] = a[q * size + k] = s * x + c * y;
  }
  a[p * size + p] = app;
  a[q * size + q] = aqq;
  a[p * size + q] = a[q * size + p] = 0;
  for (let k = 0; k < size; k++) {
    const x = vectors[p * size + k];
    const y = vectors[q * size + k];
    vectors[p * size + k] = c * x - s * y;
    vectors[q * size + k] = s * x + c * y;
  }
}

function sorted(a: Float64Array, vectors: Float64Array, size: number): Eigen {
  const order = Array.from({ length: size }, (_, i) => i);
  order.sort((i, j) => a[i * size + i] - a[j * size + j]);
  const inOrder = new Float64Array(size * size);
  order.forEach((from, to) => {
    inOrder.set(vectors.subarray(from * size, (from + 1) * size), to * size);
  });
  return { values: Float64Array.from(order, (i) => a[i * size + i]), vectors: inOrder };
}
