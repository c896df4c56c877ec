import { expect, test } from 'vitest';
import type { ChunkedActivity } from '../src/core/frames.ts';
import { ahcClustering } from '../src/diarize/ahc.ts';
import type { Clustering } from '../src/diarize/clustering.ts';
import { diarizeSpeech } from '../src/diarize/diarize.ts';
import { keptSpeech } from '../src/diarize/keptSpeech.ts';
import type { LocalSpeech } from '../src/diarize/localSpeech.ts';
import { mergeTree } from '../src/diarize/mergeTree.ts';
import type { DiarizeEvent } from '../src/diarize/options.ts';
import { allocations } from './allocations.ts';

/**
 * What a long recording takes beside the sound that streams through, in bytes known beforehand: every array that grows with
 * the recording is named here, so that one more fails.
 */
const label = { name: 'script', version: '0', licence: '' };
const PYANNOTE = { start: 0, duration: 991 / 16000, step: 270 / 16000 };

const NUM_FRAMES = 589;

/** Windows of ten seconds side by side, in each of which one person talks for 300 of 589 frames. */
function windows(numChunks: number): LocalSpeech {
  const talking = new Uint8Array(numChunks * NUM_FRAMES);
  for (let window = 0; window < numChunks; window++) talking.fill(1, window * NUM_FRAMES, window * NUM_FRAMES + 300);
  const activity: ChunkedActivity = {
    chunks: { start: 0, duration: 10, step: 10 },
    numChunks,
    grid: PYANNOTE,
    numFrames: NUM_FRAMES,
    width: 3,
    talking,
  };
  const embeddings = {
    dimension: 1,
    numRows: numChunks,
    chunk: Int32Array.from({ length: numChunks }, (_, i) => i),
    speaker: new Int32Array(numChunks),
    numSolo: new Int32Array(numChunks).fill(300),
    vectors: new Float32Array(numChunks),
  };
  return { duration: 10 * numChunks, activity, embeddings };
}

/** So many people, one after the other. */
const inTurn =
  (numClusters: number): Clustering =>
  ({ embeddings: { chunk } }) => ({
    labels: chunk.map((window) => window % numClusters),
    numClusters,
    centroids: new Float64Array(numClusters),
    similarity: new Float64Array(chunk.length * numClusters),
    warnings: [],
  });

test('arrays are counted that are made anew, whichever way; views are not', () => {
  const bytes = allocations(() => {
    const floats = new Float32Array(3);
    floats.subarray(1);
    new Float64Array(floats.buffer, 0, 1).fill(1);
    floats.map((x) => x).slice(1);
    Uint8Array.from([1, 2]);
  });
  expect(bytes).toEqual([12, 12, 8, 2]);
  expect(allocations(() => {})).toEqual([]);
});

test('after listening, a day takes six bytes a frame', () => {
  const speech = windows(8640);
  const numFrames = 5_120_001; // 86,400 s / 0.016875 s, and the one that begins there
  let numTurns = 0;
  const bytes = allocations(() => {
    numTurns = diarizeSpeech(speech, { clustering: inTurn(3), label }, { observe: () => {} }).turns.length;
  });
  expect(numTurns).toBe(8640);
  // how many talk in a frame and how many windows see it, in two bytes each; the count; the count capped at maxSpeakers
  const expected = [2 * numFrames, 2 * numFrames, numFrames, numFrames];
  expect(bytes.filter((size) => size > 2 ** 20)).toEqual(expected);
});

test('votes and decisions of all frames are there for who looks at them', () => {
  const speech = windows(180);
  const numFrames = 106_668; // 1800 s / 0.016875 s = 106,666.7, rounded, and one
  const looking = (type: DiarizeEvent['type']) => {
    const bytes = allocations(() => {
      const observe = (event: DiarizeEvent): void => {
        if (event.type === type) structuredClone(event); // as for another thread
      };
      diarizeSpeech(speech, { clustering: inTurn(5), label }, { observe });
    });
    return bytes.filter((size) => size === numFrames * 5).length;
  };
  expect(looking('clusters')).toBe(0);
  expect(looking('votes')).toBe(1);
  expect(looking('discrete')).toBe(2); // decided from votes
});

test('clustering takes the embeddings once more, those that are learnt from, also beyond what one tree holds', () => {
  const [numRows, dimension] = [4000, 24];
  const vectors = Float32Array.from({ length: numRows * dimension }, (_, i) => {
    const [row, d] = [Math.floor(i / dimension), i % dimension];
    return (d === row % 3 ? 5 : 0) + Math.sin(i * i); // three voices
  });
  const input = {
    activity: { ...windows(1).activity, numChunks: numRows },
    embeddings: {
      dimension,
      numRows,
      chunk: Int32Array.from({ length: numRows }, (_, i) => i),
      speaker: new Int32Array(numRows),
      numSolo: new Int32Array(numRows).fill(300),
      vectors,
    },
  };
  const cluster = ahcClustering({
    method: 'average',
    threshold: 0.5,
    merge: (points, count, dim, method, options) =>
      mergeTree(points, count, dim, method, { ...options, maxExact: 300 }),
  });
  let numClusters = 0;
  const bytes = allocations(() => {
    numClusters = cluster(input, {}).numClusters;
  });
  expect(numClusters).toBe(3);
  // The largest of the others are distances: of at most 300 means 300 · 299 / 2 doubles, 358,800 bytes.
  expect(bytes.filter((size) => size >= vectors.byteLength)).toEqual([384_000]);
});

test('what was heard is put where it stays as it comes: nothing is joined at the end', () => {
  const [numStretches, numVoices, dimension] = [100, 100, 192];
  const stretch = (i: number) => ({
    firstChunk: 64 * i,
    talking: new Uint8Array(64 * NUM_FRAMES),
    chunk: new Int32Array(numVoices),
    speaker: new Int32Array(numVoices),
    numSolo: new Int32Array(numVoices),
    vectors: new Float32Array(numVoices * dimension),
  });
  const kept = keptSpeech(NUM_FRAMES, dimension);
  const parts = Array.from({ length: numStretches }, (_, i) => stretch(i));
  const grown = allocations(() => parts.forEach(kept.add));
  expect(allocations(() => kept.finish())).toEqual([]);
  const { talking, embeddings } = kept.finish();
  expect(talking.byteLength).toBe(100 * 64 * 589); // a byte a frame
  expect(embeddings.vectors.byteLength).toBe(100 * 100 * 192 * 4);
  // no array is ever a quarter larger than what it holds
  expect(Math.max(...grown)).toBeLessThanOrEqual(1.25 * embeddings.vectors.byteLength);
  expect(embeddings.vectors.buffer.byteLength).toBeLessThanOrEqual(1.25 * embeddings.vectors.byteLength);
  expect(talking.buffer.byteLength).toBeLessThanOrEqual(1.25 * talking.byteLength);
});
