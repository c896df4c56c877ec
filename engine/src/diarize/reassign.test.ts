import fc from 'fast-check';
import { expect, test } from 'vitest';
import { similarities } from './centroids.ts';
import { type Clusters, clusterOfLocal } from './clustering.ts';
import type { LocalSpeech } from './localSpeech.ts';
import { reassignTurns } from './reassign.ts';
import { speakerCount } from './speakerCount.ts';
import { type HeardTurn, turnVoices } from './turnVoices.ts';

const [ANN, BEN] = [0, 1];
const LIKE = [
  [1, 0],
  [0, 1],
];

interface Turn extends Pick<HeardTurn, 'speaker' | 'first' | 'end'> {
  readonly like?: number;
  readonly weight?: number;
}

/** One chunk of ten frames with a row for each local speaker, and the clusters Ann and Ben. */
function chunkOf(talking: number[], labels: number[], turns: Turn[]): [LocalSpeech, Clusters] {
  const vectors = Float32Array.from(labels.flatMap((label) => LIKE[label] ?? [1, 1]));
  const centroids = Float64Array.from(LIKE.flat());
  return [
    {
      duration: 10,
      activity: {
        chunks: { start: 0, duration: 10, step: 10 },
        grid: { start: 0, duration: 1, step: 1 },
        numChunks: 1,
        numFrames: talking.length,
        width: 8,
        talking: Uint8Array.from(talking),
      },
      embeddings: {
        dimension: 2,
        numRows: labels.length,
        chunk: new Int32Array(labels.length),
        speaker: Int32Array.from(labels.keys()),
        numSolo: new Int32Array(labels.length).fill(9),
        vectors,
      },
      turns: turnVoices(
        turns.map(({ like = ANN, weight = 10, ...turn }) => ({
          ...turn,
          chunk: 0,
          weight,
          vector: Float32Array.from(LIKE[like]),
        })),
        2,
      ),
    },
    {
      labels: Int32Array.from(labels),
      numClusters: 2,
      centroids,
      similarity: similarities(vectors, 2, centroids),
    },
  ];
}

const ofAnn = (over: Partial<Turn> = {}): Turn[] => [
  { speaker: 0, first: 0, end: 4, like: ANN },
  { speaker: 0, first: 6, end: 10, like: BEN, ...over },
];
const ALONE = [1, 1, 1, 1, 0, 0, 1, 1, 1, 1];

test('a turn that sounds like somebody else becomes a local speaker of its own, with a row', () => {
  const { activity, embeddings, clusters } = reassignTurns(...chunkOf(ALONE, [ANN], ofAnn()));
  expect([...activity.talking]).toEqual([1, 1, 1, 1, 0, 0, 2, 2, 2, 2]);
  expect(embeddings.numRows).toBe(2);
  expect([...embeddings.speaker]).toEqual([0, 1]);
  expect([...embeddings.vectors]).toEqual([1, 0, 0, 127]); // a direction
  expect([...clusters.labels]).toEqual([ANN, BEN]);
  expect([...clusters.similarity]).toEqual([2, 1, 1, 2]);
  expect([...clusterOfLocal(activity, embeddings, clusters)]).toEqual([ANN, BEN, -2, -2, -2, -2, -2, -2]);
});

test('where that somebody is one of the local speakers, it joins them', () => {
  const talking = [1, 1, 1, 1, 2, 2, 1, 1, 1, 1];
  const { activity, embeddings } = reassignTurns(...chunkOf(talking, [ANN, BEN], ofAnn()));
  expect([...activity.talking]).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
  expect(embeddings.numRows).toBe(2);
});

test('with whom it overlaps, it does not: as many talk in each frame as before', () => {
  const talking = [1, 1, 1, 1, 2, 2, 3, 1, 1, 1];
  expect([...reassignTurns(...chunkOf(talking, [ANN, BEN], ofAnn())).activity.talking]).toEqual(talking);
});

test('a short turn stays: 0.9 times a cosine of 1 is less than what the segmentation says', () => {
  const moved = (weight: number) => reassignTurns(...chunkOf(ALONE, [ANN], ofAnn({ weight }))).activity.talking[9];
  expect([moved(0.9), moved(1.1)]).toEqual([1, 2]);
});

test('frames of others in the pauses of a turn stay theirs', () => {
  const talking = [1, 1, 1, 1, 0, 0, 1, 4, 5, 1];
  const found = reassignTurns(...chunkOf(talking, [ANN, ANN, ANN], ofAnn())).activity.talking;
  expect([...found]).toEqual([1, 1, 1, 1, 0, 0, 8, 4, 12, 8]); // 2 is the second local speaker's, who is silent here
});

test('nothing changes where a local speaker is nobody’s, all are one, or turns were not embedded', () => {
  const [speech, clusters] = chunkOf(ALONE, [-2], ofAnn());
  expect([...reassignTurns(speech, clusters).activity.talking]).toEqual(ALONE);
  const { turns: _, ...without } = speech;
  expect(reassignTurns(without, clusters).activity).toBe(speech.activity);
  expect(reassignTurns(speech, { ...clusters, numClusters: 1 }).activity).toBe(speech.activity);
});

test('what was heard is not written to: tuning asks again', () => {
  const [speech, clusters] = chunkOf(ALONE, [ANN], ofAnn());
  const before = structuredClone({ speech, clusters });
  reassignTurns(speech, clusters);
  expect({ speech, clusters }).toEqual(before);
});

test('whoever talks and whatever it sounds like, as many people talk as before, and of one cluster never two', () => {
  const turn = fc
    .record({ speaker: fc.nat(2), first: fc.nat(9), length: fc.integer({ min: 1, max: 5 }), like: fc.nat(1) })
    .map(({ first, length, ...rest }) => ({ ...rest, first, end: Math.min(10, first + length) }));
  fc.assert(
    fc.property(fc.array(fc.nat(1), { minLength: 3, maxLength: 3 }), fc.array(turn, { maxLength: 8 }), (of, turns) => {
      const talking = new Array<number>(10).fill(0);
      const clusterAt = talking.map(() => new Set<number>());
      for (const { speaker, first, end } of turns)
        for (let f = first; f < end; f++) {
          if (clusterAt[f].has(of[speaker]) && !((talking[f] >> speaker) & 1)) continue; // as constrained assignment has it
          clusterAt[f].add(of[speaker]);
          talking[f] |= 1 << speaker;
        }
      const [speech, clusters] = chunkOf(talking, of, turns);
      const found = reassignTurns(speech, clusters);
      const clusterOf = clusterOfLocal(found.activity, found.embeddings, found.clusters);
      expect([...speakerCount(found.activity)]).toEqual([...speakerCount(speech.activity)]);
      for (const set of found.activity.talking) {
        const heard = [...clusterOf].filter((_, place) => (set >> place) & 1);
        expect(new Set(heard).size).toBe(heard.length);
        expect(heard.every((cluster) => cluster >= 0)).toBe(true);
      }
    }),
  );
});

test('a direction in bytes is the vector’s: cosines of any 64 numbers differ by less than 0.01', () => {
  const numbers = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 64, maxLength: 64 });
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      fc.pre(a.some((x) => Math.abs(x) > 0.1) && b.some((x) => Math.abs(x) > 0.1));
      const heard = [a, b].map((vector) => ({
        chunk: 0,
        speaker: 0,
        first: 0,
        end: 1,
        weight: 1,
        vector: Float32Array.from(vector),
      }));
      const { vectors } = turnVoices(heard, 64);
      const exact = similarities(Float64Array.from(a), 64, Float64Array.from(b))[0];
      const kept = similarities(
        Float64Array.from(vectors.subarray(0, 64)),
        64,
        Float64Array.from(vectors.subarray(64)),
      );
      // The rounding of one number is at most 1/254 of the largest; of 64 numbers, √64 / 254 of a vector that has one large.
      expect(Math.abs(kept[0] - exact)).toBeLessThan(0.01);
    }),
  );
});
