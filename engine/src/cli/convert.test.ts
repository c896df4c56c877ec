import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FORMATS } from '../formats/index.ts';
import { convert, convertCommand } from './convert.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/formats/${name}`, import.meta.url));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'diarist-convert-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) => convertCommand().parseAsync(args, { from: 'user' });

test('an ELAN file becomes RTTM', async () => {
  const out = join(folder, 'out.rttm');
  await run(fixture('foreign/pympi.eaf'), out);
  expect(readFileSync(out, 'utf8')).toBe(
    'SPEAKER pympi 1 1.250 1.250 <NA> <NA> Anna <NA> <NA>\n' +
      'SPEAKER pympi 1 2.000 3.000 <NA> <NA> Björn <NA> <NA>\n' +
      'SPEAKER pympi 1 3.000 0.500 <NA> <NA> Anna <NA> <NA>\n',
  );
});

test('the recording gets the name that is asked for', async () => {
  const out = join(folder, 'out.rttm');
  await run(fixture('foreign/onset-duration.csv'), out, '--uri', 'meeting 1');
  expect(readFileSync(out, 'utf8').split('\n')[0]).toBe('SPEAKER meeting_1 1 0.500 0.750 <NA> <NA> Anna <NA> <NA>');
});

test('a TextGrid in UTF-16 is written and read', async () => {
  const [grid, out] = [join(folder, 'a.TextGrid'), join(folder, 'a.txt')];
  await run(fixture('ami/trn00.rttm'), grid, '--utf16', '--short');
  expect([...readFileSync(grid).subarray(0, 2)]).toEqual([0xff, 0xfe]);
  await run(grid, out);
  expect(readFileSync(out, 'utf8').split('\n')[0]).toBe('[00:00:03.168 - 00:00:03.968] MÉO069');
});

test('one recording of several is chosen, or a folder gets them all', async () => {
  const many = join(folder, 'many.rttm');
  const line = (uri: string, speaker: string) => `SPEAKER ${uri} 1 0 1 <NA> <NA> ${speaker} <NA> <NA>\n`;
  writeFileSync(many, line('../evil', 'A') + line('talk', 'B') + line('TALK', 'C'));
  await expect(run(many, join(folder, 'out.srt'))).rejects.toThrow(
    'Got 3 recordings (../evil, talk, TALK) when srt holds one: choose with --file, or give a folder as the output.',
  );
  await run(many, join(folder, 'out.srt'), '--file', 'talk');
  expect(readFileSync(join(folder, 'out.srt'), 'utf8')).toContain('B:');
  await run(many, `${join(folder, 'all')}/`, '--to', 'lab');
  expect(readdirSync(join(folder, 'all')).sort()).toEqual(['TALK-2.lab', '__evil.lab', 'talk.lab']);
  await expect(run(many, join(folder, 'x.srt'), '--file', 'none')).rejects.toThrow(
    `Got no recording 'none' in ${many}, which has ../evil, talk, TALK.`,
  );
});

test('an empty file is of one recording, in which nobody speaks', async () => {
  const [silent, out] = [join(folder, 'silent.rttm'), (name: string) => join(folder, name)];
  writeFileSync(silent, '');
  await run(silent, out('a.vtt'));
  expect(readFileSync(out('a.vtt'), 'utf8').trim()).toBe('WEBVTT');
  await run(silent, out('a.json'));
  expect(JSON.parse(readFileSync(out('a.json'), 'utf8'))).toEqual({ uri: 'silent', turns: [] });
  await run(silent, out('a.json'), '--uri', 'call');
  expect(JSON.parse(readFileSync(out('a.json'), 'utf8')).uri).toBe('call');
  await run(silent, `${out('all')}/`, '--to', 'srt');
  expect(readdirSync(out('all'))).toEqual(['silent.srt']);
});

test('a malformed input leaves the old output as it was', async () => {
  const [bad, out] = [join(folder, 'bad.rttm'), join(folder, 'out.csv')];
  writeFileSync(bad, 'SPEAKER f 1 0 1 <NA> <NA> A <NA> <NA>\nSPEAKER f 1 1 -1 <NA> <NA> A <NA> <NA>\n');
  writeFileSync(out, 'old');
  await expect(run(bad, out)).rejects.toThrow(`${bad}:2: got -1 for the duration when it can't be negative`);
  expect(readFileSync(out, 'utf8')).toBe('old');
  expect(readdirSync(folder).sort()).toEqual(['bad.rttm', 'out.csv']);
});

test('formats that are not known, not told or not read are refused', async () => {
  const rttm = fixture('ami/trn00.rttm');
  await expect(convert(rttm, '-')).rejects.toThrow("Can't tell the format from '-': say --to with one of rttm, json");
  await expect(convert(rttm, 'x', { to: 'rtm' })).rejects.toThrow("Did you mean 'rttm'?");
  await expect(convert(rttm, 'x', { to: 'srt', from: 'md' })).rejects.toThrow(`${rttm}: is md, which is written only`);
  await expect(convert(rttm, 'x.eaf', { utf16: true })).rejects.toThrow('ELAN files are UTF-8: leave out --utf16.');
});

test('the example in the docs is what happens', () => {
  const docs = readFileSync(new URL('../../../docs/formats.md', import.meta.url), 'utf8');
  const [, command, output] = /```console\n\$ npx diarist convert (.*)\n([^`]*)```/.exec(docs)!;
  const script = `import { convertCommand } from ${JSON.stringify(new URL('./convert.ts', import.meta.url).href)};
    await convertCommand().parseAsync(${JSON.stringify(command.split(' '))}, { from: 'user' });`;
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd, encoding: 'utf8' });
  expect(stdout).toBe(output);
});

test('the table in the docs is the table of formats', () => {
  const docs = readFileSync(new URL('../../../docs/formats.md', import.meta.url), 'utf8');
  const rows = [...docs.matchAll(/^\| `(\w+)` \| ([^|]*) \| ([^|]*) \| (yes) \| (one|many) \|/gm)];
  expect(rows.map(([, name, endings, read, , recordings]) => [name, endings, read === 'yes', recordings])).toEqual(
    FORMATS.map(({ name, extensions, parse, holdsMany }) => [
      name,
      extensions.join(', '),
      parse !== undefined,
      holdsMany ? 'many' : 'one',
    ]),
  );
});

test('standard input and output work, bad lines are told on standard error', () => {
  const script = `import { convertCommand } from ${JSON.stringify(new URL('./convert.ts', import.meta.url).href)};
    await convertCommand().parseAsync(['-', '--to', 'lab', '--skip-bad-lines'], { from: 'user' });`;
  const input = 'SPEAKER f 1 0 1 <NA> <NA> Zoë <NA> <NA>\nSPEAKER f 1 x 1 <NA> <NA> A <NA> <NA>\n';
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    input,
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([0, '0.000 1.000 Zoë\n']);
  expect(stderr).toBe(
    'standard input:2: got "x" for the start when a number of seconds such as 12.34 was expected: left out\n',
  );
});
