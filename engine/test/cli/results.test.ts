import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseJson, parseRttm } from '../../src/formats/index.ts';
import { fixture } from '../audio/signal.ts';
import { type Finished, put, run, SAMPLE } from './runCli.ts';

// What comes out, from the sample that comes with the package.

const folder = mkdtempSync(join(tmpdir(), 'diarist-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

let json: Finished;
beforeAll(async () => {
  json = await run([SAMPLE, '--json', '-q', '--max-speakers', '4', '--embeddings']);
});

test('JSON holds turns, speakers, the model with its licences, parameters and the version', () => {
  expect([json.code, json.stderr, json.leftovers]).toEqual([0, '', []]);
  const result = JSON.parse(json.stdout) as Record<string, never>;
  expect(Object.keys(result)).toEqual([
    'uri',
    'duration',
    'turns',
    'exclusiveTurns',
    'speakers',
    'model',
    'parameters',
    'warnings',
    'diarist',
  ]);
  expect(result).toMatchObject({
    uri: 'meeting',
    duration: 60,
    model: { name: 'embedded', device: 'cpu', licences: [{ id: 'Apache-2.0', commercial: true }] },
    parameters: { speed: 'exact', maxSpeakers: 4, 'clustering.method': 'average' },
  });
  const speakers = result.speakers as { label: string; speechDuration: number; embedding: number[] }[];
  expect(speakers.length).toBeGreaterThan(1);
  expect(speakers.length).toBeLessThan(5);
  for (const { embedding, speechDuration } of speakers) {
    expect(embedding).toHaveLength(192);
    expect(speechDuration).toBeGreaterThan(0);
  }
});

test('RTTM in a pipe has the same turns; exclusive turns do not overlap', async () => {
  const { stdout, stderr } = await run([SAMPLE, '--max-speakers', '4']);
  const [{ turns }] = parseRttm(stdout);
  const [whole] = parseJson(json.stdout);
  expect(turns.map(({ start, speaker }) => [start, speaker])).toEqual(
    whole.turns.map(({ start, speaker }) => [Number(start.toFixed(3)), speaker]),
  );
  expect(stderr).toMatch(
    /^.*meeting\.flac: \d speakers, \d+ turns, 1\.0 min of sound in [\d.]+ s \([\d.]+× real time\)\n$/,
  );

  const exclusive = await run([SAMPLE, '--max-speakers', '4', '--exclusive', '-q', '-f', 'csv']);
  const rows = exclusive.stdout.trim().split('\n').slice(1);
  const spans = rows.map((row) => row.split(',').slice(1, 3).map(Number));
  expect(spans).toHaveLength(whole.exclusiveTurns!.length);
  for (let i = 1; i < spans.length; i++) expect(spans[i][0]).toBeGreaterThanOrEqual(spans[i - 1][1]);
});

test('folders are made, and files named after recordings and formats', async () => {
  const short = new URL('../../../fixtures/audio/encoded/mono.mp3', import.meta.url).pathname;
  for (const name of ['srt', 'textgrid', 'audacity']) {
    const { code, stderr } = await run([short, '-q', '-f', name, '-o', `${folder}/all/`]);
    expect([name, code, stderr]).toEqual([name, 0, '']);
  }
  expect(readdirSync(join(folder, 'all')).sort()).toEqual(['mono.TextGrid', 'mono.audacity.txt', 'mono.srt']);
});

test('airtime of a result and of a pipe agree; the table is for people, --json for programs', async () => {
  const file = join(folder, 'meeting.json');
  await run([SAMPLE, '--max-speakers', '4', '-q', '-o', file]);
  const table = await run(['airtime', file]);
  expect(table.stdout).toMatch(/^meeting\nSPEAKER_\d\d .* s .* % .* turns? .*\n/);
  expect(table.stdout).toMatch(/\nspeech \d:\d\d of 1:00 \(\d+ %\), overlap .*, silence .*\n$/);
  const piped = await run(['airtime', '-', '--json'], { input: json.stdout });
  const { speakers } = JSON.parse(piped.stdout) as { speakers: { speaker: string; share: number }[] };
  expect(speakers.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
});

test('airtime takes recordings and results in the order given, and one that can not be read does not stop the others', async () => {
  const rttm = (name: string, text = `SPEAKER ${name} 1 0 1 <NA> <NA> A <NA> <NA>\n`) =>
    put(folder, `${name}.rttm`, text);
  const [first, broken, last] = [rttm('first'), rttm('broken', 'SPEAKER broken 1 x y\n'), rttm('last')];
  const [mono, gone] = [fixture('mono.flac'), join(folder, 'gone.wav')];
  const uris = (text: string) => (JSON.parse(text) as { uri: string }[]).map(({ uri }) => uri);
  const all = await run(['airtime', first, mono, broken, gone, last, mono, '--json', '-q']);
  expect([all.code, uris(all.stdout)]).toEqual([11, ['first', 'mono', 'last']]);
  expect(all.stderr).toContain(`diarist: ${broken}:1: `);
  expect(all.stderr).toMatch(/diarist: 2 of 5 recordings failed: .*broken\.rttm, .*gone\.wav\.\n$/);
  const results = await run(['airtime', gone, broken, last, '--json']);
  expect([results.code, uris(results.stdout)]).toEqual([11, ['last']]);
  const noModel = await run(['airtime', first, mono, last, '--json', '--model', 'no-such-model']);
  expect([noModel.code, uris(noModel.stdout)]).toEqual([5, ['first', 'last']]);
  expect((await run(['airtime', broken])).code).toBe(9);
});

test('the sample is shown to people, with a word on where it is from', async () => {
  const { stdout, code } = await run(['demo', '-q']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/0:\d\d\.\d\d – 0:\d\d\.\d\d {2}SPEAKER_\d\d/);
  expect(stdout).toMatch(/SPEAKER_\d\d .*█/);
  expect(stdout).toContain('This is the sample that comes with diarist');
  expect(stdout).toContain('AMI Meeting Corpus, AMI Consortium, CC BY 4.0');
  expect(stdout).not.toContain('\x1b[');
  const review = await run(['demo', '-q', '--review', '2']);
  expect([review.code, review.stdout.split('\n').filter((line) => line.includes(' % ')).length]).toEqual([0, 2]);
  expect(review.stdout).toMatch(/^the sample {2}the 2 least sure of \d+ turns$/m);
});

test('a recording from standard input is called stdin; colours can be forced', async () => {
  const input = readFileSync(new URL('../../../fixtures/audio/encoded/mono.flac', import.meta.url));
  const { stdout, code } = await run(['-', '--json', '-q'], { input });
  expect([code, (JSON.parse(stdout) as { uri: string }).uri]).toEqual([0, 'stdin']);
  expect((await run(['demo', '-q'], { env: { FORCE_COLOR: '1' } })).stdout).toContain('\x1b[');
});

test('of several recordings JSON is a list, also where one is left', async () => {
  const good = fixture('mono.flac');
  for (const command of ['diarize', 'airtime', 'vad', 'segment', 'changes', 'embed']) {
    const both = await run([command, good, 'missing.wav', '--json', '-q']);
    expect([command, both.code]).toEqual([command, 11]);
    expect(JSON.parse(both.stdout), command).toMatchObject([{ uri: 'mono' }]);
    expect(both.stderr).toBe(
      'diarist: There is no file missing.wav.\ndiarist: 1 of 2 recordings failed: missing.wav.\n',
    );
  }
  const text = await run(['changes', good, 'missing.wav', '-q']);
  expect(text.stdout).toMatch(/^mono\t/);
});
