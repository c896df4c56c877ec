import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { changes } from '../../src/cli/changes.ts';
import { embed } from '../../src/cli/embed.ts';
import { overlap } from '../../src/cli/overlap.ts';
import { segment } from '../../src/cli/segment.ts';
import { trials } from '../../src/cli/trials.ts';
import { vad } from '../../src/cli/vad.ts';
import { verify } from '../../src/cli/verify.ts';
import { readNpy } from '../../src/model/npy.ts';
import { fixturePath } from './fixtures.ts';

const audio = (name: string): string => fixturePath(`parity/audio/${name}.wav`);
const silero = join(dirname(createRequire(import.meta.url).resolve('@ricky0123/vad-web/package.json')), 'dist');

let folder: string;
let said: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'diarist-toolkit-'));
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});
const at = (name: string): string => join(folder, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');
const numbers = (name: string) => readNpy(readFileSync(at(name)));

test('vad with the random network of the fixtures writes what pyannote found, and its scores', async () => {
  const model = fixturePath('models/seedA-small/segmentation.onnx');
  const { files } = JSON.parse(readFileSync(fixturePath('toolkit/vad.json'), 'utf8'));
  const reference = files.clip3s;
  await vad([audio('clip3s')], { model, output: at('a.json'), scores: at('a.npy') });
  const { turns } = JSON.parse(read('a.json'));
  expect(turns.map(({ start, end }: { start: number; end: number }) => [start, end])).toEqual(
    reference['on=0.0,off=0.0'],
  );
  const { shape, kind, data } = numbers('a.npy');
  expect([shape, kind]).toEqual([[reference.num_frames], '<f4']);
  expect(Math.abs(Number(data[100]) - reference.scores[100])).toBeLessThan(5e-7);
});

test('several recordings go to a folder; one that fails is named and the others are written', async () => {
  mkdirSync(at('out'));
  writeFileSync(at('not.wav'), 'no sound');
  const model = join(silero, 'silero_vad_v6.onnx');
  const run = vad([audio('clip3s'), at('not.wav'), audio('silence12s')], {
    model,
    output: at('out'),
    scores: at('s/'),
  });
  await expect(run).rejects.toThrow('1 of 3 recordings failed');
  expect(said).toContain('not.wav');
  expect(read('out/silence12s.rttm')).toBe('');
  expect(read('out/clip3s.rttm')).toMatch(/^SPEAKER clip3s 1 /);
  expect(numbers('s/clip3s.npy').shape).toEqual([94]); // 48,000 samples in steps of 512
});

test('--quiet silences warnings, not why a recording failed', async () => {
  const run = vad([audio('clip3s'), at('missing.wav')], { output: at('out/'), quiet: true });
  await expect(run).rejects.toThrow('1 of 2 recordings failed');
  expect(said).toBe(`diarist: There is no file ${at('missing.wav')}.\n`);
});

test('options that do not go together are refused before anything is heard', async () => {
  const one = [audio('clip3s')];
  await expect(vad(one, { pad: 1 })).rejects.toThrow('--pad');
  await expect(vad(one, { model: 'silero', step: 1 })).rejects.toThrow('--step');
  await expect(vad(one, { model: 'silero', soft: true })).rejects.toThrow('--soft');
  await expect(vad(one, { onset: 0.3, offset: 0.5 })).rejects.toThrow('must not exceed the onset');
  await expect(vad(one, { scores: at('scores.xyz') })).rejects.toThrow('.npy or .json');
  await expect(vad([...one, audio('dev00')], { scores: at('scores.npy') })).rejects.toThrow('folder/');
  await expect(embed(one, { per: 'turn' })).rejects.toThrow('--rttm');
  await expect(embed(one, { step: 1 })).rejects.toThrow('--per window');
  await expect(embed([...one, audio('dev00')], { output: at('a.npy') })).rejects.toThrow('folder/');
  await expect(overlap(one, { model: 'silero-vad' })).rejects.toThrow('no segmentation');
  await expect(embed(one, { model: at('nothing.onnx') })).rejects.toThrow('no file or folder');
});

test('recordings that would get one name in a folder or a document are refused, and so is a file as the folder', async () => {
  mkdirSync(at('other'));
  copyFileSync(audio('clip3s'), at('other/clip3s.wav'));
  const same = [audio('clip3s'), at('other/clip3s.wav')];
  const output = at('out/');
  const both = /Both .*clip3s\.wav and .*clip3s\.wav would be (written to|the recording clip3s of one json)/;
  await expect(embed(same, { output })).rejects.toThrow(both);
  await expect(embed(same, { output: at('all.json') })).rejects.toThrow(both);
  await expect(changes(same, { output: at('all.json') })).rejects.toThrow(both);
  for (const command of [vad, changes, segment]) {
    await expect(command(same, { output: at('all.json'), scores: output })).rejects.toThrow(both);
    await expect(command([same[0]], { scores: `${same[1]}/` })).rejects.toThrow('clip3s.wav/: its folder is a file.');
  }
  await expect(embed([same[0]], { output: `${same[1]}/` })).rejects.toThrow('clip3s.wav/: its folder is a file.');
  expect(existsSync(output)).toBe(false);
});

test('a place that cannot be written to is told before the recording is heard', async () => {
  const nowhere = at('no/out.json');
  const said = 'out.json: its folder does not exist.';
  const missing = at('missing.wav');
  await expect(changes([missing], { output: nowhere })).rejects.toThrow(said);
  await expect(embed([missing], { output: nowhere })).rejects.toThrow(said);
  await expect(vad([missing], { scores: nowhere })).rejects.toThrow(said);
  await expect(verify(missing, missing, { output: nowhere })).rejects.toThrow(said);
  await expect(trials(missing, { scores: nowhere })).rejects.toThrow(said);
});

test('no result takes the place of another one of the run, or of what is read', async () => {
  const one = [audio('clip3s')];
  const twice = 'for two results of this run';
  await expect(vad(one, { output: at('a.json'), scores: at('a.json') })).rejects.toThrow(twice);
  await expect(segment(one, { output: at('a.json'), scores: at('a.json') })).rejects.toThrow(twice);
  await expect(changes(one, { output: at('a.json'), scores: at('a.json') })).rejects.toThrow(twice);
  writeFileSync(at('list.txt'), '1 0.9\n0 0.1\n');
  await expect(trials(at('list.txt'), { det: at('a.json'), calibrate: at('a.json') })).rejects.toThrow(twice);
  await expect(trials(at('list.txt'), { scores: '-' })).rejects.toThrow(twice);
  const lost = 'which is also read and would be lost';
  await expect(trials(at('list.txt'), { scores: at('list.txt') })).rejects.toThrow(lost);
  writeFileSync(at('own.json'), '{"slope": 1, "intercept": 0}');
  await expect(verify(one[0], one[0], { calibration: at('own.json'), output: at('own.json') })).rejects.toThrow(lost);
  mkdirSync(at('results'));
  writeFileSync(at('results/clip3s.json'), '{"turns": [{"start": 0, "end": 1, "speaker": "A"}]}');
  await expect(embed(one, { per: 'turn', rttm: at('results'), output: at('results') })).rejects.toThrow(lost);
  expect(existsSync(at('a.json'))).toBe(false);
});

test('a glob in a list of trials that means several recordings is refused', async () => {
  for (const name of ['a1', 'a2', 'b']) copyFileSync(audio('clip3s'), at(`${name}.wav`));
  writeFileSync(at('list.txt'), '1 a*.wav b.wav\n0 b.wav b.wav\n');
  await expect(trials(at('list.txt'))).rejects.toThrow('Got 2 recordings that match');
});

test('a recording that a list of trials names in vain is told before any is heard', async () => {
  writeFileSync(at('damaged.wav'), '');
  writeFileSync(at('list.txt'), '1 damaged.wav damaged.wav\n0 damaged.wav nowhere.wav\n');
  await expect(trials(at('list.txt'))).rejects.toThrow(`There is no file ${at('nowhere.wav')}.`);
});

test('changes and local speakers: text, tables and what each window hears', async () => {
  await changes([audio('clip3s')], { output: at('a.csv'), scores: at('c.json') });
  expect(read('a.csv')).toMatch(/^file,time,score\n(clip3s,\d+\.\d{3},\d\.\d{3}\n)*$/);
  expect(JSON.parse(read('c.json'))).toMatchObject({ uri: 'clip3s', duration: 3, shape: [178] });
  await segment([audio('clip3s')], { output: at('a.rttm'), scores: at('w.npy') });
  expect(numbers('w.npy')).toMatchObject({ kind: '|u1', shape: [1, 589, 3] });
  await segment([audio('clip3s')], { output: at('b.rttm'), per: 'window' });
  expect(read('b.rttm').split('\n').length).toBe(read('a.rttm').split('\n').length); // one window: the same turns
});

test('embed: a whole is (192), windows and turns are rows; a turn without a vector is NaN, null and a warning', async () => {
  await embed([audio('dev00')], { output: at('a.npy') });
  expect(numbers('a.npy').shape).toEqual([192]);
  await embed([audio('clip3s')], { per: 'window', duration: 1, step: 0.5, output: at('w.npy') });
  expect(numbers('w.npy').shape).toEqual([5, 192]);
  writeFileSync(
    at('t.rttm'),
    'SPEAKER dev00 1 1.0 3.0 <NA> <NA> A <NA> <NA>\nSPEAKER dev00 1 90 2 <NA> <NA> B <NA> <NA>\n',
  );
  await embed([audio('dev00')], { per: 'turn', rttm: at('t.rttm'), output: at('t.npy') });
  const { shape, data } = numbers('t.npy');
  expect(shape).toEqual([2, 192]);
  expect([Number.isFinite(data[191]), Number.isNaN(data[192])]).toEqual([true, true]);
  await embed([audio('dev00')], { per: 'turn', rttm: at('t.rttm'), output: at('t.json') });
  const { embeddings } = JSON.parse(read('t.json'));
  expect(embeddings[1]).toEqual({ start: 90, end: 92, speaker: 'B', reason: 'outside', vector: null });
  expect(said).toContain('no vector for B from 90 to 92 s: outside');
  writeFileSync(
    at('two.rttm'),
    read('t.rttm')
      .replace(/dev00(.*A)/, 'x$1')
      .replace('dev00', 'y'),
  );
  await expect(embed([audio('dev00')], { per: 'turn', rttm: at('two.rttm') })).rejects.toThrow('--rttm has x, y');
});

test('verify: a network without calibration decides nothing, a calibration of yours does, silence is no voice', async () => {
  const model = fixturePath('models/seedA-small/embedding-tail.onnx');
  await verify(audio('dev00'), audio('trn05'), { model, output: at('a.txt') });
  expect(read('a.txt')).toMatch(/decision {5}none\nthreshold {4}none: this model has no calibration/);
  writeFileSync(at('c.json'), '{"slope": 10, "intercept": 20, "origin": "made up"}');
  await verify(audio('dev00'), audio('trn05'), { calibration: at('c.json'), json: true, output: at('v.json') });
  expect(JSON.parse(read('v.json'))).toMatchObject({
    same: true,
    threshold: -2,
    speech: [expect.any(Number), expect.any(Number)],
  });
  await expect(verify(audio('dev00'), audio('silence12s'), {})).rejects.toThrow(/No speech was found in .*silence12s/);
  writeFileSync(at('c.json'), '{"slope": -1}');
  await expect(verify(audio('dev00'), audio('trn05'), { calibration: at('c.json') })).rejects.toThrow('c.json');
});

test('trials: recordings beside the list; scores written are a list again; DET as picture and numbers', async () => {
  for (const name of ['dev00', 'trn05', 'clip3s']) copyFileSync(audio(name), at(`${name}.wav`));
  writeFileSync(at('list.txt'), '1 dev00.wav clip3s.wav\n0 dev00.wav trn05.wav\n0 clip3s.wav trn05.wav\n');
  await trials(at('list.txt'), { scores: at('s.txt'), det: at('d.svg'), json: true, output: at('a.json') });
  await trials(at('s.txt'), { det: at('d.json'), json: true, output: at('b.json') });
  const [heard, again] = [JSON.parse(read('a.json')), JSON.parse(read('b.json'))];
  expect(again).toEqual({ ...heard, model: undefined, calibration: undefined });
  expect(heard.trials).toEqual({ sameSpeaker: 1, twoSpeakers: 2 });
  expect(read('d.svg')).toMatch(/^<svg /);
  expect(JSON.parse(read('d.json')).thresholds[0]).toBe(null);
  writeFileSync(at('bad.txt'), '1 dev00.wav missing.wav\n0 dev00.wav trn05.wav\n');
  await expect(trials(at('bad.txt'))).rejects.toThrow('missing.wav');
  writeFileSync(at('mixed.txt'), '1 0.5\n0 dev00.wav trn05.wav\n');
  await expect(trials(at('mixed.txt'))).rejects.toThrow('keep one kind');
  writeFileSync(at('empty.txt'), '\n');
  await expect(trials(at('empty.txt'))).rejects.toThrow('holds no trials');
  expect(existsSync(at('det.xyz'))).toBe(false);
});

test('every task tells that a recording was cut off', async () => {
  const whole = readFileSync(audio('clip3s'));
  writeFileSync(at('cut.wav'), whole.subarray(0, 44 + 2 * 32000)); // 2 s of 3
  writeFileSync(at('cut.rttm'), 'SPEAKER cut 1 0.5 1.0 <NA> <NA> A <NA> <NA>\n');
  writeFileSync(at('list.txt'), `1 cut.wav cut.wav\n0 cut.wav ${audio('clip3s')}\n`);
  const cut = [at('cut.wav')];
  const output = at('out.json');
  const tasks: Record<string, () => Promise<void>> = {
    vad: () => vad(cut, { output }),
    overlap: () => overlap(cut, { output }),
    changes: () => changes(cut, { output }),
    segment: () => segment(cut, { output }),
    'embed, whole': () => embed(cut, { output }),
    'embed, windows': () => embed(cut, { output, per: 'window', duration: 1 }),
    'embed, turns': () => embed(cut, { output, per: 'turn', rttm: at('cut.rttm') }),
    verify: () => verify(at('cut.wav'), audio('clip3s'), { output }),
    trials: () => trials(at('list.txt'), { output }),
  };
  for (const [name, task] of Object.entries(tasks)) {
    said = '';
    await task();
    expect(said, name).toContain('cut.wav was cut off: 2.00 s of the announced 3.00 s are there and are used.');
  }
  said = '';
  await vad(cut, { output, quiet: true });
  expect(said).toBe('');
});
