import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import type { ChunkedActivity } from '../core/frames.ts';
import { ahcClustering } from './ahc.ts';
import type { ClusteringInput } from './clustering.ts';

interface AhcCase {
  readonly X: number[][];
  readonly runs: {
    readonly min_cluster_size: number;
    readonly threshold: number;
    readonly method: 'centroid';
    readonly kw: { readonly num_clusters?: number; readonly min_clusters?: number; readonly max_clusters?: number };
    readonly labels: number[];
  }[];
}

const { agglomerative } = readJsonFixture<{ agglomerative: AhcCase[] }>('ops/ops.json.gz');
const runs = agglomerative.flatMap(({ X, runs }) =>
  runs.map((run) => [X.length, run.threshold, run.kw, { X, run }] as const),
);

/** One speaker a chunk, who talks alone all the time: every embedding is learnt from. */
function alone(X: readonly (readonly number[])[]): ClusteringInput {
  const numRows = X.length;
  const activity: ChunkedActivity = {
    chunks: { start: 0, duration: 10, step: 1 },
    numChunks: numRows,
    grid: { start: 0, duration: 1, step: 1 },
    numFrames: 10,
    width: 1,
    talking: new Uint8Array(numRows * 10).fill(1),
  };
  const embeddings = {
    dimension: X[0].length,
    numRows,
    chunk: Int32Array.from(X.keys()),
    speaker: new Int32Array(numRows),
    numSolo: new Int32Array(numRows).fill(10),
    vectors: Float32Array.from(X.flat()),
  };
  return { embeddings, activity };
}

/** Mean of the points of each label, in order. */
function meansOf(X: readonly (readonly number[])[], labels: readonly number[]): number[][] {
  return [...new Set(labels)]
    .sort((a, b) => a - b)
    .map((label) => {
      const own = X.filter((_, i) => labels[i] === label);
      return own[0].map((_, d) => own.reduce((sum, point) => sum + point[d], 0) / own.length);
    });
}

test.each(runs)('pyannote’s AgglomerativeClustering of %i points at %d with %o', (_n, threshold, kw, { X, run }) => {
  const cluster = ahcClustering({ threshold, minClusterSize: run.min_cluster_size, method: run.method });
  const bounds = { numSpeakers: kw.num_clusters, minSpeakers: kw.min_clusters, maxSpeakers: kw.max_clusters };
  const { centroids, numClusters, labels } = cluster(alone(X), bounds);
  // clusters are known by their centroids: the means, in the order of pyannote's labels
  const means = meansOf(X, run.labels);
  expect(numClusters).toBe(means.length);
  means.flat().forEach((value, i) => {
    expect(centroids[i]).toBeCloseTo(value, 5);
  });
  // then every point goes to the centroid it is most like
  const cosine = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, d) => sum + value * b[d], 0) / Math.hypot(...a) / Math.hypot(...b);
  X.forEach((point, row) => {
    const similarity = means.map((mean) => cosine(point, mean));
    expect(similarity[labels[row]]).toBeCloseTo(Math.max(...similarity), 6);
  });
});

const east = [1, 0];
const north = [0, 1];
const nearlyEast = [1, 0.05];

test('two directions are two speakers, in the order in which they are merged', () => {
  const { labels, numClusters, centroids } = ahcClustering({ minClusterSize: 1 })(
    alone([east, north, nearlyEast, north]),
    {},
  );
  expect(numClusters).toBe(2);
  expect(labels[0]).toBe(labels[2]);
  expect(labels[1]).toBe(labels[3]);
  expect(labels[0]).not.toBe(labels[1]);
  expect([...centroids.subarray(2 * labels[1], 2 * labels[1] + 2)]).toEqual(north);
});

test('a cluster too small to be a speaker joins the nearest that is not', () => {
  const points = [...Array<number[]>(19).fill(east), ...Array<number[]>(19).fill(north), [1, 0.9]];
  // 39 points: a tenth of them, 4, are enough for a speaker; one is not
  const { numClusters, labels } = ahcClustering({ threshold: 0.3 })(alone(points), {});
  expect(numClusters).toBe(2);
  expect(labels[38]).toBe(labels[0]);
});

test('two that are merged are a speaker where two are enough', () => {
  const at = (angle: number): number[] => [Math.cos(angle), Math.sin(angle)];
  // 18 points within 0.01 of east, two 0.1 apart in the north: of 20, a tenth is enough for a speaker
  const points = [...Array.from({ length: 18 }, (_, i) => at(i * 0.0005)), at(1.5), at(1.6)];
  const { numClusters, labels, centroids } = ahcClustering({ threshold: 1.9 })(alone(points), {
    numSpeakers: 2,
  });
  expect(numClusters).toBe(2);
  const north = 2 * labels[18]; // the mean of the two, and of nobody else
  expect(centroids[north]).toBeCloseTo((Math.cos(1.5) + Math.cos(1.6)) / 2, 6);
  expect(centroids[north + 1]).toBeCloseTo((Math.sin(1.5) + Math.sin(1.6)) / 2, 6);
});

test('there are no more speakers than can be told apart', () => {
  // the first merge is always made: three points are never three clusters
  const { numClusters } = ahcClustering()(alone([east, north, nearlyEast]), { numSpeakers: 3 });
  expect(numClusters).toBe(2);
});

test('nothing to learn from is one speaker without a voice', () => {
  const input = alone([east, north]);
  const silent = { ...input, embeddings: { ...input.embeddings, numSolo: Int32Array.of(1, 1) } };
  const { numClusters, labels, centroids } = ahcClustering()(silent, {});
  expect(numClusters).toBe(1);
  expect([...labels]).toEqual([0, 0]);
  expect(centroids.every(Number.isNaN)).toBe(true);
});
