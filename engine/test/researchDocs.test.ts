import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import * as core from '../src/core/index.ts';
import * as metrics from '../src/metrics/index.ts';
import * as node from '../src/node/index.ts';
import { BENCHMARK_DATASETS } from '../src/toolkit/benchmark/datasets.ts';
import { run } from './cli/runCli.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pageOf = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'diarist-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SOURCES = { diarist: 'node', 'diarist/metrics': 'metrics', 'diarist/core': 'core' } as const;

/** Runs an example from the repository's root, as a reader would. */
async function print(program: string): Promise<string> {
  const file = join(folder, 'example.mts');
  const source = program.replace(/from '(diarist[^']*)'/g, (_, entry: keyof typeof SOURCES) => {
    return `from '${new URL(`../src/${SOURCES[entry]}/index.ts`, import.meta.url).href}'`;
  });
  writeFileSync(file, source);
  return (await promisify(execFile)(process.execPath, [file], { cwd: root })).stdout;
}

const comingFrom = pageOf('coming-from-pyannote.md');
const examples = [...comingFrom.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, program]) => program);

test.each(examples)('an example of docs/coming-from-pyannote.md prints what its comments say: %#', async (program) => {
  const said = [...program.matchAll(/^\/\/ prints: (.*)$/gm)].map(([, line]) => line);
  expect(said.length).toBeGreaterThan(0);
  expect(await print(program)).toBe(said.map((line) => `${line}\n`).join(''));
});

test('the functions that the tables of docs/coming-from-pyannote.md name are exported', () => {
  expect(examples.length).toBe(6);
  const section = (title: string): string => comingFrom.split(`## ${title}\n`)[1].split('\n## ')[0];
  const named = (text: string): string[] =>
    text
      .split('\n')
      .filter((line) => line.startsWith('| `') || line.startsWith('| drawing'))
      .flatMap((line) => [
        ...line
          .replaceAll('\\|', '')
          .split(' | ')[1]
          .matchAll(/`([A-Za-z]+)(?:\(|`)/g),
      ])
      .map(([, name]) => name);
  const metricNames = named(section('pyannote.metrics')).filter(
    (name) => !['der', 'confusion', 'missedDetection', 'mapping'].includes(name),
  );
  expect(metricNames.length).toBeGreaterThan(15);
  for (const name of metricNames) expect(metrics, name).toHaveProperty(name);
  const coreNames = named(section('pyannote.core')).filter(
    (name) => !['Frames', 'writeRttm', 'parseRttm', 'diarist'].includes(name),
  );
  expect(coreNames.length).toBeGreaterThan(10);
  for (const name of coreNames) expect(core, name).toHaveProperty(name);
  for (const name of [
    'writeRttm',
    'parseRttm',
    'readParameterFile',
    'FORMATS',
    'createDiarizer',
    'openToolkit',
    'readProtocol',
    'tuneRecordings',
  ])
    expect(node, name).toHaveProperty(name);
});

test('the command of docs/tuning.md that tunes two recordings says what is printed there', async () => {
  const [, command, said] = /\$ npx diarist (tune [^\n]*)\n([\s\S]*?)```/.exec(pageOf('tuning.md'))!;
  const { code, stderr } = await run([...command.split(' '), '-o', join(folder, 'params.json')], { cwd: root });
  expect(code).toBe(0);
  const output = (text: string): string => text.replace(/\S*params\.json/g, 'params.json');
  expect(output(stderr)).toBe(said);
});

test('docs/tuning.md names every parameter that is tuned, docs/benchmarks-of-the-field.md every data set', () => {
  for (const name of [
    'clustering.threshold',
    'clustering.Fa',
    'clustering.Fb',
    'clustering.min_cluster_size',
    'clustering.method',
    'clustering.constrained_assignment',
    'segmentation.min_duration_off',
    'segmentation.threshold',
  ])
    expect(pageOf('tuning.md'), name).toContain(`\`${name}\``);
  for (const { id } of BENCHMARK_DATASETS) expect(pageOf('benchmarks-of-the-field.md'), id).toContain(`\`${id}\``);
});

test('the command of docs/benchmarks-of-the-field.md prints the table that is there, its speed aside', async () => {
  const [, command, shown] = /\$ npx diarist (bench-der [^\n]*)\n([\s\S]*?)```/.exec(
    pageOf('benchmarks-of-the-field.md'),
  )!;
  const { code, stdout } = await run(command.split(' '), { cwd: root });
  expect(code).toBe(0);
  const withoutSpeed = (text: string): string =>
    text.replace(/\d+\.\d ×/g, '… ×').replace(/scored\. .* threads, \w+\./, 'scored.');
  expect(withoutSpeed(stdout)).toBe(withoutSpeed(shown));
});
