import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

test('the example in the README is examples/node-file, and runs', async () => {
  const example = readFileSync(join(ROOT, 'examples/node-file/main.ts'), 'utf8');
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain(example);
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(ROOT, 'examples/node-file/main.ts'),
    join(ROOT, 'engine/samples/meeting.flac'),
  ]);
  expect(stdout).toMatch(/: \d speakers in 60\.0 s\n {2}SPEAKER_00 talks for \d+\.\d s\n/);
  expect(stdout).toMatch(/^SPEAKER recording 1 \d+\.\d{3} \d+\.\d{3} <NA> <NA> SPEAKER_\d\d <NA> <NA>$/m);
});

test('every document that the README names is there', () => {
  const links = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link);
  expect(links.length).toBeGreaterThan(10);
  for (const link of links)
    if (!link.startsWith('http')) expect(() => readFileSync(join(ROOT, link))).not.toThrow(/ENOENT/);
});
