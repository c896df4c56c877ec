import { expect, test } from 'vitest';
import { parseCsv } from './csv.ts';

test('of two columns that could be the speaker, the one that says so is, wherever it stands', () => {
  const turns = [{ start: 1, end: 2, speaker: 'Ann' }];
  expect(parseCsv('name,start,end,label,speaker\nmeeting,1,2,greeting,Ann\n')[0].turns).toEqual(turns);
  expect(parseCsv('start,end,speaker,label\n1,2,Ann,greeting\n')[0].turns).toEqual(turns);
  expect(parseCsv('start,end,label\n1,2,Ann\n')[0].turns).toEqual(turns);
});
