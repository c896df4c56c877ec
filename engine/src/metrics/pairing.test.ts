import { expect, test } from 'vitest';
import { type Named, pairByName } from './pairing.ts';

const pairs = (references: readonly Named[], hypotheses: readonly Named[]) => {
  const { pairs: found, lonelyReferences, lonelyHypotheses } = pairByName(references, hypotheses);
  return {
    pairs: found.map(({ reference, hypothesis }) => [references.indexOf(reference), hypotheses.indexOf(hypothesis)]),
    references: lonelyReferences.map((one) => references.indexOf(one)),
    hypotheses: lonelyHypotheses.map((one) => hypotheses.indexOf(one)),
  };
};

test('recordings with the same written name belong together', () => {
  expect(pairs([{ uri: 'a' }, { uri: 'b' }, { uri: 'c' }], [{ uri: 'c' }, { uri: 'x' }, { uri: 'a' }])).toEqual({
    pairs: [
      [0, 2],
      [2, 0],
    ],
    references: [1],
    hypotheses: [1],
  });
});

test('where the written name says nothing the file name counts', () => {
  const references = [{ uri: 'a', stem: 'x' }, { stem: 'b' }, { uri: 'c', stem: 'meeting-c' }];
  const hypotheses = [{ uri: 'waveform', stem: 'meeting-c' }, { uri: 'b' }, { stem: 'a' }];
  expect(pairs(references, hypotheses).pairs).toEqual([
    [0, 2],
    [1, 1],
    [2, 0],
  ]);
});

test('a lone reference belongs to a lone hypothesis, whatever their names', () => {
  expect(pairs([{ uri: 'a' }], [{ uri: 'b' }]).pairs).toEqual([[0, 0]]);
  expect(pairs([{ uri: 'a' }], [{ uri: 'b' }, { uri: 'c' }]).pairs).toEqual([]);
});

test('no hypothesis is taken twice', () => {
  expect(pairs([{ uri: 'a' }, { stem: 'a' }], [{ uri: 'a', stem: 'a' }])).toEqual({
    pairs: [[0, 0]],
    references: [1],
    hypotheses: [],
  });
});

test('a name with blanks is the one that RTTM has with _ for each, if no other has it as it stands', () => {
  const references = [{ uri: 'my_first_talk' }, { uri: 'a_b' }, { uri: 'a b' }];
  const hypotheses = [{ uri: 'a b' }, { uri: 'my first talk' }, { stem: 'a_b' }];
  expect(pairs(references, hypotheses)).toEqual({
    pairs: [
      [0, 1],
      [1, 2],
      [2, 0],
    ],
    references: [],
    hypotheses: [],
  });
});
