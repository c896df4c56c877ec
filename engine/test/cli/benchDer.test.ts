import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { benchmarkMarkdown, benchmarkReport } from '../../src/toolkit/benchmark/benchmark.ts';
import { BENCHMARK_DATASETS } from '../../src/toolkit/benchmark/datasets.ts';
import { PUBLISHED, publishedFor } from '../../src/toolkit/benchmark/published.ts';
import { run } from './runCli.ts';

const folder = mkdtempSync(join(tmpdir(), 'diarist-test-'));
const data = join(folder, 'data');
const fixture = (path: string) => fileURLToPath(new URL(`../../../fixtures/${path}`, import.meta.url));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => {
  mkdirSync(data);
  copyFileSync(fixture('parity/audio/dev00.wav'), join(data, 'dev00.wav'));
  copyFileSync(fixture('parity/audio/clip3s.wav'), join(data, 'clip3s.wav'));
  for (const ending of ['rttm', 'uem']) copyFileSync(fixture(`tune/dev00.${ending}`), join(data, `dev00.${ending}`));
});

const bench = ['bench-der', '--model', 'embedded-v0', '--audio', data, '-q', '--threads', '1'];
const file = (name: string): string => join(folder, name);

test('a folder is scored with its UEM, and the figures are those of diarist score', async () => {
  const first = await run([...bench, '--json']);
  expect(first.code).toBe(0);
  const { files, total, published, comparable } = JSON.parse(first.stdout);
  expect(files.map(({ uri }: { uri: string }) => uri)).toEqual(['dev00']); // clip3s has no reference
  expect(total.files).toBe(1);
  expect(100 * total.der).toBeCloseTo(56.0, 1); // docs/accuracy.md, by pyannote.metrics, embedded-v0
  expect(total.missedDetection + total.falseAlarm + total.confusion).toBeCloseTo(total.der * total.total, 9);
  expect(total.realTimeFactor).toBeGreaterThan(0);
  expect([published, comparable]).toEqual([[], false]);
});

test('what was done is kept: a second run diarizes nothing, and may have another collar', async () => {
  const resume = ['--resume', file('run.jsonl')];
  const first = JSON.parse((await run([...bench, ...resume, '--json'])).stdout);
  const kept = readFileSync(file('run.jsonl'), 'utf8');
  writeFileSync(file('run.jsonl'), `${kept}{"uri":"torn`);
  const second = JSON.parse((await run([...bench, ...resume, '--json', '--collar', '0.5'])).stdout);
  expect(second.files[0].elapsed).toBe(first.files[0].elapsed);
  expect(second.collar).toBe(0.5);
  expect(second.total.der).toBeLessThan(first.total.der);
  expect(readFileSync(file('run.jsonl'), 'utf8')).toBe(kept);
  const other = await run([...bench, ...resume, '--set', 'clustering.threshold=0.6']);
  expect([other.code, other.stderr]).toEqual([9, expect.stringContaining('is of another run')]);
});

test('recordings of a list that are not there are named, and the figures are marked', async () => {
  writeFileSync(file('list.txt'), 'dev00\nclip3s\nnobody\n');
  const { code, stdout, stderr } = await run([...bench.filter((arg) => arg !== '-q'), '--list', file('list.txt')]);
  expect(code).toBe(0);
  expect(stderr).toContain('2 missing, not scored: clip3s (reference), nobody (sound and reference)\n');
  expect(stdout).toContain('**Not complete**: without 2 of them');
  expect(stdout).toMatch(/\| dev00 \| 2 \| \d \| 5\d\.\d \|/);
});

test('a recording that was cut off is told', async () => {
  mkdirSync(file('cut'));
  const whole = readFileSync(fixture('parity/audio/clip3s.wav'));
  writeFileSync(file('cut/clip3s.wav'), whole.subarray(0, whole.length / 2));
  writeFileSync(file('cut/clip3s.rttm'), 'SPEAKER clip3s 1 1 1 <NA> <NA> A <NA> <NA>\n');
  const { code, stderr } = await run(['bench-der', '--audio', file('cut'), '--threads', '1']);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^clip3s: warning: .*(cut|short|missing)/m)]);
});

test('a recording that can not be decoded is named, and the others are scored; so is one that the UEM does not name', async () => {
  mkdirSync(file('bad'));
  for (const name of ['a', 'b', 'c']) {
    copyFileSync(fixture('parity/audio/clip3s.wav'), file(`bad/${name}.wav`));
    writeFileSync(file(`bad/${name}.rttm`), `SPEAKER ${name} 1 1 1 <NA> <NA> A <NA> <NA>\n`);
  }
  writeFileSync(file('bad/b.wav'), '');
  writeFileSync(file('only-a.uem'), 'a 1 0 3\n');
  const args = ['bench-der', '--audio', file('bad'), '--uem', file('only-a.uem'), '--threads', '1', '--json'];
  const { code, stdout, stderr } = await run(args);
  expect(code).toBe(11);
  expect(stderr).toContain('2 not in the UEM, scored whole: b, c\n');
  expect(stderr).toMatch(/^diarist: .*b\.wav is empty \(0 bytes\)\.$/m);
  expect(stderr).toContain('diarist: 1 of 3 recordings failed: b.\n');
  const { files, missing } = JSON.parse(stdout);
  expect(files.map(({ uri }: { uri: string }) => uri)).toEqual(['a', 'c']);
  expect(missing).toEqual(['b (readable sound)']);
});

test('a recording whose name has blanks is found in a list, and in an RTTM of many that has _ for them', async () => {
  mkdirSync(file('blanks'));
  copyFileSync(fixture('parity/audio/clip3s.wav'), file('blanks/my talk.wav'));
  const line = (uri: string) => `SPEAKER ${uri} 1 1 1 <NA> <NA> A <NA> <NA>\n`;
  writeFileSync(file('blanks.rttm'), line('my_talk') + line('other'));
  writeFileSync(file('blanks.list'), 'my talk\n');
  const args = ['bench-der', '--audio', file('blanks'), '--rttm', file('blanks.rttm'), '--list', file('blanks.list')];
  const { code, stdout } = await run([...args, '-q', '--threads', '1', '--json']);
  expect([code, JSON.parse(stdout).files.map(({ uri }: { uri: string }) => uri)]).toEqual([0, ['my talk']]);
});

test('what can not be run says why', async () => {
  mkdirSync(file('silent'));
  writeFileSync(file('silent/a.wav'), '');
  for (const [args, code, message] of [
    [['bench-der', '--audio', data, '--dataset', 'ami-ihn'], 2, "Did you mean 'ami-ihm'?"],
    [['bench-der', '--audio', data, '--dataset', 'ami-ihm'], 3, 'has no recordings of AMI IHM'],
    [['bench-der', '--audio', file('nowhere')], 3, 'There is no folder'],
    [['bench-der', '--audio', file('silent')], 9, 'has no RTTM files: name the references with --rttm'],
    [['bench-der'], 2, '--audio'],
    [[...bench, '--collar', 'NaN'], 2, 'Expected a number of seconds'],
    [['bench-der', '--audio', data, '--json', 'nowhere/result.json'], 10, 'its folder does not exist'],
    [[...bench, '--json', file('a.json'), '--markdown', file('a.json')], 2, 'for two results of this run'],
    [[...bench, '--json', '--markdown'], 2, "Got standard output, '-', for two results of this run"],
    [[...bench, '--markdown', file('data/dev00.rttm')], 2, 'which is also read and would be lost'],
    [[...bench, '--markdown', file('data/dev00.wav')], 2, 'which is a recording and would be lost'],
  ] as const) {
    const finished = await run(args);
    expect([finished.code, finished.stderr]).toEqual([code, expect.stringContaining(message)]);
    expect(finished.stderr).not.toContain('real time'); // before any network runs
  }
});

test('published figures stand beside a data set, best first, and say when the run is no match for them', () => {
  const ids = BENCHMARK_DATASETS.map(({ id }) => id);
  for (const { der } of PUBLISHED) for (const id of Object.keys(der)) expect(ids).toContain(id);
  expect(publishedFor('ami-sdm').map(({ der }) => der)).toEqual(
    [13.9, 15.6, 19.7, 19.7, 19.9, 19.9, 20.8, 22.7].sort((a, b) => a - b),
  );
  const dataset = BENCHMARK_DATASETS.find(({ id }) => id === 'ami-sdm')!;
  expect(dataset.names).toEqual(expect.arrayContaining(['EN2002a', 'IS1009d', 'TS3003c']));
  const one = (uri: string) => ({
    uri,
    duration: 10,
    elapsed: 1,
    reference: { turns: [{ start: 0, end: 8, speaker: 'A' }] },
    turns: [{ start: 0, end: 6, speaker: 'x' }],
  });
  const context = { dataset, collar: 0, skipOverlap: false, model: 'm', machine: 'c', missing: [] };
  const whole = benchmarkMarkdown(benchmarkReport(dataset.names!.map(one), context));
  expect(whole).toContain('| **diarist, m** | **25.0** | this run |');
  expect(whole).toContain('| TS3003d | 1 | 1 | 25.0 | 25.0 | 0.0 | 0.0 | 25.0 | 10.0 | 10.0 × |');
  expect(whole).toContain('| pyannote community-1 | 19.9 |  |');
  expect(benchmarkMarkdown(benchmarkReport([one('EN2002a')], context))).toContain('not comparable');
  expect(benchmarkMarkdown(benchmarkReport(dataset.names!.map(one), { ...context, collar: 0.5 }))).toContain(
    'not comparable',
  );
});

test('speakers are counted in the scored parts, in the rows as in the total', () => {
  const turns = [
    { start: 0, end: 8, speaker: 'A' },
    { start: 8, end: 9, speaker: 'B' },
  ];
  const one = { uri: 'a', duration: 10, elapsed: 1, reference: { turns }, turns: [{ start: 0, end: 9, speaker: 'x' }] };
  const dataset = BENCHMARK_DATASETS.find(({ id }) => id === 'folder')!;
  const context = { dataset, collar: 0, skipOverlap: false, model: 'm', machine: 'c', missing: [] };
  const counts = (uem: { start: number; end: number }[] | undefined) => {
    const { files, total } = benchmarkReport([{ ...one, ...(uem ? { uem } : {}) }], context);
    return [files[0].speakers, files[0].found, total.speakerCountError];
  };
  expect(counts(undefined)).toEqual([2, 1, 1]);
  expect(counts([{ start: 0, end: 5 }])).toEqual([1, 1, 0]);
  expect(
    counts([
      { start: 8.5, end: 9 },
      { start: 0, end: 5 },
    ]),
  ).toEqual([2, 1, 1]);
});
