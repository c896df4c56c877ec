import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from './cli/runCli.ts';

const data = mkdtempSync(join(tmpdir(), 'diarist-test-'));
const here = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const sweep = (...grid: string[]) =>
  promisify(execFile)(process.execPath, [
    here('engine/bench/sweep.ts'),
    data,
    ...grid.flatMap((entry) => ['--grid', entry]),
  ]);

beforeAll(() => {
  copyFileSync(here('fixtures/parity/audio/dev00.wav'), join(data, 'dev00.wav'));
  copyFileSync(here('fixtures/tune/dev00.rttm'), join(data, 'dev00.rttm'));
});
afterAll(() => rmSync(data, { recursive: true }));

test('each row has the errors of diarizing with its values, also where the networks hear otherwise', async () => {
  const { stdout } = await sweep('segmentation_step=0.15,1', 'clustering.threshold=0.3,1.2');
  const rows = stdout.trim().split('\n').slice(2);
  expect(rows).toHaveLength(4);
  for (const row of rows) {
    const [step, threshold, cell] = row
      .split('|')
      .slice(1)
      .map((text) => text.trim());
    const set = [`segmentation_step=${step}`, `clustering.threshold=${threshold}`].flatMap((one) => ['--set', one]);
    const { stdout: json } = await run(['bench-der', '--audio', data, '--json', '-q', ...set]);
    expect(cell).toMatch(new RegExp(`^${(100 * JSON.parse(json).total.der).toFixed(1)}, `));
  }
  expect(new Set(rows.map((row) => row.split('|')[3])).size).toBeGreaterThan(2);
});

test('a parameter that there is not is refused', async () => {
  await expect(sweep('segmentation_stap=0.1')).rejects.toThrow(/has no parameter 'segmentation_stap'/);
});
