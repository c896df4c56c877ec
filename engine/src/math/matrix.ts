/**
 * Small dense matrices: row-major Float64Array, `a[row * numColumns + column]`. Meant for a few hundred rows; nothing is
 * blocked or threaded.
 */

/** a (rows × inner) times b (inner × columns). */
export function multiply(a: Float64Array, b: Float64Array, rows: number, inner: number, columns: number): Float64Array {
  checkShape(a, rows, inner);
  checkShape(b, inner, columns);
  const product = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      const factor = a[i * inner + k];
      for (let j = 0; j < columns; j++) product[i * columns + j] += factor * b[k * columns + j];
    }
  }
  return product;
}

/** Rows become columns. */
export function transpose(a: Float64Array, rows: number, columns: number): Float64Array {
  checkShape(a, rows, columns);
  const turned = new Float64Array(a.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = a[i * columns + j];
  return turned;
}

/** The lower triangular L with L Lᵀ = a, for a symmetric positive definite; only the lower half of `a` is read. */
export function cholesky(a: Float64Array, size: number): Float64Array {
  checkShape(a, size, size);
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = a[i * size + j];
      for (let k = 0; k < j; k++) rest -= lower[i * size + k] * lower[j * size + k];
      if (i !== j) {
        lower[i * size + j] = rest / lower[j * size + j];
      } else if (rest > 0) {
        lower[i * size + i] = Math.sqrt(rest);
      } else {
        throw new RangeError(`Got a matrix that is not positive definite: pivot ${i} is ${rest}.`);
      }
    }
  }
  return lower;
}

/** The inverse of a lower triangular matrix. */
export function invertLower(lower: Float64Array, size: number): Float64Array {
  checkShape(lower, size, size);
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const pivot = lower[i * size + i];
    for (let k = 0; k < i; k++) {
      const factor = lower[i * size + k];
      for (let j = 0; j <= k; j++) inverse[i * size + j] -= factor * inverse[k * size + j];
    }
    for (let j = 0; j < i; j++) inverse[i * size + j] /= pivot;
    inverse[i * size + i] = 1 / pivot;
  }
  return inverse;
}

function checkShape(a: Float64Array, rows: number, columns: number): void {
  if (a.length !== rows * columns) {
    throw new RangeError(`Got ${a.length} numbers for a matrix of ${rows} × ${columns}.`);
  }
}
