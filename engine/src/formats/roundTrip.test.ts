import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareTurns } from '../core/turn.ts';
import { FORMATS, type Format, formatByName } from './table.ts';
import { writeTextGrid } from './textgrid.ts';
import type { TextAnnotation, TextTurn } from './turns.ts';

/** What a name becomes in a format that can't hold it as it is. */
const underscored = (name: string) => name.replace(/\s/g, '_');
const uncolonned = (name: string) => name.replace(/:(?=\s|$)/g, '_');
const asItIs = (name: string) => name;

const NAMES: Record<string, (name: string) => string> = {
  rttm: underscored,
  lab: underscored,
  stm: underscored,
  ctm: underscored,
  srt: uncolonned,
  txt: uncolonned,
  audacity: uncolonned,
  json: asItIs,
  pyannote: asItIs,
  pyannoteai: asItIs,
  csv: asItIs,
  tsv: asItIs,
  vtt: asItIs,
  textgrid: asItIs,
  eaf: asItIs,
};

const WITH_TEXT = new Set(['json', 'csv', 'tsv', 'srt', 'vtt', 'txt', 'textgrid', 'eaf', 'audacity', 'stm']);
const twoWay = FORMATS.filter((format) => format.parse && format.write);

test('every format that is read and written is checked here', () => {
  expect(twoWay.map(({ name }) => name).sort()).toEqual(Object.keys(NAMES).sort());
});

// Unicode, quotes, XML's and Markdown's specials; no control characters, no blanks at the ends, no [brackets] around.
const tricky = fc.constantFrom(
  'Anna',
  'MÉO069',
  'O\'Brien "Bob"',
  '<b>&amp;</b>',
  ']]>',
  'Dr: Who',
  'a:',
  'x --> y',
  '山田　太郎',
  'محمد',
  '👩‍🎤',
  'a;b,c',
  '42',
  '"',
  '""quoted""',
  'NOTE',
  'e\u0301',
  '-',
  '%',
  '!',
  '1.5',
  '&lt;',
  'constructor',
  '__proto__',
);
const word = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .map((s) => s.replace(/[\p{C}\p{Z}]/gu, ' ').trim())
  .filter((s) => s !== '' && !/^\[.*\]$/.test(s) && !s.startsWith('\\'));
const name = fc.oneof(tricky, word).filter((s) => s !== 'UNKNOWN' && !/^<?NA>?$/i.test(s) && !s.includes('-->'));
const milliseconds = fc.integer({ min: 0, max: 360_000_000 });
const length = fc.integer({ min: 1, max: 100_000 });

const turn = fc
  .record({ speaker: name, start: milliseconds, length })
  .map(({ speaker, start, length }): TextTurn => ({ start: start / 1e3, end: (start + length) / 1e3, speaker }));
const turns = fc.array(turn, { maxLength: 12 });

/** To whole milliseconds, since RTTM and CTM keep lengths and so ends only up to float noise. */
function rounded(list: readonly TextTurn[]): TextTurn[] {
  const ms = (x: number) => Math.round(x * 1e3) / 1e3;
  return list.map((one) => ({ ...one, start: ms(one.start), end: ms(one.end) })).sort(compareTurns);
}

function roundTrip(format: Format, annotation: TextAnnotation): TextAnnotation {
  const text = format.write!([annotation]);
  return format.parse!(text, { file: `talk${format.extensions[0]}`, uri: 'talk' })[0] ?? { uri: 'talk', turns: [] };
}

describe.each(twoWay.map((format) => [format.name, format] as const))('%s', (key, format) => {
  test('turns survive the round trip, whatever the speakers are called', () => {
    fc.assert(
      fc.property(turns, (list) => {
        const given = key === 'ctm' ? list.map((one) => ({ ...one, text: 'word' })) : list;
        const read = roundTrip(format, { uri: 'talk', turns: given });
        const expected = given.map((one) => ({ ...one, speaker: NAMES[key](one.speaker) }));
        expect(read.uri).toBe('talk');
        expect(rounded(read.turns)).toEqual(rounded(expected));
      }),
      { numRuns: 200 },
    );
  });

  test('100,000 turns of 1,000 speakers take linear time (else the time limit ends it)', () => {
    const list = Array.from({ length: 100_000 }, (_, i) => ({
      start: i / 10,
      end: i / 10 + 0.5,
      speaker: `S${(i * 7919) % 1000}`,
      ...(WITH_TEXT.has(key) || key === 'ctm' ? { text: 'hello' } : {}),
    }));
    expect(roundTrip(format, { uri: 'talk', turns: list }).turns).toHaveLength(100_000);
  });

  test('no turns are no turns', () => {
    expect(roundTrip(format, { uri: 'talk', turns: [] }).turns).toEqual([]);
  });
});

describe.each([...WITH_TEXT])('%s', (key) => {
  const format = formatByName(key);
  test('what is said survives the round trip', () => {
    const text = fc.array(fc.oneof(word, tricky), { minLength: 1, maxLength: 5 }).map((words) => words.join(' '));
    const spoken = fc
      .record({ turn, text })
      .map(({ turn, text }) => ({ ...turn, speaker: 'the one who speaks', text }));
    fc.assert(
      fc.property(fc.array(spoken, { maxLength: 8 }), (list) => {
        const read = roundTrip(format, { uri: 'talk', turns: list });
        const kept = (words: string) => (key === 'srt' ? words.replaceAll('-->', '->') : words);
        const pairs = (all: readonly TextTurn[]) => rounded(all).map((one) => `${one.start} ${kept(one.text ?? '')}`);
        expect(pairs(read.turns).sort()).toEqual(pairs(list).sort());
      }),
      { numRuns: 100 },
    );
  });
});

test.each([...WITH_TEXT])('%s: line and paragraph separators are within a line', (key) => {
  const turn = { start: 1, end: 2, speaker: 'Anna', text: 'good\u2028morning\u2029all' };
  expect(roundTrip(formatByName(key), { uri: 'talk', turns: [turn] }).turns).toEqual([turn]);
});

test.each([...WITH_TEXT])('%s: what nobody knows who said stays text, by UNKNOWN', (key) => {
  for (const text of ['good morning', 'At noon: we go']) {
    const turn = { start: 1, end: 2, speaker: 'UNKNOWN', text };
    expect(roundTrip(formatByName(key), { uri: 'talk', turns: [turn] }).turns).toEqual([turn]);
  }
});

test('ctm: a word that nobody knows who said stays by UNKNOWN', () => {
  const turn = { start: 1, end: 2, speaker: 'UNKNOWN', text: 'hello' };
  expect(roundTrip(formatByName('ctm'), { uri: 'talk', turns: [turn] }).turns).toEqual([turn]);
});

test('the short TextGrid holds the same', () => {
  fc.assert(
    fc.property(turns, (list) => {
      const { parse } = formatByName('textgrid');
      const read = parse!(writeTextGrid({ turns: list }, { short: true }));
      expect(rounded(read[0].turns)).toEqual(rounded(list));
    }),
  );
});

test('several recordings survive in the formats that hold several', () => {
  const recordings = ['b', 'a', 'c'].map((uri, i) => ({
    uri,
    turns: [{ start: i, end: i + 1, speaker: 'S', text: 'hi' }],
  }));
  for (const format of twoWay.filter(({ holdsMany }) => holdsMany)) {
    const read = format.parse!(format.write!(recordings));
    expect(read.map(({ uri }) => uri)).toEqual(['b', 'a', 'c']);
  }
  expect(() => formatByName('srt').write!(recordings)).toThrow(
    'got 3 recordings (b, a, c) when srt holds exactly one: choose one of them',
  );
});
