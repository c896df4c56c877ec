import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseUem, writeUem } from './uem.ts';

test('a UEM of AMI is read', () => {
  const text = readFileSync(new URL('../../../fixtures/formats/ami/trn00.uem', import.meta.url), 'utf8');
  expect(parseUem(text)).toEqual([{ uri: 'trn00', timeline: [{ start: 0, end: 30 }] }]);
});

test('parts are gathered by recording and sorted', () => {
  const text = '\uFEFF;; parts\r\na 1 10 20\r\nmy file\tNA\t0.5\t1.25\r\na 1 0.000 5.500';
  const uems = parseUem(text);
  expect(uems).toEqual([
    {
      uri: 'a',
      timeline: [
        { start: 0, end: 5.5 },
        { start: 10, end: 20 },
      ],
    },
    { uri: 'my file', timeline: [{ start: 0.5, end: 1.25 }] },
  ]);
  expect(writeUem(uems)).toBe('a 1 0.000 5.500\na 1 10.000 20.000\nmy_file 1 0.500 1.250\n');
});

test('a part that comes twice is one, as in a timeline of pyannote', () => {
  expect(parseUem('a 1 2 4\na 1 0 1\na 1 2 4')).toEqual([
    {
      uri: 'a',
      timeline: [
        { start: 0, end: 1 },
        { start: 2, end: 4 },
      ],
    },
  ]);
});

test('an empty part is dropped, one that ends before its start is refused', () => {
  expect(parseUem('a 1 5 5')).toEqual([{ uri: 'a', timeline: [] }]);
  expect(() => parseUem('a 1 0 1\na 1 5 4.5', { file: 'x.uem' })).toThrow(
    'x.uem:2: a part ends at 4.500 s, before its start at 5.000 s',
  );
  expect(() => parseUem('a 1 0', { file: 'x.uem' })).toThrow(
    'x.uem:1: got 3 fields when a UEM line has 4: file, channel, start, end',
  );
  expect(() => parseUem('a 1 0 end', { file: 'x.uem' })).toThrow('x.uem:1: got "end" for the end');
});
