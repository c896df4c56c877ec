import { expect, test } from 'vitest';
import { coloursFor } from './colours.ts';
import { personView } from './personView.ts';
import { reviewView } from './reviewView.ts';

test('the least sure turns come first, no more than asked for', () => {
  const turns = [
    { start: 0, end: 61.5, speaker: 'SPEAKER_00', confidence: 0.91 },
    { start: 61.5, end: 62, speaker: 'SPEAKER_01', confidence: 0.384 },
    { start: 62, end: 63, speaker: 'SPEAKER_00', confidence: 0.7 },
  ];
  const colours = coloursFor({ isTTY: false } as never);
  expect(reviewView({ turns, duration: 70 }, { title: 'a.wav', most: 2, colours })).toBe(
    [
      'a.wav  the 2 least sure of 3 turns',
      '  38 %  1:01.50 – 1:02.00  SPEAKER_01',
      '  70 %  1:02.00 – 1:03.00  SPEAKER_00',
      '',
    ].join('\n'),
  );
});

test("a recording's name cannot steer the terminal, above the turns or the review", () => {
  const options = { title: 'a\u001b[2J\n.wav', most: 1, colours: coloursFor({}, {}), duration: 1, width: 80 };
  const turns = [{ start: 0, end: 1, speaker: 'A' }];
  expect(reviewView({ turns }, options).split('\n')[0]).toBe('a�[2J�.wav  the 1 least sure of 1 turn');
  expect(personView({ turns }, options)).toContain('\na�[2J�.wav  0:01, 1 speaker, 1 turn\n');
});
