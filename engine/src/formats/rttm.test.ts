import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Annotation } from '../core/annotation.ts';
import type { FormatError } from '../core/errors.ts';
import { parseRttm, writeRttm } from './rttm.ts';

const fixture = (name: string) => readFileSync(new URL(`../../../fixtures/formats/${name}`, import.meta.url), 'utf8');

type Triple = [number, number, string];
const annotationOf = (uri: string, triples: Triple[]): Annotation => ({
  uri,
  turns: triples.map(([start, end, speaker]) => ({ start, end, speaker })),
});

test.each(['trn00', 'trn05', 'dev00', 'silence12s'])('%s is written to the byte as pyannote writes it', (name) => {
  const exact = JSON.parse(fixture(`pyannote/${name}.json`));
  expect(writeRttm(annotationOf(name, exact.diarization))).toBe(fixture(`pyannote/${name}.rttm`));
  expect(writeRttm(annotationOf(name, exact.exclusive))).toBe(fixture(`pyannote/${name}.exclusive.rttm`));
});

test('a line is a turn', () => {
  expect(parseRttm('SPEAKER meeting 1 4.5 0.25 <NA> <NA> SPEAKER_00 <NA> <NA>\n')).toEqual([
    { uri: 'meeting', turns: [{ start: 4.5, end: 4.75, speaker: 'SPEAKER_00' }] },
  ]);
});

test('a human reference is read and written without loss', () => {
  for (const name of ['trn00', 'EN2002b_900_960']) {
    const text = fixture(`ami/${name}.rttm`);
    const [annotation] = parseRttm(text, { file: `${name}.rttm` });
    expect(annotation.uri).toBe(name);
    expect(writeRttm(annotation)).toBe(text);
  }
  expect(parseRttm(fixture('ami/trn00.rttm'))[0].turns[0].speaker).toBe('MÉO069');
});

test('one file holds many recordings, in any order, with comments and lines of other types between', () => {
  const text = [
    '\uFEFF;; made by hand',
    'SPKR-INFO b 1 <NA> <NA> <NA> unknown B1 <NA> <NA>',
    'SPKR-INFO silent 1 <NA> <NA> <NA> unknown S1 <NA> <NA>',
    'SPEAKER b 1 3 1 <NA> <NA> B1 <NA> <NA>',
    'SPEAKER\ta\t1\t.5\t1e0\t<NA>\t<NA>\tAnna Lee\t0.75\t<NA>',
    'LEXEME b 1 3.1 0.2 hello lex B1 0.9 <NA>',
    '   SPEAKER b 1 1.0 +0.5 <NA> <NA> B2 <NA> <NA>   ',
    '',
    'NON-SPEECH b 1 4 1 <NA> other <NA> <NA> <NA>',
  ].join('\r\n');
  expect(parseRttm(text)).toEqual([
    {
      uri: 'b',
      turns: [
        { start: 1, end: 1.5, speaker: 'B2' },
        { start: 3, end: 4, speaker: 'B1' },
      ],
    },
    { uri: 'silent', turns: [] },
    { uri: 'a', turns: [{ start: 0.5, end: 1.5, speaker: 'Anna Lee', confidence: 0.75 }] },
  ]);
});

test('names with blanks are read, and written with underscores', () => {
  const [annotation] = parseRttm(
    'SPEAKER my own file 1 0.5 0.5 <NA> <NA> Mr van der Berg <NA> <NA>\nSPEAKER my own file 1 2 1 <NA> <NA> speaker 1 <NA>',
  );
  expect(annotation.uri).toBe('my own file');
  expect(annotation.turns.map((turn) => turn.speaker)).toEqual(['Mr van der Berg', 'speaker']);
  expect(writeRttm(annotation).split('\n')[0]).toBe(
    'SPEAKER my_own_file 1 0.500 0.500 <NA> <NA> Mr_van_der_Berg <NA> <NA>',
  );
});

test('columns behind the tenth are not part of the name', () => {
  const lines = ['<NA> <NA> extra 7', '0.9 <NA> extra', '<NA> 0.5', '0.9 0.5', '<NA>', ''];
  const text = lines.map((tail, i) => `SPEAKER f 1 ${i} 1 <NA> <NA> Mr A ${tail}\n`).join('');
  expect(parseRttm(text)[0].turns.map(({ speaker, confidence }) => [speaker, confidence])).toEqual([
    ['Mr A', undefined],
    ['Mr A', 0.9],
    ['Mr A', undefined],
    ['Mr A', 0.9],
    ['Mr A', undefined],
    ['Mr A', undefined],
  ]);
  for (const tail of ['<NA>\t<NA>\tfemale', '\t<NA>\tfemale']) {
    const byTab = `SPEAKER\tf\t1\t0\t1\t<NA>\t<NA>\tMr A\t${tail}\n`;
    expect(parseRttm(byTab)[0].turns).toEqual([{ start: 0, end: 1, speaker: 'Mr A' }]);
  }
});

test('a turn without length is dropped; its recording stays known', () => {
  expect(parseRttm('SPEAKER f 1 1.0 0.000 <NA> <NA> A <NA> <NA>')).toEqual([{ uri: 'f', turns: [] }]);
});

test.each([
  ['SPEAKER f 1 1.0 -0.5 <NA> <NA> A <NA> <NA>', "got -0.5 for the duration when it can't be negative"],
  [
    'SPEAKER f 1 1,5 0.5 <NA> <NA> A <NA> <NA>',
    'got "1,5" for the start when a number of seconds such as 12.34 was expected',
  ],
  [
    'SPEAKER f 1 1.5 nan <NA> <NA> A <NA> <NA>',
    'got "nan" for the duration when a number of seconds such as 12.34 was expected',
  ],
  ['SPEAKER f 1 1.5 0.5', 'got 5 fields when a SPEAKER line has 10 (at least 8, the last the name)'],
  ['00:01 hello', 'got "00:01" when an RTTM line starts with its type, such as SPEAKER'],
])('%s is refused with its place', (line, reason) => {
  const text = `;; comment\n\nSPEAKER f 1 0 1 <NA> <NA> A <NA> <NA>\n${line}\n`;
  expect(() => parseRttm(text, { file: 'bad.rttm' })).toThrow(`bad.rttm:4: ${reason}`);
  const bad: FormatError[] = [];
  const [annotation] = parseRttm(text, { file: 'bad.rttm', onBadLine: (error) => bad.push(error) });
  expect(annotation.turns).toHaveLength(1);
  expect(bad.map((error) => [error.file, error.line])).toEqual([['bad.rttm', 4]]);
});

test('an empty file holds no recording', () => {
  expect(parseRttm('')).toEqual([]);
  expect(parseRttm('\n\n;; nothing\n')).toEqual([]);
});

test('turns at whole milliseconds survive the round trip', () => {
  const name = fc.stringMatching(/^[^\s;]{1,12}$/u).filter((s) => !/^[\s;\uFEFF]/.test(s) && s !== '');
  const turn = fc.record({
    start: fc.integer({ min: 0, max: 1e8 }),
    length: fc.integer({ min: 1, max: 1e6 }),
    speaker: name,
  });
  fc.assert(
    fc.property(name, fc.array(turn, { minLength: 1, maxLength: 20 }), (uri, turns) => {
      const annotation = {
        uri,
        turns: turns.map(({ start, length, speaker }) => ({
          start: start / 1e3,
          end: (start + length) / 1e3,
          speaker,
        })),
      };
      const text = writeRttm(annotation);
      const [read] = parseRttm(text);
      expect(read.uri).toBe(uri);
      expect(
        writeRttm({ ...read, turns: read.turns })
          .split('\n')
          .sort(),
      ).toEqual(text.split('\n').sort());
    }),
  );
});

test('100,000 turns are read and written in linear time (else the time limit ends it)', () => {
  const turns = Array.from({ length: 100_000 }, (_, i) => ({ start: i, end: i + 0.5, speaker: `S${i % 10_000}` }));
  const [read] = parseRttm(writeRttm({ uri: 'long', turns }));
  expect(read.turns).toEqual(turns);
});
