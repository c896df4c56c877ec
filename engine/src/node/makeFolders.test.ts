import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeFolders } from './makeFolders.ts';

const folder = mkdtempSync(join(tmpdir(), 'diarist-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('folders above are made, too; one that is there is left as it is', () => {
  const path = join(folder, 'a', 'b', 'c');
  makeFolders(path, 0o700);
  makeFolders(`${path}/`);
  expect(statSync(path).isDirectory()).toBe(true);
});

test('a file in the way is told', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => makeFolders(join(folder, 'file'))).toThrow('EEXIST');
  expect(() => makeFolders(join(folder, 'file', 'below'))).toThrow('ENOTDIR');
});

test.runIf(process.platform === 'linux')('where nothing can be made it ends', () => {
  expect(() => makeFolders('/proc/diarist/below')).toThrow(/ENOENT.*\/proc/);
});
