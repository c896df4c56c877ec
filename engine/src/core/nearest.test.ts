import { expect, test } from 'vitest';
import { didYouMean, editDistance, nearest } from './nearest.ts';

// Textbook pairs, and two counted by hand.
test.each([
  ['kitten', 'sitting', 3],
  ['saturday', 'sunday', 3],
  ['', 'abc', 3],
  ['same', 'same', 0],
  ['comunity-1', 'community-1', 1],
  ['treshold', 'threshold', 1],
  ['wehn', 'when', 1],
])('%s is %s in %i edits', (a, b, edits) => {
  expect(editDistance(a, b)).toBe(edits);
  expect(editDistance(b, a)).toBe(edits);
});

test('a mistyped name finds the one meant', () => {
  const names = ['embedded', 'community-1', '3.1', 'silero-vad'];
  expect(nearest('comunity1', names)).toBe('community-1');
  expect(nearest('Embeded', names)).toBe('embedded');
  expect(nearest('3.0', names)).toBe('3.1');
});

test('the last word of a dotted name is enough', () => {
  expect(nearest('treshold', ['segmentation_step', 'clustering.threshold', 'clustering.Fa'])).toBe(
    'clustering.threshold',
  );
});

test('the beginning of a name is enough', () => {
  expect(nearest('silero', ['embedded', 'silero-vad'])).toBe('silero-vad');
  expect(nearest('s', ['embedded', 'silero-vad'])).toBeUndefined();
});

test('nothing is suggested for a name that resembles none', () => {
  expect(nearest('whisper-large', ['embedded', 'community-1'])).toBeUndefined();
  expect(didYouMean('whisper-large', ['embedded'])).toBe('');
  expect(didYouMean('embeded', ['embedded'])).toBe(" Did you mean 'embedded'?");
});
