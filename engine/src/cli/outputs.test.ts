import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sniff } from '../audio/sniff.ts';
import { writeNpy } from '../model/npy.ts';
import {
  asksForJson,
  checkPageName,
  checkPlace,
  endingOf,
  type OutputFlags,
  type OutputPlan,
  planOutput,
  refuseInput,
  refuseSamePlace,
  TURN_FORMATS,
} from './outputs.ts';

const folder = mkdtempSync(join(tmpdir(), 'diarist-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const one = [{ uri: 'meeting', label: 'meeting.mp3' }];
const two = [...one, { uri: 'call', label: 'call.wav' }];

function plan(inputs: typeof one, flags: OutputFlags, terminal = false): [string, OutputPlan['write'], string] {
  const { format, write, target } = planOutput(inputs, flags, { terminal });
  return [format === 'person' ? format : format.name, write, target(inputs[0])];
}

test('a terminal gets what a person reads, everything else RTTM', () => {
  expect(plan(one, {}, true)).toEqual(['person', 'each', '-']);
  expect(plan(two, {}, true)).toEqual(['person', 'each', '-']);
  expect(plan(one, {})).toEqual(['rttm', 'each', '-']);
  expect(plan(one, { output: '-' }, true)).toEqual(['rttm', 'each', '-']);
  expect(plan(one, { json: true }, true)).toEqual(['json', 'each', '-']);
  expect(plan(two, { format: 'JSON' }, true)).toEqual(['json', 'together', '-']);
});

test('a file names its format, a folder gets a file each', () => {
  expect(plan(one, { output: join(folder, 'x.srt') })).toEqual(['srt', 'each', join(folder, 'x.srt')]);
  expect(plan(two, { output: join(folder, 'all.csv') })).toEqual(['csv', 'together', join(folder, 'all.csv')]);
  expect(plan(one, { output: join(folder, 'x.out'), format: 'vtt' })[0]).toBe('vtt');
  expect(plan(two, { output: `${folder}/new/`, format: 'textgrid' })).toEqual([
    'textgrid',
    'each',
    join(folder, 'new', 'meeting.TextGrid'),
  ]);
  expect(existsSync(join(folder, 'new'))).toBe(true);
  expect(plan(two, { output: folder })).toEqual(['rttm', 'each', join(folder, 'meeting.rttm')]);
});

test('vectors and confidence are refused where the format has no place for them', () => {
  const held = (flags: OutputFlags) => plan(one, flags)[0];
  expect(held({ embeddings: true, json: true })).toBe('json');
  expect(held({ embeddings: true, output: join(folder, 'x.json') })).toBe('json');
  expect(['json', 'csv', 'tsv', 'pyannoteai'].map((format) => held({ confidence: true, format }))).toHaveLength(4);
  expect(() => held({ embeddings: true })).toThrow(
    'Got --embeddings, which rttm has no place for: say --format with json.',
  );
  expect(() => held({ confidence: true, output: join(folder, 'x.srt') })).toThrow(
    'Got --confidence, which srt has no place for: say --format with one of json, csv, tsv, pyannoteai.',
  );
  expect(() => plan(one, { confidence: true, output: `${folder}/none/` })).toThrow('which rttm has no place for');
  expect(existsSync(join(folder, 'none'))).toBe(false);
  expect(() => plan(one, { confidence: true }, true)).toThrow('which the view on a terminal has no place for');
});

test('what cannot be is refused', () => {
  expect(() => plan(two, { format: 'srt' })).toThrow('Got 2 recordings, and srt holds one: say --output folder/');
  expect(() => plan(one, { format: 'ctm' })).toThrow('Got the format ctm, which holds words: choose one of rttm, json');
  expect(() => plan(one, { json: true, format: 'rttm' })).toThrow('Got --json and --format rttm: choose one.');
  expect(() => plan(one, { output: join(folder, 'x.xyz') })).toThrow(/Can't tell the format from .*: say --format/);
  expect(() => plan(two, { output: join(folder, 'results') })).toThrow(/stm, uem, or .*results\/ for a folder\.$/);
  // In separate runs to the same folder the second would replace the first all the same.
  expect(() => plan([...one, { uri: 'meeting', label: 'meeting.wav' }], { output: folder })).toThrow(
    /^Both meeting.mp3 and meeting.wav would be written to .*meeting.rttm: give them folders of their own\.$/,
  );
});

test("a name's ending is one that is known, or there is none", () => {
  expect(['a.csv', 'a.v2.CSV', 'a.json'].map((name) => endingOf(name, ['csv', 'json']))).toEqual([
    'csv',
    'csv',
    'json',
  ]);
  for (const name of ['-', 'a', '.hidden', '/dev/null', 'new.v2/', folder])
    expect(endingOf(name, ['csv', 'json']), name).toBeUndefined();
  expect(() => endingOf('a.foo', ['csv', 'json'])).toThrow(
    "Can't tell the format from 'a.foo': say --format with one of csv, json.",
  );
  expect([{}, { output: 'a.txt' }, { output: 'a.JSON' }, { output: 'a.txt', json: true }].map(asksForJson)).toEqual([
    false,
    false,
    true,
    true,
  ]);
  expect(() => checkPageName('x.pdf')).toThrow(
    "Can't tell the format from 'x.pdf': the page is HTML, so name it .html.",
  );
  for (const name of ['-', 'x', 'x.HTML', 'x.htm']) expect(() => checkPageName(name), name).not.toThrow();
});

test('two recordings of one name are not put into one document, a terminal may show both', () => {
  const twice = [
    { uri: 'x', label: 'd1/x.flac' },
    { uri: 'x', label: 'd2/x.flac' },
  ];
  expect(() => plan(twice, {})).toThrow(
    'Both d1/x.flac and d2/x.flac would be the recording x of one rttm: give them in separate runs.',
  );
  for (const flags of [{ json: true }, { format: 'csv' }, { output: join(folder, 'all.csv') }])
    expect(() => plan(twice, flags)).toThrow('would be the recording x of one');
  expect(plan(twice, {}, true)).toEqual(['person', 'each', '-']);
  // A name between blanks can't hold one: it is written with _.
  const alike = [
    { uri: 'my talk', label: 'my talk.flac' },
    { uri: 'my_talk', label: 'my_talk.flac' },
  ];
  for (const format of ['rttm', 'stm', 'uem'])
    expect(() => plan(alike, { format })).toThrow(`would be the recording my_talk of one ${format}`);
  expect(plan(alike, { format: 'csv' })).toEqual(['csv', 'together', '-']);
  expect(plan(alike, { json: true })).toEqual(['json', 'together', '-']);
});

test('every other format that is written holds the turns of a diarization', () => {
  for (const { write } of TURN_FORMATS)
    expect(write!([{ uri: 'm', duration: 2, turns: [{ start: 0, end: 1, speaker: 'SPEAKER_00' }] }])).not.toBe('');
});

test('a recording is never replaced by a result, results of before are', () => {
  const fixtures = join(import.meta.dirname, '../../../fixtures/audio/encoded');
  for (const name of ['mono.flac', 'mono.mp3', 'vorbis.ogg', 'stereo.m4a', 'pcm_s16le.wav']) {
    const output = join(folder, name);
    copyFileSync(join(fixtures, name), output);
    expect(() => plan(two, { output, json: true }), name).toThrow('which is a recording and would be lost');
  }
  symlinkSync(join(folder, 'mono.mp3'), join(folder, 'link.rttm'));
  expect(() => plan(one, { output: join(folder, 'link.rttm') })).toThrow('which is a recording');
  // Of the numbers of an array some happen to be frames of MP3: two of 104 bytes, 16 kbit/s at 22.05 kHz …
  const frames = new Uint8Array(readFileSync(join(fixtures, 'mono.mp3'))).slice(-4096);
  writeFileSync(join(folder, 'voices.npy'), writeNpy({ kind: '|u1', shape: [frames.length], data: frames }));
  expect(sniff(readFileSync(join(folder, 'voices.npy')))).toBe('mp3');
  writeFileSync(join(folder, 'old.rttm'), 'SPEAKER meeting 1 0.000 1.000 <NA> <NA> A <NA> <NA>\n');
  writeFileSync(join(folder, 'empty.rttm'), '');
  for (const name of ['voices.npy', 'old.rttm', 'empty.rttm', 'new.rttm', '-'])
    expect(() => checkPlace(name === '-' ? name : join(folder, name)), name).not.toThrow();
  expect(() => checkPlace(folder)).toThrow('it is a folder.');
});

test('/dev/stdout is standard output, which says no format; what else lies in /dev is told by its name', () => {
  expect(plan(one, { output: '/dev/stdout' })[0]).toBe('rttm');
  expect(endingOf('/dev/stdout', ['csv', 'json'])).toBe(undefined);
  expect(endingOf('/dev/shm/a.csv', ['csv', 'json'])).toBe('csv');
});

test('two results of one run are refused one place, by whatever name, but for a device; - is one too', () => {
  const [a, link] = [join(folder, 'a.json'), join(folder, 'link.json')];
  writeFileSync(a, '{}');
  symlinkSync(a, link);
  expect(() => refuseSamePlace([a, join(folder, 'b.json'), '-', undefined])).not.toThrow();
  expect(() => refuseSamePlace(['/dev/null', '/dev/null'])).not.toThrow();
  for (const twice of [
    [a, a],
    [a, link],
    [a, `${folder}/./a.json`],
    [join(folder, 'c.csv'), `${folder}//c.csv`],
  ])
    expect(() => refuseSamePlace(twice)).toThrow(`Got ${twice[1]} for two results of this run: name a file for each.`);
  expect(() => refuseSamePlace(['-', '-'])).toThrow("Got standard output, '-', for two results of this run");
});

test('a result takes the place of nothing that is read', () => {
  const [list, other] = [join(folder, 'list.txt'), join(folder, 'other.txt')];
  writeFileSync(list, '1 0.5\n');
  expect(() => refuseInput([other, '-', undefined], [list, '-', undefined])).not.toThrow();
  expect(() => refuseInput([other, list], [list])).toThrow(
    `Got the output ${list}, which is also read and would be lost: name another file.`,
  );
});
