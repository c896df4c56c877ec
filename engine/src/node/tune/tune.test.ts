import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readProtocol } from './protocol.ts';
import { decodeSpeech, encodeSpeech } from './speechFile.ts';
import { openTrialLog } from './trialLog.ts';

const folder = mkdtempSync(join(tmpdir(), 'diarist-tune-'));
afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, text = ''): string {
  const file = join(folder, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  return file;
}
const turn = (uri: string, speaker = 'A') => `SPEAKER ${uri} 1 0 1 <NA> <NA> ${speaker} <NA> <NA>\n`;

test('what the networks heard comes back from its file as it was', () => {
  const bytes = readFileSync(new URL('../../../../fixtures/tune/trn08.speech', import.meta.url));
  const speech = decodeSpeech(bytes)!;
  expect(speech.duration).toBeCloseTo(30, 1);
  expect(speech.embeddings.vectors.length).toBe(speech.embeddings.numRows * speech.embeddings.dimension);
  expect(speech.activity.talking.length).toBe(speech.activity.numChunks * speech.activity.numFrames);
  const odd = { ...speech, embeddings: { ...speech.embeddings, vectors: speech.embeddings.vectors.slice() } };
  odd.embeddings.vectors[7] = Number.NaN; // a voice without a vector
  expect(decodeSpeech(encodeSpeech(odd))).toEqual(odd);
  expect(decodeSpeech(encodeSpeech(speech))).toEqual(speech);
  const { dimension } = speech.embeddings;
  const turns = {
    spans: Int32Array.of(0, 1, 20, 50, 3, 0, 0, 589),
    weights: Float32Array.of(0.5, 20),
    vectors: Int8Array.from({ length: 2 * dimension }, (_, i) => (i % 255) - 127),
  };
  expect(decodeSpeech(encodeSpeech({ ...speech, turns }))).toEqual({ ...speech, turns });
});

test('a file that is cut short or damaged is none', () => {
  const bytes = readFileSync(new URL('../../../../fixtures/tune/trn03.speech', import.meta.url));
  for (const length of [0, 5, 23, 40, 300, 1000, bytes.length - 1])
    expect(decodeSpeech(bytes.subarray(0, length))).toBe(undefined);
  for (const at of [3, 30, 2000, bytes.length - 2]) {
    const damaged = Buffer.from(bytes);
    damaged[at] ^= 0x55;
    expect(decodeSpeech(damaged)).toBe(undefined);
  }
});

test('a list has a recording a line, with paths that begin at the list', async () => {
  for (const name of ['audio/a.wav', 'audio/b c.wav', 'audio/d.wav']) put(name);
  put('rttm/all.rttm', turn('a') + turn('b c'.replace(' ', '_')) + turn('d', 'D'));
  put('rttm/b c.rttm', turn('whatever', 'B'));
  put('all.uem', 'a 1 0 10\nd 1 5 20\n');
  const list = put(
    'list.txt',
    '\uFEFF# audio rttm uem\r\naudio/a.wav rttm/all.rttm all.uem\r\n\r\n;; quotes\r\n"audio/b c.wav" "rttm/b c.rttm"\r\naudio/d.wav\trttm/all.rttm\r\n',
  );
  const uems = new Map([
    ['a', []],
    ['d', [{ start: 1, end: 2 }]],
  ]);
  const items = await readProtocol(list, { uems });
  expect(items.map(({ uri, reference, uem }) => [uri, reference.turns[0].speaker, uem])).toEqual([
    ['a', 'A', [{ start: 0, end: 10 }]], // the list's own UEM wins
    ['b c', 'B', undefined],
    ['d', 'D', [{ start: 1, end: 2 }]],
  ]);
  expect(items[1].audio).toBe(join(folder, 'audio/b c.wav'));
});

test('a name with its ü taken apart, as macOS names files, is the same name', async () => {
  put('nfd/Zu\u0308rich.wav');
  put('nfd/all.rttm', turn('Z\u00fcrich', 'Z') + turn('other'));
  const list = put('nfd.txt', 'nfd/Zu\u0308rich.wav nfd/all.rttm\n');
  const [item] = await readProtocol(list, { uems: new Map([['Z\u00fcrich', [{ start: 1, end: 2 }]]]) });
  expect([item.reference.turns[0].speaker, item.uem]).toEqual(['Z', [{ start: 1, end: 2 }]]);
});

test('RTTM and UEM of many recordings that have _ for the blanks of a name are of that recording', async () => {
  put('blanks/my talk.wav');
  put('blanks/all.rttm', turn('my_talk', 'M') + turn('other'));
  const list = put('blanks.txt', '"blanks/my talk.wav" blanks/all.rttm\n');
  const [item] = await readProtocol(list, { uems: new Map([['my_talk', [{ start: 1, end: 2 }]]]) });
  expect([item.reference.turns[0].speaker, item.uem]).toEqual(['M', [{ start: 1, end: 2 }]]);
});

test('a folder has them side by side; what has no RTTM is told', async () => {
  put('pairs/x.flac');
  put('pairs/x.rttm', turn('x'));
  put('pairs/x.uem', 'x 1 0 3\n');
  put('pairs/below/x.wav');
  put('pairs/below/x.rttm', '');
  put('pairs/alone.mp3');
  const notes: string[] = [];
  const items = await readProtocol(join(folder, 'pairs'), { note: (line) => notes.push(line) });
  expect(items.map(({ uri, reference, uem }) => [uri, reference.turns.length, uem])).toEqual([
    ['below/x', 0, undefined],
    ['x', 1, [{ start: 0, end: 3 }]],
  ]);
  expect(notes).toEqual(['1 without RTTM, left out: alone.mp3']);
});

test('a protocol that can not be followed names the file and the line', async () => {
  put('a.wav');
  put('two.rttm', turn('first') + turn('second'));
  put('a.rttm', turn('a'));
  const refused = (text: string, message: string) =>
    expect(readProtocol(put('bad.txt', text))).rejects.toThrow(message);
  await refused('', 'bad.txt: names no recordings');
  await refused('# nothing\n', 'bad.txt: names no recordings');
  await refused('a.wav a.rttm\nb.wav a.rttm\n', `bad.txt:2: there is no file ${join(folder, 'b.wav')} (recording)`);
  await refused('a.wav no.rttm\n', '(RTTM)');
  await refused('a.wav a.rttm no.uem\n', '(UEM)');
  await refused('a.wav\n', 'bad.txt:1: got 1 fields when 2 or 3 were expected');
  await refused('a.wav a.rttm\n./a.wav a.rttm\n', 'bad.txt:2: the recording');
  await refused('a.wav two.rttm\n', "has 2 recordings but none named 'a'");
  await expect(readProtocol(join(folder, 'nowhere'))).rejects.toThrow('there is no such file');
  mkdirSync(join(folder, 'empty'));
  await expect(readProtocol(join(folder, 'empty'))).rejects.toThrow('has no recordings with an RTTM file');
});

test('a log of trials that was torn off goes on after its last whole line', async () => {
  const file = join(folder, 'one.trials');
  const settings = { metric: 'der' };
  const log = await openTrialLog(file, settings);
  const trials = [0.1 + 0.2, 1e-17, 3].map((loss, i) => ({ point: { x: i / 3, method: 'ward', on: true }, loss }));
  for (const trial of trials) log.append('fold 1', trial);
  log.append('all', trials[0]);
  const whole = readFileSync(file, 'utf8');
  writeFileSync(file, whole.slice(0, -10));
  const again = await openTrialLog(file, settings, { resume: true });
  expect(again.numKnown).toBe(3);
  expect(again.history('fold 1')).toEqual(trials);
  expect(again.history('all')).toEqual([]);
  again.append('all', trials[0]);
  expect(readFileSync(file, 'utf8')).toBe(whole);
});

test('a log is of its settings only, and begins anew unless it is to go on', async () => {
  const file = join(folder, 'two.trials');
  (await openTrialLog(file, { seed: 1 })).append('all', { point: {}, loss: 1 });
  expect((await openTrialLog(file, { seed: 2 }, { resume: true })).numKnown).toBe(0);
  (await openTrialLog(file, { seed: 2 })).append('all', { point: {}, loss: 1 });
  expect((await openTrialLog(file, { seed: 2 })).numKnown).toBe(0);
});
