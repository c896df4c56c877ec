import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { outputError, writeWhole } from './writeWhole.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'diarist-write-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a file is written, or replaced with its mode kept, and nothing else is left', async () => {
  const file = join(folder, 'a.rttm');
  await writeWhole(file, 'one');
  chmodSync(file, 0o640);
  await writeWhole(file, 'two');
  expect(readFileSync(file, 'utf8')).toBe('two');
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder)).toEqual(['a.rttm']);
});

test('a name may be as long as the system allows, in any script', async () => {
  for (const name of ['会'.repeat(83), '🎙'.repeat(62), 'a'.repeat(250)]) {
    await writeWhole(join(folder, `${name}.rttm`), 'one');
    expect(readdirSync(folder)).toEqual([`${name}.rttm`]);
    rmSync(join(folder, `${name}.rttm`));
  }
});

test('a link stays a link', async () => {
  writeFileSync(join(folder, 'target'), 'one');
  symlinkSync('target', join(folder, 'link'));
  await writeWhole(join(folder, 'link'), 'two');
  expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('two');
  expect(readdirSync(folder).sort()).toEqual(['link', 'target']);
});

test('a device is written to, not replaced', async () => {
  await writeWhole('/dev/null', 'gone');
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

test('a folder that is not there is one clear sentence', async () => {
  const file = join(folder, 'no', 'a.rttm');
  await expect(writeWhole(file, 'x')).rejects.toThrow(`Can't write ${file}: its folder does not exist.`);
  await expect(writeWhole(folder, 'x')).rejects.toThrow(`Can't write ${folder}: it is a folder.`);
});

test('a full disk leaves the old file and says so', async () => {
  await expect(writeWhole('/dev/full', 'x')).rejects.toThrow("Can't write /dev/full: the disk is full.");
});

test('a quota that is used up is a full disk, for files and for folders', () => {
  for (const [code, reason] of [
    ['ENOSPC', 'the disk is full'],
    ['EDQUOT', 'the disk quota is used up'],
  ]) {
    const { code: named, message } = outputError('results/', Object.assign(new Error(code), { code }));
    expect([named, message]).toEqual(['output_full', `Can't write results/: ${reason}.`]);
  }
});

test('standard output by its name, led to the end of a file, is added there', () => {
  const log = join(folder, 'log');
  writeFileSync(log, 'before\n');
  const module = JSON.stringify(new URL('./writeWhole.ts', import.meta.url).href);
  const script = `const { writeWhole } = await import(${module}); await writeWhole('/dev/stdout', 'result\\n');`;
  const end = openSync(log, 'a');
  spawnSync(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', end, 'inherit'] });
  writeSync(end, 'after\n');
  closeSync(end);
  expect(readFileSync(log, 'utf8')).toBe('before\nresult\nafter\n');
});
