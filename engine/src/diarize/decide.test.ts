import { expect, test } from 'vitest';
import { type ChunkedActivity, packSpeakers } from '../core/frames.ts';
import { allVotes, decideTurns } from './decide.ts';
import { capCount, mostVoted } from './reconstruct.ts';
import { speakerCount } from './speakerCount.ts';
import { clusterTurns } from './turns.ts';

/** Three minutes, which are three blocks: windows a second apart, in which three voices come and go. */
const NUM_CHUNKS = 170;
let state = 1;
const random = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const active = new Uint8Array(NUM_CHUNKS * 589 * 3);
for (let from = 0; from < active.length; from += 3 * 31) active.fill(1, from, from + 3 * random(32));
for (let i = 0; i < active.length; i++) if (random(8) === 0 || Math.floor(i / 400) % 3 === i % 3) active[i] = 0;
const activity: ChunkedActivity = {
  chunks: { start: 0, duration: 10, step: 1 },
  numChunks: NUM_CHUNKS,
  grid: { start: 0, duration: 991 / 16000, step: 270 / 16000 },
  numFrames: 589,
  width: 3,
  talking: packSpeakers(active, 3),
};
const clusterOf = Int32Array.from({ length: NUM_CHUNKS * 3 }, () => random(6) - 1);

test.each([
  [5, 0, 0],
  [5, 0.1, 0],
  [5, 0, 0.5],
  [2, 0.1, 0.1], // more at a time than clusters
])(
  'of %i clusters, smoothed by %d, gaps up to %d s: as of all frames at once',
  (numClusters, smoothing, minDurationOff) => {
    const voters = { activity, clusterOf: clusterOf.map((cluster) => Math.min(cluster, numClusters - 1)), numClusters };
    const count = speakerCount(activity).fill(3, 4000, 4096); // more than in any other block, to the end of this one
    expect(count.length).toBeGreaterThan(2 * 4096);
    const votes = allVotes(voters, count, { smoothing });
    const { turns, exclusiveTurns } = decideTurns(voters, count, { smoothing, minDurationOff, minDurationOn: 0.1 });
    expect(turns.length).toBeGreaterThan(100);
    expect(turns).toEqual(clusterTurns(mostVoted(votes, count), { minDurationOff, minDurationOn: 0.1 }));
    expect(exclusiveTurns).toEqual(
      clusterTurns(mostVoted(votes, capCount(count, 1)), { minDurationOff, minDurationOn: 0.1 }),
    );
  },
);
