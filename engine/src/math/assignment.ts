/**
 * Linear sum assignment: give each row of a matrix at most one column and each column at most one row, as many as fit,
 * so that the sum of the chosen cells is least (or greatest).
 *
 * Rows are added one at a time. For each, the cheapest chain of "take that column, its row takes another, …" that ends at
 * a free column is found with Dijkstra's algorithm on costs reduced by the duals u (rows) and v (columns), which keep
 * them from being negative: Jonker and Volgenant 1987, rectangular as in D. F. Crouse, "On implementing 2D rectangular
 * assignment algorithms", 2016. O(rows² · columns) for rows ≤ columns. Where several assignments have the best sum the
 * choice is that of scipy.optimize.linear_sum_assignment 1.17.1: columns are tried from the last to the first, and of
 * equally near ones a free one is taken.
 */

/** For each row its column, or `nobody`, with the least sum. `costs[row * numColumns + column]`; Infinity forbids a cell. */
export function assignMin(costs: Float64Array, numRows: number, numColumns: number, nobody: number): Int32Array {
  return assign(costs, numRows, numColumns, nobody, 1);
}

/** For each row its column, or `nobody`, with the greatest sum. -Infinity forbids a cell. */
export function assignMax(scores: Float64Array, numRows: number, numColumns: number, nobody: number): Int32Array {
  return assign(scores, numRows, numColumns, nobody, -1);
}

const FREE = -1;

function assign(values: Float64Array, numRows: number, numColumns: number, nobody: number, sign: 1 | -1): Int32Array {
  if (values.length !== numRows * numColumns) {
    throw new RangeError(
      `Got ${values.length} cells when ${numRows} rows of ${numColumns} make ${numRows * numColumns}.`,
    );
  }
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]) || sign * values[i] === Number.NEGATIVE_INFINITY) {
      throw new RangeError(`Got ${values[i]} in row ${Math.floor(i / numColumns)}, column ${i % numColumns}.`);
    }
  }
  const columnOfRow = new Int32Array(numRows).fill(nobody);
  if (numRows === 0 || numColumns === 0) return columnOfRow;
  if (numRows <= numColumns) {
    columnOfRow.set(shortestPaths(values, sign, numRows, numColumns, numColumns, 1));
  } else {
    const rowOfColumn = shortestPaths(values, sign, numColumns, numRows, 1, numColumns);
    rowOfColumn.forEach((row, column) => {
      columnOfRow[row] = column;
    });
  }
  return columnOfRow;
}

/** For each of n rows its column among m ≥ n. Cell (i, j) is `sign * values[i * rowStride + j * columnStride]`. */
function shortestPaths(
  values: Float64Array,
  sign: 1 | -1,
  n: number,
  m: number,
  rowStride: number,
  columnStride: number,
): Int32Array {
  const columnOf = new Int32Array(n).fill(FREE);
  const rowOf = new Int32Array(m).fill(FREE);
  const u = new Float64Array(n);
  const v = new Float64Array(m);
  const distances = new Float64Array(m);
  const cameFrom = new Int32Array(m); // the row from which each column was reached
  const unsettled = new Int32Array(m);
  const settled = new Int32Array(m); // in the order of settling

  for (let first = 0; first < n; first++) {
    distances.fill(Number.POSITIVE_INFINITY);
    for (let at = 0; at < m; at++) unsettled[at] = m - 1 - at;
    let numUnsettled = m;
    let numSettled = 0;
    let row = first;
    let reached = 0; // the distance of `row`
    let sink = FREE;
    while (sink === FREE) {
      let nearest = -1;
      let least = Number.POSITIVE_INFINITY;
      for (let at = 0; at < numUnsettled; at++) {
        const column = unsettled[at];
        const distance = reached + sign * values[row * rowStride + column * columnStride] - u[row] - v[column];
        if (distance < distances[column]) {
          distances[column] = distance;
          cameFrom[column] = row;
        }
        if (distances[column] < least || (distances[column] === least && rowOf[column] === FREE)) {
          least = distances[column];
          nearest = at;
        }
      }
      if (least === Number.POSITIVE_INFINITY) {
        throw new RangeError('Got a matrix whose forbidden cells leave no complete assignment.');
      }
      reached = least;
      const column = unsettled[nearest];
      unsettled[nearest] = unsettled[--numUnsettled];
      settled[numSettled++] = column;
      if (rowOf[column] === FREE) sink = column;
      else row = rowOf[column];
    }

    u[first] += reached;
    for (let at = 0; at < numSettled; at++) {
      const column = settled[at];
      const slack = reached - distances[column];
      if (rowOf[column] !== FREE) u[rowOf[column]] += slack;
      v[column] -= slack;
    }
    for (let column = sink, done = false; !done; ) {
      const owner = cameFrom[column];
      const given = columnOf[owner];
      columnOf[owner] = column;
      rowOf[column] = owner;
      done = owner === first;
      column = given;
    }
  }
  return columnOf;
}
