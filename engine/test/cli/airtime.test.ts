import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { put, run } from './runCli.ts';

// What `diarist airtime` does with results: those that are there need no model.

const folder = mkdtempSync(join(tmpdir(), 'diarist-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const turn = (uri: string, start: number, duration: number, speaker: string): string =>
  `SPEAKER ${uri} 1 ${start} ${duration} <NA> <NA> ${speaker} <NA> <NA>\n`;
put(folder, 'a.rttm', turn('a', 0, 10, 'SPEAKER_00') + turn('a', 8, 4, 'SPEAKER_01'));
put(folder, 'b.rttm', turn('b', 0, 2, 'SPEAKER_02'));

interface Shares {
  readonly uri: string;
  readonly speakers: readonly { readonly speaker: string; readonly seconds: number }[];
}

function secondsOf({ speakers }: Shares): (string | number)[][] {
  return speakers.map(({ speaker, seconds }) => [speaker, seconds]);
}

test('speakers of results get the names that are given; two of one name are one', async () => {
  const one = await run(['airtime', 'a.rttm', '--json', '--names', 'SPEAKER_00=Ada'], { cwd: folder });
  expect(one).toMatchObject({ code: 0, stderr: '' });
  expect(secondsOf(JSON.parse(one.stdout))).toEqual([
    ['Ada', 10],
    ['SPEAKER_01', 4],
  ]);
  const both = await run(['airtime', 'a.rttm', '--json', '--names', 'SPEAKER_00=Ada,SPEAKER_01=Ada'], { cwd: folder });
  expect(secondsOf(JSON.parse(both.stdout))).toEqual([['Ada', 12]]);
});

test('a name for a label that nobody has is told once the result is there', async () => {
  const one = await run(['airtime', 'b.rttm', '--json', '--names', 'SPEAKER_00=Ada'], { cwd: folder });
  expect([one.code, secondsOf(JSON.parse(one.stdout))]).toEqual([2, [['SPEAKER_02', 2]]]);
  expect(one.stderr).toMatch(/^diarist: Got a name for 'SPEAKER_00' when the speakers are SPEAKER_02\./);
  const two = await run(['airtime', 'a.rttm', 'b.rttm', '--json', '--names', 'SPEAKER_00=Ada'], { cwd: folder });
  expect([two.code, (JSON.parse(two.stdout) as Shares[]).map(({ uri }) => uri)]).toEqual([11, ['a', 'b']]);
  expect(two.stderr).toContain("diarist: b.rttm: Got a name for 'SPEAKER_00'");
});

test('options of recordings are refused where there are only results', async () => {
  for (const option of [
    '--voiceprints=voices',
    '--num-speakers=2',
    '--model=no-such-model',
    '--resampler=hq',
    '--fast',
  ])
    expect(await run(['airtime', 'a.rttm', 'b.rttm', option], { cwd: folder })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `diarist: Got ${option.replace(/=.*/, '')}, which is for recordings, when only results were named: leave it out.\n`,
    });
});

test('standard input is read once', async () => {
  const { code, stdout, stderr } = await run(['airtime', '-', '-'], { input: turn('a', 0, 1, 'A') });
  expect([code, stdout, stderr]).toEqual([
    2,
    '',
    "diarist: Got '-' twice, and standard input can be read once: name a file.\n",
  ]);
});

test('a glob that the shell left alone means the results that it matches, and of several JSON is a list', async () => {
  const uris = (text: string) => (JSON.parse(text) as Shares[]).map(({ uri }) => uri);
  const both = await run(['airtime', '?.rttm', '--json'], { cwd: folder });
  expect([both.code, both.stderr, uris(both.stdout)]).toEqual([0, '', ['a', 'b']]);
  put(folder, 'broken-1.rttm', 'SPEAKER c 1 x y\n');
  put(folder, 'broken-2.rttm', turn('d', 0, 1, 'A'));
  const one = await run(['airtime', 'broken-*.rttm', '--json'], { cwd: folder });
  expect([one.code, uris(one.stdout)]).toEqual([11, ['d']]);
  const none = await run(['airtime', 'none*.rttm'], { cwd: folder });
  expect([none.code, none.stderr]).toEqual([9, 'diarist: none*.rttm: there is no such file.\n']);
});
