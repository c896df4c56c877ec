import type { Cooccurrence } from './cooccurrence.ts';

/**
 * The one-to-one mapping of rows to columns with the largest sum, when most cells are zero and zeros needn't be mapped.
 * Shortest augmenting paths (Jonker and Volgenant 1987) over the cells that are there, each search a Dijkstra with a
 * heap. A row may also stay alone, at no cost: that ends most searches after a few cells. Among mappings with the same
 * sum any may come out.
 */

/** For each row its column, or `nobody`. */
export function assignSparse(matrix: Cooccurrence, numColumns: number, nobody: number): Int32Array {
  const numRows = matrix.length;
  const columnOf = new Int32Array(numRows).fill(-1);
  const rowOf = new Int32Array(numColumns).fill(-1);
  // Costs are minus the weights. Reduced costs, −weight − u[row] − v[column] and 0 − u[row], never fall below zero.
  const u = Float64Array.from(matrix, (row) => -largest(row.values()));
  const v = new Float64Array(numColumns);

  const distance = new Float64Array(numColumns).fill(Number.POSITIVE_INFINITY);
  const cameFrom = new Int32Array(numColumns); // the row from which a column was reached
  const settled = new Uint8Array(numColumns);
  const heap = new Heap();

  for (let first = 0; first < numRows; first++) {
    const touched: number[] = [];
    const visited: number[] = []; // columns settled, in order
    let row = first;
    let reached = 0; // distance of `row`
    let alone = -1; // the row that is cheapest to leave alone, and what that costs in all
    let aloneCost = Number.POSITIVE_INFINITY;
    let sink = -1;
    for (;;) {
      if (reached - u[row] < aloneCost) {
        aloneCost = reached - u[row];
        alone = row;
      }
      for (const [column, weight] of matrix[row]) {
        if (settled[column]) continue;
        const d = reached - weight - u[row] - v[column];
        if (d >= distance[column]) continue;
        if (distance[column] === Number.POSITIVE_INFINITY) touched.push(column);
        distance[column] = d;
        cameFrom[column] = row;
        heap.push(d, column);
      }
      let column = heap.pop();
      while (column !== undefined && settled[column]) column = heap.pop();
      if (column === undefined || distance[column] >= aloneCost) break;
      settled[column] = 1;
      visited.push(column);
      if (rowOf[column] === -1) {
        sink = column;
        break;
      }
      reached = distance[column];
      row = rowOf[column];
    }

    const shortest = sink >= 0 ? distance[sink] : aloneCost;
    u[first] += shortest;
    for (const column of visited) {
      const owner = rowOf[column];
      if (owner >= 0) u[owner] += shortest - distance[column];
      v[column] -= shortest - distance[column];
    }

    // Hand columns on along the path: from the free column, or from the one whose row now stays alone.
    let column = sink >= 0 ? sink : columnOf[alone];
    if (sink < 0) columnOf[alone] = -1;
    while (column >= 0) {
      const owner = cameFrom[column];
      const given = columnOf[owner];
      columnOf[owner] = column;
      rowOf[column] = owner;
      column = owner === first ? -1 : given;
    }

    for (const column of touched) {
      distance[column] = Number.POSITIVE_INFINITY;
      settled[column] = 0;
    }
    heap.clear();
  }
  return columnOf.map((column) => (column < 0 ? nobody : column));
}

function largest(values: Iterable<number>): number {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return most;
}

/** A binary heap of columns, the nearest first. A column may be in it more than once. */
class Heap {
  private readonly keys: number[] = [];
  private readonly items: number[] = [];

  push(key: number, item: number): void {
    const { keys, items } = this;
    let at = keys.push(key) - 1;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent] <= key) break;
      keys[at] = keys[parent];
      items[at] = items[parent];
      at = parent;
    }
    keys[at] = key;
    items[at] = item;
  }

  pop(): number | undefined {
    const { keys, items } = this;
    const top = items[0];
    const key = keys.pop();
    const item = items.pop();
    if (key === undefined || item === undefined || keys.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= keys.length) break;
      if (child + 1 < keys.length && keys[child + 1] < keys[child]) child++;
      if (keys[child] >= key) break;
      keys[at] = keys[child];
      items[at] = items[child];
      at = child;
    }
    keys[at] = key;
    items[at] = item;
    return top;
  }

  clear(): void {
    this.keys.length = 0;
    this.items.length = 0;
  }
}
