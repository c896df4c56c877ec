import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readParameterFile } from '../../src/index.ts';
import { diarizationErrorRate } from '../../src/metrics/index.ts';
import { createDiarizer } from '../../src/node/index.ts';
import { readProtocol } from '../../src/node/tune/protocol.ts';
import { tuneRecordings } from '../../src/node/tune/tuneRecordings.ts';
import { run } from './runCli.ts';

const folder = mkdtempSync(join(tmpdir(), 'diarist-test-'));
const meetings = join(folder, 'meetings');
const fixture = (path: string) => fileURLToPath(new URL(`../../../fixtures/${path}`, import.meta.url));
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  mkdirSync(meetings);
  for (const name of ['dev00', 'exact10s', 'clip3s'])
    copyFileSync(fixture(`parity/audio/${name}.wav`), join(meetings, `${name}.wav`));
  copyFileSync(fixture('tune/dev00.rttm'), join(meetings, 'dev00.rttm'));
  for (const [name, end] of [
    ['exact10s', 8],
    ['clip3s', 2],
  ])
    writeFileSync(join(meetings, `${name}.rttm`), `SPEAKER ${name} 1 1 ${Number(end) - 1} <NA> <NA> A <NA> <NA>\n`);
});

const common = ['tune', '--protocol', meetings, '--threads', '1'];

test('what tuning scores is what the pipeline with the parameter file scores', async () => {
  const items = await readProtocol(meetings);
  const cache = join(folder, 'cache');
  const heard: boolean[] = [];
  const tune = () =>
    tuneRecordings(items, {
      model: 'embedded',
      threads: 1,
      trials: 20,
      folds: 0,
      cache,
      observe: (event) => event.type === 'heard' && heard.push(event.cached),
    });
  const tuned = await tune();
  expect(tuned.uris).toEqual(['clip3s', 'dev00', 'exact10s']);
  expect(await tune()).toEqual(tuned);
  expect(heard).toEqual([false, false, false, true, true, true]); // the networks listened once

  const text = JSON.stringify({ pipeline: tuned.model.pipeline, parameters: tuned.best });
  const { pipeline, settings } = readParameterFile(text, 'params.json');
  const diarizer = await createDiarizer({ model: 'embedded', pipeline, set: settings, threads: 1 });
  for (const [i, { audio, reference }] of items.entries()) {
    const { turns } = await diarizer.diarize(audio);
    expect(diarizationErrorRate(reference, { turns }).der).toBeCloseTo(tuned.recordings[i].after, 12);
  }
  await diarizer.close();
});

test('the command writes a parameter file, that --params takes, and reports', async () => {
  const output = join(folder, 'params.json');
  const [page, markdown] = [join(folder, 'report.html'), join(folder, 'report.md')];
  const told = await run([...common, '--trials', '18', '-o', output, '--report', page, '--report', markdown]);
  expect([told.code, told.stdout]).toEqual([0, '']);
  expect(told.stderr).toMatch(/dev00: heard\n[\s\S]*72 of 72 trials\n[\s\S]*Tuning (helps|may help|does not help)/);
  const document = JSON.parse(readFileSync(output, 'utf8'));
  expect(document).toMatchObject({ pipeline: '3.1', tuned: { metric: 'der', recordings: 3, trials: 18, folds: 3 } });
  expect(Object.keys(document.parameters)).toEqual([
    'clustering.threshold',
    'clustering.min_cluster_size',
    'segmentation.min_duration_off',
  ]);
  expect(readFileSync(page, 'utf8')).toContain('<figcaption>clustering.threshold</figcaption>');
  expect(readFileSync(markdown, 'utf8')).toContain('### segmentation.min_duration_off');
  const { code, stdout } = await run([join(meetings, 'dev00.wav'), '-q', '--params', output]);
  expect([code, stdout.slice(0, 14)]).toEqual([0, 'SPEAKER dev00 ']);
});

test('killed in the middle of its trials, a run goes on with --resume and ends as though it had not been', async () => {
  const [whole, killed] = [join(folder, 'whole.json'), join(folder, 'killed.json')];
  const args = [...common, '--trials', '150', '-q', '-o'];
  expect((await run([...args, whole])).code).toBe(0);
  const cache = `${killed}.cache`;
  const numTrials = (): number => {
    const log = existsSync(cache) ? readdirSync(cache).find((name) => name.endsWith('.trials')) : undefined;
    return log === undefined ? 0 : readFileSync(join(cache, log), 'utf8').split('\n').length - 2;
  };
  await run([...args, killed], {
    during: (child) => {
      const timer = setInterval(() => numTrials() > 40 && child.kill('SIGKILL'), 5);
      child.once('exit', () => clearInterval(timer));
    },
  });
  expect(existsSync(killed)).toBe(false);
  const done = numTrials();
  expect(done).toBeGreaterThan(40);
  expect(done).toBeLessThan(600);
  const again = await run([...args.filter((arg) => arg !== '-q'), killed, '--resume']);
  expect(again.stderr).toContain(`Going on after ${done} trials.`);
  expect(again.stderr).toContain('3 of 3 recordings were heard before.');
  expect(readFileSync(killed, 'utf8')).toBe(readFileSync(whole, 'utf8'));
});

test('Ctrl-C ends with 130, says how to go on, and leaves no parameter file', async () => {
  const output = join(folder, 'stopped.json');
  const { code, stderr } = await run([...common, '--trials', '3000', '-o', output], {
    during: (child) => child.stderr?.on('data', (text: string) => /of 12000 trials/.test(text) && child.kill('SIGINT')),
  });
  expect(code).toBe(130);
  expect(stderr).toContain('--resume goes on from there.\n');
  expect(stderr).toMatch(/diarist: stopped\.\n$/);
  expect(existsSync(output)).toBe(false);
});

test('a recording that was cut off is told, when it is heard and when it was heard before', async () => {
  const cut = join(folder, 'cut');
  mkdirSync(cut);
  const whole = readFileSync(fixture('parity/audio/clip3s.wav'));
  writeFileSync(join(cut, 'clip3s.wav'), whole.subarray(0, whole.length / 2));
  copyFileSync(join(meetings, 'clip3s.rttm'), join(cut, 'clip3s.rttm'));
  const args = ['tune', '--protocol', cut, '--threads', '1', '--trials', '1', '-o', join(folder, 'new', 'cut.json')];
  for (const _ of [1, 2]) {
    const { code, stderr } = await run(args);
    expect([code, stderr.match(/^clip3s: warning: .*(cut|short|missing)/gm)?.length, stderr]).toEqual([0, 1, stderr]);
  }
});

test('what can not be tuned is refused before any network runs', async () => {
  writeFileSync(
    join(folder, 'list.txt'),
    'meetings/dev00.wav meetings/dev00.rttm\nmeetings/gone.wav meetings/dev00.rttm\n',
  );
  writeFileSync(join(folder, 'empty.txt'), '\n# none\n');
  const list = ['tune', '--protocol'];
  for (const [args, code, message] of [
    [[...list, join(folder, 'list.txt')], 9, 'list.txt:2: there is no file'],
    [[...list, join(folder, 'empty.txt')], 9, 'empty.txt: names no recordings'],
    [[...list, join(folder, 'nowhere')], 9, 'there is no such file'],
    [[...common, '--parameters', 'clustering.treshold'], 2, "Did you mean 'clustering.threshold'?"],
    [[...common, '--parameters', 'clustering.threshold=NaN:1'], 2, 'low:high'],
    [[...common, '--metric', 'derr'], 2, "Did you mean 'der'?"],
    [[...common, '--metric', 'purity'], 2, 'one to make small'],
    [[...common, '--collar', 'NaN'], 2, 'Expected a number of seconds'],
    [[...common, '--trials', '0'], 2, 'Expected a whole number from 1'],
    [[...common, '--folds', '9'], 2, 'Got 9 folds when there are 3 recordings'],
    [[...common, '--report', 'report.pdf'], 2, '.html or .md'],
    [[...common, '--cache', 'kept', '-o', 'nowhere/params.json'], 10, 'its folder does not exist'],
    [[...common, '-o', meetings], 10, 'it is a folder'],
    [[...common, '-o', 'meetings/dev00.wav'], 2, 'which is a recording and would be lost'],
    [[...common, '--report', 'nowhere/report.html'], 10, 'its folder does not exist'],
    [['tune'], 2, '--protocol'],
  ] as const) {
    const finished = await run(args, { cwd: folder });
    expect([finished.code, finished.stderr]).toEqual([code, expect.stringContaining(message)]);
    expect(finished.stderr).not.toContain('heard');
  }
});
