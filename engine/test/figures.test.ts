import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** Figures that stand in two places are one. */
const root = join(import.meta.dirname, '../..');
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(textOf('engine/models/embedded-v1/manifest.json'));
const card = textOf('engine/models/embedded-v1/MODEL_CARD.md');
const accuracy = textOf('docs/accuracy.md').split('## Embedded models v1')[1];

test('docs/verification.md has the threshold of the embedded model', () => {
  const { slope, intercept } = manifest.verification;
  const page = textOf('docs/verification.md');
  const found = [/score is below (\S+)/, /threshold of the line is (\S+);/, /→ false (\S+)/].map(
    (pattern) => pattern.exec(page)?.[1],
  );
  expect(found).toEqual(Array(3).fill((-intercept / slope).toFixed(3)));
});

test('the error rates of the card are those of docs/accuracy.md', () => {
  const rates = (model: string, recordings: RegExp): string => {
    const row = accuracy.split('\n').find((line) => recordings.test(line) && line.includes(`| ${model} |`))!;
    const cells = row.split('|').map((cell) => cell.replaceAll('*', '').trim());
    return `${cells[3]} / ${cells[8]}`;
  };
  const rows: [RegExp, RegExp][] = [
    [/^\| AMI test, 3/, /^\| AMI test, 3/],
    [/^\| 14 simulated/, /^\| meetings, clean/],
    [/^\| the same, far/, /^\| meetings, far/],
    [/^\| the same, telephone/, /^\| meetings, telephone/],
    [/^\| 21 clean/, /^\| clean dialogues/],
  ];
  for (const [inCard, inTable] of rows) {
    const row = card.split('\n').find((line) => inCard.test(line))!;
    const found = [...row.replaceAll('*', '').matchAll(/(\d+\.\d \/ \d+\.\d)/g)].map(([, pair]) => pair);
    expect(found, row).toEqual(['v0', 'v1', 'ref'].map((model) => rates(model, inTable)));
  }
});

test('what is said of dev00 is what its row says', () => {
  const [, v0, v1] = /^\| dev00 \| 2 \| \d, ([\d.]+), [\d.]+ \| \d, ([\d.]+),/m.exec(accuracy)!;
  expect(accuracy).toContain(`Only dev00 is unheard by both: ${v0} against ${v1}.`);
  expect(card.replaceAll('*', '')).toMatch(new RegExp(`^\\| AMI dev00, 30 s \\| ${v0} / [\\d.]+ \\| ${v1} /`, 'm'));
});

test('the card and docs/cli.md have the threshold of the manifest', () => {
  const threshold = manifest.parameters['3.1']['clustering.threshold'];
  expect(card).toContain(
    `threshold ${threshold}, at least ${manifest.parameters['3.1']['clustering.min_cluster_size']} windows`,
  );
  expect(textOf('docs/cli.md')).toContain(`"clustering.threshold": ${threshold}`);
});
