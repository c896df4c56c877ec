import { assignMax } from '../math/assignment.ts';
import { type Cooccurrence, cooccurrence } from './cooccurrence.ts';
import { assignSparse } from './sparseAssignment.ts';
import type { Tracks } from './tracks.ts';

/**
 * Which reference speaker each hypothesis speaker stands for: one to one, by how long they talk together.
 * pyannote.metrics 4.2.0 `matcher.py`: `HungarianMapper` has the largest sum, `GreedyMapper` takes the largest pair, then
 * the largest of the rest. Pairs that never talk together are not mapped.
 */

/** The label of the other side for each label, or {@link UNMAPPED}. */
export type Mapping = Int32Array;
export type Mapper = (from: Tracks, to: Tracks) => Mapping;

export const UNMAPPED = -1;

/** Above this many cells (32 MB) the sparse solver takes over; it may break ties otherwise than SciPy. */
const MAX_DENSE_CELLS = 4_000_000;

export function optimalMapping(from: Tracks, to: Tracks): Mapping {
  const matrix = cooccurrence(from, to);
  const numColumns = to.labels.length;
  if (matrix.length * numColumns > MAX_DENSE_CELLS) return assignSparse(matrix, numColumns, UNMAPPED);
  const dense = new Float64Array(matrix.length * numColumns);
  for (let row = 0; row < matrix.length; row++) {
    for (const [column, seconds] of matrix[row]) dense[row * numColumns + column] = seconds;
  }
  const mapping = assignMax(dense, matrix.length, numColumns, UNMAPPED);
  return mapping.map((column, row) => (column >= 0 && dense[row * numColumns + column] > 0 ? column : UNMAPPED));
}

export function greedyMapping(from: Tracks, to: Tracks): Mapping {
  const pairs = sortedPairs(cooccurrence(from, to));
  const mapping = new Int32Array(from.labels.length).fill(UNMAPPED);
  const taken = new Uint8Array(to.labels.length);
  for (const { row, column } of pairs) {
    if (mapping[row] !== UNMAPPED || taken[column]) continue;
    mapping[row] = column;
    taken[column] = 1;
  }
  return mapping;
}

/** Largest first; equals by row, then column, as `np.argmax` finds them. */
function sortedPairs(matrix: Cooccurrence): { row: number; column: number; seconds: number }[] {
  return matrix
    .flatMap((columns, row) => [...columns].map(([column, seconds]) => ({ row, column, seconds })))
    .sort((a, b) => b.seconds - a.seconds || a.row - b.row || a.column - b.column);
}
