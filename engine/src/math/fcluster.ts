/**
 * Cuts a tree of merges at a distance: the clusters are the largest subtrees in which no merge is farther apart than
 * the threshold. A centroid tree may have a near merge above a far one; the far one counts, as in
 * scipy.cluster.hierarchy.fcluster(Z, t, 'distance') 1.17.1, which this equals, numbers included.
 *
 * Numbers start at 1 and follow a walk of the tree from the root, left subtree before right, a point that is a direct
 * child only after both subtrees:      (2)        here the pair is cluster 1 and the lone left point cluster 2
 *                                     /   \
 *                                  point  pair (1)
 */
import type { Linkage } from './linkage.ts';

/** For each merge, the largest distance in its subtree, its own included. */
export function maxDistances({ numPoints, rows }: Linkage): Float64Array {
  const max = new Float64Array(Math.max(0, numPoints - 1));
  for (let k = 0; k < max.length; k++) {
    max[k] = rows[4 * k + 2];
    for (const child of [rows[4 * k], rows[4 * k + 1]]) {
      if (child >= numPoints) max[k] = Math.max(max[k], max[child - numPoints]);
    }
  }
  return max;
}

/** The cluster of each point, counted from 1. A single point is cluster 1. */
export function fcluster(tree: Linkage, threshold: number): Int32Array {
  const { numPoints: n, rows } = tree;
  const clusters = new Int32Array(n);
  if (n < 2) return clusters.fill(1);
  const criterion = maxDistances(tree);
  const visited = new Uint8Array(n - 1);
  const stack = new Int32Array(n); // merges on the way down from the root
  stack[0] = n - 2;
  let depth = 0;
  let numClusters = 0;
  let top = -1; // the merge whose subtree is the cluster we are in
  while (depth >= 0) {
    const merge = stack[depth];
    if (top < 0 && criterion[merge] <= threshold) {
      top = merge;
      numClusters++;
    }
    const children = [rows[4 * merge], rows[4 * merge + 1]];
    const next = children.find((child) => child >= n && !visited[child - n]);
    if (next !== undefined) {
      visited[next - n] = 1;
      stack[++depth] = next - n;
      continue;
    }
    for (const child of children) {
      if (child >= n) continue;
      if (top < 0) numClusters++;
      clusters[child] = numClusters;
    }
    if (top === merge) top = -1;
    depth--;
  }
  return clusters;
}
