/**
 * The one-to-one mapping of rows to columns with the largest sum, in the order of search of SciPy 1.17
 * `linear_sum_assignment(maximize=True)`, so that of several best mappings the same one comes out. Shortest augmenting
 * paths: D. F. Crouse, "On implementing 2D rectangular assignment algorithms", IEEE TAES 52(4), 2016.
 */

/** For each row its column, or `nobody`; `weights[row * numColumns + column]`. O(min² · max) of the two sides. */
export function assignDense(weights: Float64Array, numRows: number, numColumns: number, nobody: number): Int32Array {
  if (numColumns >= numRows)
    return solve(
      weights.map((w) => -w),
      numRows,
      numColumns,
    ).columnOf;
  const turned = new Float64Array(weights.length);
  for (let r = 0; r < numRows; r++) {
    for (let c = 0; c < numColumns; c++) turned[c * numRows + r] = -weights[r * numColumns + c];
  }
  const { rowOf } = solve(turned, numColumns, numRows);
  return rowOf.map((column) => (column < 0 ? nobody : column));
}

/** With at least as many columns as rows; every row gets one. */
function solve(cost: Float64Array, numRows: number, numColumns: number): { columnOf: Int32Array; rowOf: Int32Array } {
  const u = new Float64Array(numRows);
  const v = new Float64Array(numColumns);
  const columnOf = new Int32Array(numRows).fill(-1);
  const rowOf = new Int32Array(numColumns).fill(-1);
  const shortest = new Float64Array(numColumns);
  const cameFrom = new Int32Array(numColumns);
  const rowSeen = new Uint8Array(numRows);
  const columnSeen = new Uint8Array(numColumns);
  const remaining = new Int32Array(numColumns);

  for (let first = 0; first < numRows; first++) {
    shortest.fill(Number.POSITIVE_INFINITY);
    rowSeen.fill(0);
    columnSeen.fill(0);
    let numRemaining = numColumns;
    for (let k = 0; k < numColumns; k++) remaining[k] = numColumns - 1 - k; // last first: SciPy's order
    let row = first;
    let reached = 0;
    let sink = -1;
    while (sink < 0) {
      rowSeen[row] = 1;
      let best = -1;
      let lowest = Number.POSITIVE_INFINITY;
      for (let k = 0; k < numRemaining; k++) {
        const column = remaining[k];
        const d = reached + cost[row * numColumns + column] - u[row] - v[column];
        if (d < shortest[column]) {
          shortest[column] = d;
          cameFrom[column] = row;
        }
        // Of equals a free column ends the search.
        if (shortest[column] < lowest || (shortest[column] === lowest && rowOf[column] === -1)) {
          lowest = shortest[column];
          best = k;
        }
      }
      reached = lowest;
      const column = remaining[best];
      if (rowOf[column] === -1) sink = column;
      else row = rowOf[column];
      columnSeen[column] = 1;
      remaining[best] = remaining[--numRemaining];
    }

    u[first] += reached;
    for (let r = 0; r < numRows; r++) {
      if (rowSeen[r] && r !== first) u[r] += reached - shortest[columnOf[r]];
    }
    for (let c = 0; c < numColumns; c++) {
      if (columnSeen[c]) v[c] -= reached - shortest[c];
    }

    for (let column = sink; ; ) {
      const owner = cameFrom[column];
      const given = columnOf[owner];
      rowOf[column] = owner;
      columnOf[owner] = column;
      if (owner === first) break;
      column = given;
    }
  }
  return { columnOf, rowOf };
}
