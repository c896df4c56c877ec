import { expect, test } from 'vitest';
import { assignMax } from '../math/assignment.ts';
import { RandomState } from '../math/random.ts';
import { assignSparse } from './sparseAssignment.ts';

test('a row stays alone where that makes the sum largest', () => {
  // Row 0 could have column 0 for 3, row 1 only column 0 for 5: row 1 gets it, row 0 nothing.
  expect([...assignSparse([new Map([[0, 3]]), new Map([[0, 5]])], 1, -1)]).toEqual([-1, 0]);
  expect([...assignSparse([], 3, -1)]).toEqual([]);
  expect([...assignSparse([new Map()], 2, -1)]).toEqual([-1]);
});

test('the sum is that of the dense solver, on larger matrices with few cells', () => {
  const random = new RandomState(5);
  for (let round = 0; round < 40; round++) {
    const [numRows, numColumns] = [40 + (round % 3) * 20, 40 + (round % 5) * 15];
    const dense = new Float64Array(numRows * numColumns);
    const sparse = Array.from({ length: numRows }, () => new Map<number, number>());
    for (let cell = 0; cell < 3 * numRows; cell++) {
      const [row, column] = [Math.floor(random.random() * numRows), Math.floor(random.random() * numColumns)];
      const weight = Math.ceil(random.random() * 20);
      dense[row * numColumns + column] = weight;
      sparse[row].set(column, weight);
    }
    const sum = (columns: Int32Array): number =>
      columns.reduce((total, column, row) => total + (column < 0 ? 0 : dense[row * numColumns + column]), 0);
    const found = assignSparse(sparse, numColumns, -1);
    expect(sum(found)).toBe(sum(assignMax(dense, numRows, numColumns, -1)));
    const taken = found.filter((column) => column >= 0);
    expect(new Set(taken).size).toBe(taken.length);
  }
});
