import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mostVoted, type SpeakerVotes } from './reconstruct.ts';
import { voteSmoother } from './smooth.ts';

const votesOf = (numSpeakers: number, data: number[]): SpeakerVotes => ({
  grid: { start: 0, duration: 1, step: 1 },
  numFrames: data.length / numSpeakers,
  numSpeakers,
  data: Float32Array.from(data),
});
const smoothVotes = (votes: SpeakerVotes, count: Uint8Array) => voteSmoother()(votes, count);
const ones = (n: number): Uint8Array => new Uint8Array(n).fill(1);

test('in a tie the one who had the floor keeps it', () => {
  const votes = votesOf(2, [0, 3, /* tie */ 5, 5, /* tie */ 5, 5, /* the other has more */ 6, 5]);
  expect([...mostVoted(votes, ones(4)).data]).toEqual([0, 1, 1, 0, 1, 0, 1, 0]);
  expect([...mostVoted(smoothVotes(votes, ones(4)), ones(4)).data]).toEqual([0, 1, 0, 1, 0, 1, 1, 0]);
});

test('who has no vote is not kept, and silence forgets who talked', () => {
  const votes = votesOf(2, [0, 3, /* */ 0, 0, /* tie */ 2, 2]);
  expect([...smoothVotes(votes, ones(3)).data]).toEqual([...votes.data]);
});

test('whoever has the floor keeps it from one block of frames to the next', () => {
  const smooth = voteSmoother();
  smooth(votesOf(2, [0, 3]), ones(1));
  expect([...mostVoted(smooth(votesOf(2, [5, 5]), ones(1)), ones(1)).data]).toEqual([0, 1]);
});

test('the votes that came in stay as they are', () => {
  const votes = votesOf(2, [0, 1, 1, 1]);
  smoothVotes(votes, ones(2));
  expect([...votes.data]).toEqual([0, 1, 1, 1]);
});

test('whole votes that differ decide as before', () => {
  const rows = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(rows, (pairs) => {
      const votes = votesOf(2, pairs.flat());
      const plain = mostVoted(votes, ones(pairs.length)).data;
      const smoothed = mostVoted(smoothVotes(votes, ones(pairs.length)), ones(pairs.length)).data;
      pairs.forEach(([a, b], frame) => {
        if (a !== b) expect(smoothed[2 * frame]).toBe(plain[2 * frame]);
        else if (frame > 0 && a > 0 && pairs[frame - 1].some((n) => n > 0))
          expect(smoothed[2 * frame]).toBe(smoothed[2 * frame - 2]);
      });
    }),
  );
});
