import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonFixture } from '../../test/readFixture.ts';
import { countEdits, editDistance } from './alignWords.ts';
import { concatenatedWordErrorRate } from './cpwer.ts';
import { wordDiarizationErrorRate } from './wder.ts';
import { normalizeWord, type SpokenTurn, type Transcript } from './words.ts';

const said = (...turns: readonly [speaker: string, text: string][]): Transcript => ({
  turns: turns.map(([speaker, text], i) => ({ start: i, end: i + 1, speaker, text })),
});

test('cpWER counts what was misheard and what was given to the wrong speaker', () => {
  const reference = said(['A', 'good morning all'], ['B', 'good morning'], ['A', 'shall we start']);
  const hypothesis = said(['x', 'good morning'], ['y', 'good morning shall'], ['x', 'we start']);
  // x is A: "good morning we start" for "good morning all shall we start" lacks 2; y is B with one word too many.
  const { cpwer, total, deletions, insertions, substitutions, mapping } = concatenatedWordErrorRate(
    reference,
    hypothesis,
  );
  expect({ cpwer, total, deletions, insertions, substitutions }).toEqual({
    cpwer: 3 / 8,
    total: 8,
    deletions: 2,
    insertions: 1,
    substitutions: 0,
  });
  expect(Object.fromEntries(mapping)).toEqual({ x: 'A', y: 'B' });
});

test('WDER counts aligned words with the wrong speaker', () => {
  const reference = said(['A', 'good morning all'], ['B', 'good morning'], ['A', 'shall we start']);
  const hypothesis = said(['x', 'good morning'], ['y', 'good morning shall'], ['x', 'we stop']);
  // "all" is gone; of the 7 others "shall" has the wrong speaker; "stop" stands for "start" and has the right one.
  const { wder, total, wrongSpeaker } = wordDiarizationErrorRate(reference, hypothesis);
  expect({ wder, total, wrongSpeaker }).toEqual({ wder: 1 / 7, total: 7, wrongSpeaker: 1 });
});

test('words are compared as they stand, or as normalized', () => {
  const reference = said(['A', 'Don’t – stop!']);
  const hypothesis = said(['x', "don't stop"]);
  expect(concatenatedWordErrorRate(reference, hypothesis).cpwer).toBe(1);
  expect(concatenatedWordErrorRate(reference, hypothesis, { normalize: normalizeWord }).cpwer).toBe(0);
  expect(normalizeWord('„Füße“,')).toBe('füße');
});

test('nothing said and nothing heard is no error; words out of nothing are', () => {
  expect(concatenatedWordErrorRate(said(), said()).cpwer).toBe(0);
  expect(concatenatedWordErrorRate(said(), said(['x', 'hello there'])).cpwer).toBe(1);
  expect(concatenatedWordErrorRate(said(['A', 'hello there']), said()).cpwer).toBe(1);
  expect(wordDiarizationErrorRate(said(['A', 'hello']), said()).wder).toBe(0);
});

interface Case {
  readonly reference: readonly SpokenTurn[];
  readonly hypothesis: readonly SpokenTurn[];
  readonly cpwer: Readonly<Record<'errors' | 'total' | 'insertions' | 'deletions' | 'substitutions', number>>;
  readonly wder: Readonly<Record<'total' | 'wrongSpeaker', number>>;
}

test('40 transcripts as MeetEval 0.4.3 and diarizationlm 0.1.5 score them', () => {
  const { cases } = readJsonFixture<{ readonly cases: readonly Case[] }>('metrics/words.json.gz');
  expect(cases).toHaveLength(40);
  for (const { reference, hypothesis, cpwer, wder } of cases) {
    const found = concatenatedWordErrorRate({ turns: reference }, { turns: hypothesis });
    expect(found.total).toBe(cpwer.total);
    expect(found.insertions + found.deletions + found.substitutions).toBe(cpwer.errors);
    expect(found.insertions - found.deletions).toBe(cpwer.insertions - cpwer.deletions);
    const { total, wrongSpeaker } = wordDiarizationErrorRate({ turns: reference }, { turns: hypothesis });
    expect({ total, wrongSpeaker }).toEqual(wder);
  }
});

test('the kinds of edits add up to the fewest edits, found by trying all', () => {
  const words = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 7 }).map((list) => Int32Array.from(list));
  fc.assert(
    fc.property(words, words, (a, b) => {
      const { insertions, deletions, substitutions } = countEdits(a, b);
      expect(insertions + deletions + substitutions).toBe(fewest(a, b, 0, 0));
      expect(editDistance(a, b)).toBe(insertions + deletions + substitutions);
      expect(insertions - deletions).toBe(b.length - a.length);
    }),
    { numRuns: 300 },
  );
});

function fewest(a: Int32Array, b: Int32Array, i: number, j: number): number {
  if (i === a.length) return b.length - j;
  if (j === b.length) return a.length - i;
  if (a[i] === b[j]) return fewest(a, b, i + 1, j + 1);
  return 1 + Math.min(fewest(a, b, i + 1, j + 1), fewest(a, b, i + 1, j), fewest(a, b, i, j + 1));
}
