import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { assignMax, assignMin } from './assignment.ts';

const NOBODY = -1;

interface AssignmentCase {
  readonly cost: number[][];
  readonly rows: number[];
  readonly cols: number[];
}

/** Columns by row, from SciPy's two lists. */
function byRow({ cost, rows, cols }: AssignmentCase): number[] {
  return cost.map((_, row) => (rows.includes(row) ? cols[rows.indexOf(row)] : NOBODY));
}

test('each row gets the column that makes the sum greatest, not its own favourite', () => {
  // Row 0 likes column 0 most, but row 1 can take nothing else: 8 + 7 beats 9 + 1.
  expect([...assignMax(Float64Array.of(9, 8, 7, 1), 2, 2, NOBODY)]).toEqual([1, 0]);
  expect([...assignMin(Float64Array.of(9, 8, 7, 1), 2, 2, NOBODY)]).toEqual([0, 1]);
});

test('with fewer columns than rows somebody gets none', () => {
  expect([...assignMax(Float64Array.of(1, 5, 3), 3, 1, -2)]).toEqual([-2, 0, -2]);
});

test('no rows or no columns leave nothing to assign', () => {
  expect([...assignMax(new Float64Array(0), 0, 3, NOBODY)]).toEqual([]);
  expect([...assignMax(new Float64Array(0), 2, 0, NOBODY)]).toEqual([NOBODY, NOBODY]);
});

test('a forbidden cell is avoided, and too many of them are refused', () => {
  const no = Number.POSITIVE_INFINITY;
  expect([...assignMin(Float64Array.of(1, no, 2, 3), 2, 2, NOBODY)]).toEqual([0, 1]);
  expect(() => assignMin(Float64Array.of(1, no, 2, no), 2, 2, NOBODY)).toThrow('no complete assignment');
  expect(() => assignMax(Float64Array.of(0, 1, Number.NaN, 2), 2, 2, NOBODY)).toThrow('Got NaN in row 1, column 0.');
  expect(() => assignMax(new Float64Array(3), 2, 2, NOBODY)).toThrow('Got 3 cells when 2 rows of 2 make 4.');
});

test('the reference assignments equal SciPy', () => {
  const cases = readJsonFixture<{ linear_sum_assignment_max: AssignmentCase[] }>('ops/ops.json.gz');
  for (const each of cases.linear_sum_assignment_max) {
    const columns = assignMax(Float64Array.from(each.cost.flat()), each.cost.length, each.cost[0].length, NOBODY);
    expect([...columns]).toEqual(byRow(each));
  }
});

test('where sums tie the same assignment as in SciPy comes out', () => {
  const { min, max } = readJsonFixture<{ min: AssignmentCase[]; max: AssignmentCase[] }>('ops/assignment.json.gz');
  expect(min.length + max.length).toBe(200);
  for (const each of min) {
    const columns = assignMin(Float64Array.from(each.cost.flat()), each.cost.length, each.cost[0].length, NOBODY);
    expect([...columns], JSON.stringify(each.cost)).toEqual(byRow(each));
  }
  for (const each of max) {
    const columns = assignMax(Float64Array.from(each.cost.flat()), each.cost.length, each.cost[0].length, NOBODY);
    expect([...columns], JSON.stringify(each.cost)).toEqual(byRow(each));
  }
});

/** The greatest sum over all ways to pair rows with columns. */
function bestSum(matrix: number[][], row = 0, taken = 0): number {
  if (row === matrix.length) return 0;
  const spare = matrix.length - row > matrix[0].length - matrix[0].filter((_, j) => taken & (1 << j)).length;
  let best = spare ? bestSum(matrix, row + 1, taken) : Number.NEGATIVE_INFINITY;
  matrix[row].forEach((value, j) => {
    if (!(taken & (1 << j))) best = Math.max(best, value + bestSum(matrix, row + 1, taken | (1 << j)));
  });
  return best;
}

test('no other assignment has a greater sum, and no column is given twice', () => {
  const shape = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }));
  const matrices = shape.chain(([rows, columns]) =>
    fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: columns, maxLength: columns }), {
      minLength: rows,
      maxLength: rows,
    }),
  );
  fc.assert(
    fc.property(matrices, (matrix) => {
      const columns = assignMax(Float64Array.from(matrix.flat()), matrix.length, matrix[0].length, NOBODY);
      const given = [...columns].filter((column) => column !== NOBODY);
      expect(new Set(given).size).toBe(given.length);
      expect(given.length).toBe(Math.min(matrix.length, matrix[0].length));
      const sum = matrix.reduce((total, row, i) => total + (columns[i] === NOBODY ? 0 : row[columns[i]]), 0);
      expect(sum).toBe(bestSum(matrix));
    }),
    { numRuns: 300 },
  );
});
