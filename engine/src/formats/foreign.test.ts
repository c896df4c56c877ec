import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeText } from '../node/readText.ts';
import { parseCtm } from './ctm.ts';
import { parseEaf } from './eaf.ts';
import { recogniseFormat } from './recognise.ts';
import { parseSrt } from './srt.ts';
import { parseVtt } from './vtt.ts';

/** Files as other programs write them; what they hold was read by eye. */
const read = (name: string, options: { tiers?: string[] } = {}) => {
  const text = decodeText(readFileSync(new URL(`../../../fixtures/formats/foreign/${name}`, import.meta.url)));
  const format = recogniseFormat(text, name);
  return format!.parse!(text, { file: name, ...options });
};

test('RTTM in Latin-1, with CRLF, a turn without length and no last newline', () => {
  expect(read('latin1.rttm')).toEqual([
    {
      uri: 'café',
      turns: [
        { start: 0.5, end: 1.75, speaker: 'Björn' },
        { start: 3, end: 4, speaker: 'Renée' },
      ],
    },
  ]);
});

test('RTTM with a byte order mark, comments, tabs and blanks in names', () => {
  expect(read('bom-tabs.rttm')).toEqual([
    { uri: 'show 12', turns: [{ start: 0.5, end: 1.75, speaker: 'Mr Khan', confidence: 0.9 }] },
    { uri: 'show_13', turns: [{ start: 7, end: 7.25, speaker: 'Bo' }] },
  ]);
});

test('STM of sclite with gaps, labels and empty transcripts', () => {
  expect(read('sclite.stm')).toEqual([
    {
      uri: 'AlGore_2009',
      turns: [
        { start: 16.82, end: 20.5, speaker: 'AlGore_2009', text: 'thank you so much chris' },
        { start: 20.5, end: 21, speaker: 'Host' },
      ],
    },
    { uri: '2830', turns: [{ start: 0, end: 0.32, speaker: '2830-A', text: '{uh-huh / @}' }] },
  ]);
});

test('CTM of sclite with alternatives, speakers and a word without length', () => {
  const [{ uri, turns }] = read('sclite.ctm');
  expect(uri).toBe('7654');
  expect(turns.map(({ start, speaker, text, confidence }) => [start, speaker, text, confidence])).toEqual([
    [11.34, 'A', 'YES', undefined],
    [12, '1', 'YOU', 0.38453],
    [12.34, 'A', 'CAN', 0.5],
    [13, 'Bo', 'ER', undefined],
  ]);
  expect(turns[3].end).toBe(13);
});

test('CSV as a German spreadsheet saves it', () => {
  expect(read('excel.csv')).toEqual([
    {
      uri: 'a;b',
      turns: [{ start: 0.5, end: 1.25, speaker: 'Müller', text: 'Er sagte "ja";\r\nund ging' }],
    },
    { uri: 'excel', turns: [{ start: 3.5, end: 4, speaker: 'Bo', text: 'nein' }] },
  ]);
});

test('CSV with onset and duration', () => {
  expect(read('onset-duration.csv')).toEqual([
    {
      uri: 'onset-duration',
      turns: [
        { start: 0.5, end: 1.25, speaker: 'Anna' },
        { start: 2, end: 3, speaker: 'Bo' },
      ],
    },
  ]);
});

test('Audacity labels with frequencies, decimal commas, a point and a label without text', () => {
  expect(read('labels.txt')).toEqual([
    {
      uri: 'labels',
      turns: [
        { start: 0, end: 1.5, speaker: 'Anna' },
        { start: 1.25, end: 2.5, speaker: 'Bo', text: 'guten Tag' },
        { start: 4, end: 5, speaker: 'UNKNOWN' },
      ],
    },
  ]);
});

test('an arrow in what was said makes no line of times in SubRip', () => {
  const text =
    '1\n00:00:01,000 --> 00:00:02,000\nAnna: go from a --> b\n\n2\n00:00:03,000 --> 00:00:04,000\nBo: so\n3\n--> 4\n';
  expect(parseSrt(text).turns.map(({ start, speaker, text }) => [start, speaker, text])).toEqual([
    [1, 'Anna', 'go from a --> b'],
    [3, 'Bo', 'so\n3\n--> 4'],
  ]);
});

test('SubRip with CRLF, positions, blank lines inside, missing numbers and an empty cue', () => {
  expect(read('player.srt')[0].turns).toEqual([
    { start: 1, end: 2.5, speaker: 'SPEAKER_00', text: 'Hello there,\ngeneral Kenobi.' },
    { start: 3.25, end: 4, speaker: 'UNKNOWN', text: '<i>Anna:</i> no prefix here' },
    { start: 60, end: 3600, speaker: 'Dr. Khan', text: '42' },
  ]);
});

test('WebVTT with header, style, note, names, classes, entities and two voices in a cue', () => {
  expect(read('player.vtt')[0].turns).toEqual([
    { start: 1, end: 2.5, speaker: "Esme O'Neil", text: 'It&rsquo;s <i> blue & green' },
    { start: 3, end: 4, speaker: 'Mary', text: 'three blind mice' },
    { start: 3600, end: 3601, speaker: 'Anna', text: 'Hi!' },
    { start: 3600, end: 3601, speaker: 'Bo', text: 'Hello!' },
  ]);
});

test('a job of pyannoteAI', () => {
  expect(read('pyannoteai-job.json')).toEqual([
    {
      uri: 'pyannoteai-job',
      turns: [
        { start: 0.025, end: 11.045, speaker: 'SPEAKER_00', confidence: 0.96 },
        { start: 11.1, end: 12, speaker: 'SPEAKER_01' },
      ],
      exclusiveTurns: [{ start: 0.025, end: 11.045, speaker: 'SPEAKER_00' }],
    },
  ]);
});

test.each(['praat-long', 'praat-short', 'praat-utf16'])('%s.TextGrid, written by Praat itself', (name) => {
  expect(read(`${name}.TextGrid`)).toEqual([
    {
      uri: name,
      duration: 5,
      turns: [
        { start: 1.25, end: 2.5, speaker: 'Anna', text: 'she said "hi"' },
        { start: 2, end: 5, speaker: 'Björn', text: 'grüß Gott' },
      ],
    },
  ]);
});

test('a chronological TextGrid is refused', () => {
  expect(() => read('praat-chronological.TextGrid')).toThrow(
    'praat-chronological.TextGrid:1: got the file type "Praat chronological TextGrid text file" when "ooTextFile" was expected',
  );
});

test('EAF written by pympi', () => {
  expect(read('pympi.eaf')).toEqual([
    {
      uri: 'pympi',
      turns: [
        { start: 1.25, end: 2.5, speaker: 'Anna', text: 'she said "hi" & left' },
        { start: 2, end: 5, speaker: 'Björn', text: 'grüß Gott <laughs>' },
        { start: 3, end: 3.5, speaker: 'Anna' },
      ],
    },
  ]);
});

test('EAF with words and translations below the turns, and a slot without a time', () => {
  expect(read('elan.eaf')).toEqual([
    {
      uri: 'elan',
      turns: [
        { start: 1, end: 3, speaker: 'Anna', text: 'good <morning> 🙂' },
        { start: 3, end: 3.5, speaker: 'Bo & Co' },
      ],
    },
  ]);
  expect(read('elan.eaf', { tiers: ['A_word'] })[0].turns).toEqual([
    { start: 1, end: 2, speaker: 'Anna', text: 'good' },
    { start: 2, end: 3, speaker: 'Anna', text: 'morning' },
  ]);
  expect(read('elan.eaf', { tiers: ['A_de'] })[0].turns).toEqual([
    { start: 1, end: 3, speaker: 'A_de', text: 'guten Morgen' },
  ]);
  expect(() => read('elan.eaf', { tiers: ['C'] })).toThrow(
    'elan.eaf: got the tiers A_utt, A_word, A_de, Bo & Co when C was to be read',
  );
});

test('EAF words that divide a turn share its time, whatever slots of others stand between theirs', () => {
  const slot = (id: string, time?: number) =>
    `<TIME_SLOT TIME_SLOT_ID="${id}"${time === undefined ? '' : ` TIME_VALUE="${time}"`}/>`;
  const word = (from: string, to: string) =>
    `<ANNOTATION><ALIGNABLE_ANNOTATION TIME_SLOT_REF1="${from}" TIME_SLOT_REF2="${to}"/></ANNOTATION>`;
  const text =
    `<ANNOTATION_DOCUMENT><TIME_ORDER>${slot('a', 0)}${slot('b')}${slot('x', 100)}${slot('c')}${slot('y', 200)}${slot('z')}` +
    `${slot('d', 900)}</TIME_ORDER><TIER TIER_ID="T">${word('a', 'd')}${word('x', 'y')}</TIER>` +
    `<TIER TIER_ID="W" PARENT_REF="T">${word('a', 'b')}${word('b', 'c')}${word('c', 'd')}</TIER>` +
    `<TIER TIER_ID="Z" PARENT_REF="T">${word('x', 'z')}</TIER></ANNOTATION_DOCUMENT>`;
  const turns = (tier: string) => parseEaf(text, { tiers: [tier] }).turns.map(({ start, end }) => [start, end]);
  expect(turns('W')).toEqual([
    [0, 0.3],
    [0.3, 0.6],
    [0.6, 0.9],
  ]);
  expect(turns('Z')).toEqual([[0.1, 0.55]]); // no row tells: half-way between the neighbours in the file
});

test('EAF words that refer to a word, or to a turn and the word before, share the time that they refer to', () => {
  const refer = (id: string, ref: string, value: string, previous = '') =>
    `<REF_ANNOTATION ANNOTATION_ID="${id}" ANNOTATION_REF="${ref}"${previous && ` PREVIOUS_ANNOTATION="${previous}"`}>` +
    `<ANNOTATION_VALUE>${value}</ANNOTATION_VALUE></REF_ANNOTATION>`;
  const eaf = (...rest: string[]) =>
    '<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="1000"/>' +
    '<TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="4000"/></TIME_ORDER><TIER TIER_ID="T"><ALIGNABLE_ANNOTATION ' +
    'ANNOTATION_ID="t" TIME_SLOT_REF1="a" TIME_SLOT_REF2="b"/></TIER>' +
    `${rest.map((one, i) => `<TIER TIER_ID="${i}" PARENT_REF="T">${one}</TIER>`).join('')}</ANNOTATION_DOCUMENT>`;
  const words = refer('w1', 't', 'one') + refer('w3', 't', 'three', 'w2') + refer('w2', 't', 'two', 'w1');
  const text = eaf(words, refer('g', 'w2', 'deux'));
  const turns = (tier: string) => parseEaf(text, { tiers: [tier] }).turns.map((one) => [one.start, one.end, one.text]);
  expect(turns('0')).toEqual([
    [1, 2, 'one'],
    [2, 3, 'two'],
    [3, 4, 'three'],
  ]);
  expect(turns('1')).toEqual([[2, 3, 'deux']]);
  const wrong = (tier: string) => () => parseEaf(eaf(tier), { file: 'f', tiers: ['0'] });
  expect(wrong(refer('x', 'nobody', ''))).toThrow('f:1: got a reference to "nobody", which is not in the file');
  expect(wrong(refer('x', 'y', '') + refer('y', 'x', ''))).toThrow('that leads back to it');
});

// WebVTT (W3C), section 6.1: a line with --> ends the block before it.
test('WebVTT without a blank line between its cues', () => {
  const vtt = 'WEBVTT\n\n00:01.000 --> 00:02.000\nAnna: Hello\n00:02.000 --> 00:03.000\nBo: Hi\n';
  expect(parseVtt(vtt).turns).toEqual([
    { start: 1, end: 2, speaker: 'Anna', text: 'Hello' },
    { start: 2, end: 3, speaker: 'Bo', text: 'Hi' },
  ]);
});

test('CTM between tabs with an empty confidence says nothing of how sure it is', () => {
  expect(parseCtm('talk\t1\t0.5\t0.25\thello\t\tlex\tAnna\n')).toEqual([
    { uri: 'talk', turns: [{ start: 0.5, end: 0.75, speaker: 'Anna', text: 'hello' }] },
  ]);
});
