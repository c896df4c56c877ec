import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { type ChunkedActivity, packSpeakers } from '../core/frames.ts';
import { capCount, clusterVotes, mostVoted, type SpeakerVotes } from './reconstruct.ts';
import { speakerCount } from './speakerCount.ts';

interface ReconstructCase {
  readonly C: number;
  readonly K: number;
  readonly seg: string;
  readonly clustered: string;
  readonly count: string;
  readonly discrete: string;
  readonly discrete_shape: readonly [number, number];
}

const { count_and_to_diarization: cases } = readJsonFixture<{ count_and_to_diarization: ReconstructCase[] }>(
  'ops/ops.json.gz',
);

const TEN_SECONDS = { chunks: { start: 0, duration: 10, step: 1 }, numFrames: 589 };
const PYANNOTE = { duration: 991 / 16000, step: 270 / 16000, start: 0 };

test.each(cases.map((one, i) => [i, one] as const))(
  'pyannote’s speaker_count and to_diarization, case %i',
  (_, one) => {
    const { C, K, seg, clustered, count: expectedCount, discrete: expected } = one;
    const shape = { ...TEN_SECONDS, numChunks: C, grid: PYANNOTE };
    const count = speakerCount({ ...shape, width: 3, talking: packSpeakers(Uint8Array.from(seg, Number), 3) });
    expect(count.join('')).toBe(expectedCount);
    // clusters stand for local speakers here, each its own cluster; where it is in no chunk, nobody's
    const clusterOf = Int32Array.from({ length: C * K }, (_, i) => {
      const [chunk, k] = [Math.floor(i / K), i % K];
      return clustered[chunk * 589 * K + k] === 'n' ? -1 : k;
    });
    const data = Uint8Array.from(clustered, (digit) => (digit === '1' ? 1 : 0));
    const columns = { ...shape, width: K, talking: packSpeakers(data, K) };
    const votes = clusterVotes({ activity: columns, clusterOf, numClusters: K });
    const discrete = mostVoted(votes, count);
    // pyannote has as many columns as clusters or as are ever counted
    expect([discrete.numFrames, discrete.numSpeakers].sort()).toEqual([...one.discrete_shape].sort());
    expect(discrete.data.join('')).toBe(expected);
  },
);

/** Two chunks of two frames, one second apart: frame 1 is seen by both. Two local speakers. */
const activity: ChunkedActivity = {
  chunks: { start: 0, duration: 2, step: 1 },
  numChunks: 2,
  grid: { start: 0, duration: 1, step: 1 },
  numFrames: 2,
  width: 2,
  talking: Uint8Array.of(1, 3, 2, 2),
};

test('each chunk votes once for a cluster, whichever of its local speakers are in it', () => {
  // chunk 0: both local speakers are cluster 0; chunk 1: the second is cluster 1
  const votes = clusterVotes({ activity, clusterOf: Int32Array.of(0, 0, -2, 1), numClusters: 2 });
  expect([...votes.data.subarray(0, 6)]).toEqual([1, 0, 1, 1, 0, 1]);
});

test('the votes on a block of frames are those on all frames, there', () => {
  const numChunks = 30;
  const talking = Uint8Array.from({ length: numChunks * 589 }, (_, i) => (i * 7919) % 8);
  const long = { ...TEN_SECONDS, grid: PYANNOTE, width: 3, numChunks, talking };
  const clusterOf = Int32Array.from({ length: numChunks * 3 }, (_, i) => (i % 5) - 1);
  const voters = { activity: long, clusterOf, numClusters: 4 };
  const all = clusterVotes(voters);
  fc.assert(
    fc.property(fc.nat(all.numFrames - 1), fc.nat(all.numFrames), (firstFrame, length) => {
      const numFrames = Math.min(length, all.numFrames - firstFrame);
      const { data } = clusterVotes(voters, { firstFrame, numFrames });
      expect(data).toEqual(all.data.slice(4 * firstFrame, 4 * (firstFrame + numFrames)));
    }),
  );
});

const votesOf = (numSpeakers: number, ...data: number[]): SpeakerVotes => ({
  grid: activity.grid,
  numFrames: data.length / numSpeakers,
  numSpeakers,
  data: Float32Array.from(data),
});

test('as many as were counted talk: those with most votes, the lowest number of equals, even without a vote', () => {
  const votes = votesOf(3, 1, 5, 2, /* */ 2, 2, 2, /* */ 0, 0, 0);
  expect([...mostVoted(votes, Uint8Array.of(2, 1, 1)).data]).toEqual([0, 1, 1, 1, 0, 0, 1, 0, 0]);
});

test('more than there are clusters get silent columns', () => {
  const { numSpeakers, data } = mostVoted(votesOf(1, 3, 3), Uint8Array.of(2, 0));
  expect(numSpeakers).toBe(2);
  expect([...data]).toEqual([1, 1, 0, 0]);
});

test('a block in which few talk has the columns of the recording', () => {
  const { numSpeakers, data } = mostVoted(votesOf(1, 3, 3), Uint8Array.of(1, 0), 2);
  expect(numSpeakers).toBe(2);
  expect([...data]).toEqual([1, 0, 0, 0]);
});

test('a count is capped', () => {
  expect([...capCount(Uint8Array.of(0, 1, 2, 3), 1)]).toEqual([0, 1, 1, 1]);
  expect([...capCount(Uint8Array.of(3), Number.POSITIVE_INFINITY)]).toEqual([3]);
});

test('exactly as many talk as are counted, and no one silent has more votes than one who talks', () => {
  const frames = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 3 }), fc.array(fc.nat(4), { minLength: 3, maxLength: 3 })),
    {
      minLength: 1,
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(frames, (rows) => {
      const { data } = mostVoted(
        votesOf(3, ...rows.flatMap(([, votes]) => votes)),
        Uint8Array.from(rows, ([n]) => n),
      );
      rows.forEach(([n, votes], frame) => {
        const talks = [0, 1, 2].filter((k) => data[frame * 3 + k] === 1);
        expect(talks).toHaveLength(n);
        // sorted stably by votes, most first: what NumPy's stable argsort gives
        const expected = [0, 1, 2].sort((a, b) => votes[b] - votes[a] || a - b).slice(0, n);
        expect(talks).toEqual(expected.sort());
      });
    }),
  );
});
