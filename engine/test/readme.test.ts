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
  expect(stdout).toMatch(/^SPEAKER meeting 1 \d+\.\d{3} \d+\.\d{3} <NA> <NA> SPEAKER_\d\d <NA> <NA>$/m);
});

test('the README and docs/cli.md show of the sample what comes out', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'engine/bin/diarist.js'), 'demo', '-q']);
  const timeline = stdout.split('\n').filter((line) => /^SPEAKER_\d\d [ ▁▂▃▄▅▆▇█]+$/.test(line));
  expect(timeline.length).toBe(3);
  const cli = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8');
  for (const page of [readFileSync(join(ROOT, 'README.md'), 'utf8'), cli]) expect(page).toContain(timeline.join('\n'));

  const shown = JSON.parse(/```json\n(\{\n {2}"uri".*?)```/s.exec(cli)![1]);
  const args = [join(ROOT, 'engine/bin/diarist.js'), 'demo', '-q', '--json'];
  const found = JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
  for (const list of ['turns', 'exclusiveTurns', 'speakers'] as const)
    for (const [key, value] of Object.entries(shown[list][0])) {
      if (typeof value === 'number') expect(found[list][0][key]).toBeCloseTo(value, 2);
      else expect(found[list][0][key]).toBe(value);
    }
});

test('every document that the README names is there', () => {
  const links = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link);
  expect(links.length).toBeGreaterThan(10);
  for (const link of links)
    if (!link.startsWith('http')) expect(() => readFileSync(join(ROOT, link))).not.toThrow(/ENOENT/);
});
