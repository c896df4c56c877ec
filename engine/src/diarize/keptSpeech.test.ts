import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keptSpeech } from './keptSpeech.ts';

/** A stretch of one chunk of two frames, all of whose numbers tell which it is, with as many voices. */
const stretch = (index: number, numVoices: number) => ({
  firstChunk: index,
  talking: new Uint8Array(2).fill(index),
  chunk: new Int32Array(numVoices).fill(index),
  speaker: new Int32Array(numVoices).fill(index + 1),
  numSolo: new Int32Array(numVoices).fill(index + 2),
  vectors: new Float32Array(numVoices * 3).fill(index),
});

test('stretches that end in another order than they began are kept in the order of the recording', () => {
  const kept = keptSpeech(2, 3);
  for (const [index, numVoices] of [
    [1, 2],
    [0, 1],
    [2, 0],
  ])
    kept.add(stretch(index, numVoices));
  const { talking, embeddings } = kept.finish();
  expect([...talking]).toEqual([0, 0, 1, 1, 2, 2]);
  expect(embeddings.numRows).toBe(3);
  expect([...embeddings.chunk]).toEqual([0, 1, 1]);
  expect([...embeddings.speaker]).toEqual([1, 2, 2]);
  expect([...embeddings.numSolo]).toEqual([2, 3, 3]);
  expect([...embeddings.vectors]).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1]);
});

test('turns that were embedded are kept in the same order, and none where none were', () => {
  const ofTurns = (index: number, numTurns: number) => ({
    spans: new Int32Array(numTurns * 4).fill(index),
    weights: new Float32Array(numTurns).fill(index),
    vectors: new Int8Array(numTurns * 3).fill(index),
  });
  const kept = keptSpeech(2, 3);
  kept.add({ ...stretch(1, 1), turns: ofTurns(1, 2) });
  kept.add({ ...stretch(0, 1), turns: ofTurns(0, 1) });
  const { turns } = kept.finish();
  expect([...turns!.spans]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect([...turns!.weights]).toEqual([0, 1, 1]);
  expect([...turns!.vectors]).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1]);
  const without = keptSpeech(2, 3);
  without.add(stretch(0, 1));
  expect(without.finish().turns).toBeUndefined();
});

test('nothing was heard: arrays without numbers', () => {
  const { talking, embeddings } = keptSpeech(2, 3).finish();
  expect([talking.length, embeddings.numRows, embeddings.vectors.length]).toEqual([0, 0, 0]);
});

test('whatever the order, every number is where its stretch is', () => {
  const order = fc
    .array(fc.nat(4), { minLength: 1, maxLength: 12 })
    .chain((voices) =>
      fc.tuple(fc.constant(voices), fc.shuffledSubarray([...voices.keys()], { minLength: voices.length })),
    );
  fc.assert(
    fc.property(order, ([voices, indices]) => {
      const kept = keptSpeech(2, 3);
      for (const index of indices) kept.add(stretch(index, voices[index]));
      const { talking, embeddings } = kept.finish();
      expect([...talking]).toEqual([...voices.keys()].flatMap((index) => [index, index]));
      expect([...embeddings.chunk]).toEqual(voices.flatMap((n, index) => Array<number>(n).fill(index)));
      expect([...embeddings.vectors]).toEqual(voices.flatMap((n, index) => Array<number>(3 * n).fill(index)));
    }),
  );
});
