import { expect, test } from 'vitest';
import { recogniseFormat } from './recognise.ts';
import { FORMATS, formatByFile, formatByName } from './table.ts';

test('a format is found by its name, a mistyped one refused with the nearest', () => {
  expect(formatByName('TextGrid').name).toBe('textgrid');
  expect(() => formatByName('rtm')).toThrow(
    /Got the format 'rtm' when one of rttm, json, .* was expected\. Did you mean 'rttm'\?/,
  );
});

test('a format is found by the longest ending of a file', () => {
  const names = [
    'a/b.RTTM',
    'x.pyannote.json',
    'x.json',
    'x.audacity.txt',
    'x.txt',
    'x.TEXTGRID',
    'x.md',
    'x.wav',
    'rttm',
  ];
  expect(names.map((name) => formatByFile(name)?.name)).toEqual([
    'rttm',
    'pyannote',
    'json',
    'audacity',
    'txt',
    'textgrid',
    'md',
    undefined,
    undefined,
  ]);
});

test('what each format writes is recognised by its text', () => {
  const turns = [{ start: 1.5, end: 2.25, speaker: 'Anna', text: 'hello' }];
  for (const { name, write, parse } of FORMATS) {
    if (!write || !parse) continue;
    const expected = name.startsWith('pyannote') ? 'json' : name;
    expect([name, recogniseFormat(write([{ uri: 'talk', turns }]))?.name]).toEqual([name, expected]);
    expect(recogniseFormat(write([{ uri: 'talk', turns }]), 'x.txt')?.name).toBe(expected);
  }
  expect(recogniseFormat('\uFEFF;; comment\r\n\r\nSPEAKER a 1 0 1 <NA> <NA> A <NA> <NA>')?.name).toBe('rttm');
  // as pandas writes a table, and Audacity a label with the frequencies of its selection
  expect(recogniseFormat('start\tend\tspeaker\n0.5\t1.5\tA\n')?.name).toBe('tsv');
  expect(recogniseFormat('0.5\t1.5\tA\n\\\t100\t200\n')?.name).toBe('audacity');
  expect(recogniseFormat('0.5\t1.5\r\n2.5\t3.5\r\n')?.name).toBe('audacity');
  expect(recogniseFormat('nothing known')).toBeUndefined();
  expect(recogniseFormat('nothing known', 'x.txt')?.name).toBe('txt');
});
