import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { stereoWav } from '../../bench/callRecording.ts';
import { channelCases, muLaw, RATE } from '../../bench/channelCases.ts';
import { parseRttm } from '../../src/formats/index.ts';
import { put, run, SAMPLE } from './runCli.ts';

// `--channels`, on stereo files made from sample recordings (bench/channelCases.ts).

const folder = mkdtempSync(join(tmpdir(), 'diarist-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(kind: string): string {
  const [{ channels }] = channelCases({ none: undefined }, { kinds: [kind], noises: ['none'], coder: muLaw });
  return put(folder, `${kind.replaceAll(/[^a-z0-9]+/g, '-')}.wav`, stereoWav(channels, RATE));
}
const call = file('call, bleed −20 dB');
const copies = file('inverted');

interface Told {
  readonly channels: { method: string; reason: string; used: number[]; analysis: { distinctChannels: number } };
  readonly turns: { channel?: number; speaker: string }[];
  readonly speakers: unknown[];
  readonly parameters: Record<string, unknown>;
  readonly warnings: string[];
}
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await run([...args, '--json', '-q']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Told;
};

test('auto says which method it took and why, to people and in JSON', async () => {
  const { code, stdout, stderr } = await run([call, '--channels', 'auto']);
  expect(code).toBe(0);
  expect(stderr).toMatch(/call-bleed-20-d-\.wav: channels: \w+, because 2 channels have voices of their own/i);
  expect(parseRttm(stdout)[0].turns.length).toBeGreaterThan(3);

  const { channels, turns, parameters } = await json(call, '--channels', 'auto');
  expect(channels).toMatchObject({ used: [0, 1], analysis: { distinctChannels: 2 } });
  expect(channels.reason).toMatch(/^2 channels have voices of their own, /);
  expect(new Set(turns.map(({ channel }) => channel))).toEqual(new Set([0, 1]));
  expect(parameters['channels']).toBe('auto');
});

test('channels of opposite sign, which cancel in a mean, are heard as one', async () => {
  const { channels, turns } = await json(copies, '--channels', 'auto');
  expect(channels).toMatchObject({ method: 'channel', reason: 'the others are copies', used: [0] });
  expect(turns.length).toBeGreaterThan(0);
  expect((await run([copies, '-q'])).stdout).toBe('');
});

// docs/confidence.md: a turn of a channel that is one voice is scored 100, one that the networks found as anywhere else.
test('turns of channels say how sure they are, for results and for the review', async () => {
  const { stdout: split } = await run([call, '--channels', 'split', '--review', '2', '-q']);
  expect(split).toMatch(/least sure of \d+ turns\n 100 % {2}.*\n 100 % {2}/);
  const { stdout: hybrid } = await run([call, '--channels', 'hybrid', '--confidence', '-f', 'csv', '-q']);
  for (const line of hybrid.trimEnd().split('\n').slice(1)) {
    const confidence = Number(line.split(',')[4]);
    expect(confidence).toBeGreaterThan(0);
    expect(confidence).toBeLessThanOrEqual(1);
  }
});

test('a person decides otherwise: split, mix, a number', async () => {
  const split = await json(call, '--channels', 'split');
  expect(split.channels).toMatchObject({ method: 'split', reason: 'it was asked for' });
  expect(split.speakers).toHaveLength(2);
  expect(
    split.turns.every(({ channel, speaker }) => speaker === split.turns.find((t) => t.channel === channel)!.speaker),
  ).toBe(true);

  const mix = await json(call, '--channels', 'mix');
  expect(mix.channels.method).toBe('mix');
  expect(mix.turns.every(({ channel }) => channel === undefined)).toBe(true);

  const one = await json(call, '--channels', '1');
  expect(one.channels).toMatchObject({ method: 'channel', used: [1], reason: 'it was asked for' });
  expect(one.turns).toEqual((await json(call, '--channel', '1')).turns);
});

test('speakers of channels get other names; two that get one name are one', async () => {
  const { turns, speakers } = await json(call, '--channels', 'split', '--names', 'SPEAKER_00=Ada');
  expect(new Set(turns.map(({ speaker }) => speaker))).toEqual(new Set(['Ada', 'SPEAKER_01']));
  expect(turns.some(({ channel }) => channel === 1)).toBe(true);
  expect(speakers).toMatchObject([{ label: 'Ada' }, { label: 'SPEAKER_01' }]);
  const one = await json(call, '--channels', 'split', '--names', 'SPEAKER_00=Ada,SPEAKER_01=Ada');
  expect(one.speakers).toMatchObject([{ label: 'Ada' }]);
  const wrong = await run([call, '--names', 'SPEAKER_9=Ada,SPEAKER_00=Ben']);
  expect([wrong.code, wrong.stdout]).toEqual([2, expect.stringContaining(' Ben ')]);
  expect(wrong.stderr).toContain("Got a name for 'SPEAKER_9' when the speakers are SPEAKER_00");
});

test('as many speakers as channels are one a channel', async () => {
  const { channels, speakers } = await json(call, '--channels', 'auto', '-n', '2');
  expect(channels.method).toBe('split');
  expect(channels.reason).toBe('there are as many speakers as channels with voices of their own, 2');
  expect(speakers).toHaveLength(2);
  expect((await json(call, '--channels', 'split', '-n', '3')).warnings).toEqual([
    'Got 3 speakers, but split makes each of 2 channels one.',
  ]);
});

test('a recording of one channel, and one from a pipe, are looked at too', async () => {
  const mono = await json(SAMPLE, '--channels', 'auto');
  expect(mono.channels).toMatchObject({ method: 'channel', reason: 'there is one channel' });
  const piped = await run(['-', '--channels', 'split', '--json', '-q'], { input: readFileSync(call) });
  expect([piped.code, piped.leftovers]).toEqual([0, []]);
  expect((JSON.parse(piped.stdout) as Told).turns).toEqual((await json(call, '--channels', 'split')).turns);
});

test.each([
  [['--channels', '2'], 'Got channel 2 when the recording has 2, counted from 0.'],
  [['--channels', 'loud'], "option '--channels <how>' argument 'loud' is invalid. Expected auto, mix, split"],
  [['--channels', 'auto', '--channel', '1'], 'Got --channel 1 and --channels auto: choose one.'],
  [['--channels', 'auto', '--checkpoint', folder], 'Got a checkpoint when channels are heard apart'],
])('%j is refused in a sentence', async (args, message) => {
  const { code, stderr, stdout } = await run([call, ...args]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});

test('`diarist channels --json` has the numbers of channels and the verdicts', async () => {
  const { code, stdout } = await run(['channels', call, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    channels: 2,
    distinctChannels: 2,
    verdicts: [{ verdict: 'distinct' }, { verdict: 'distinct' }],
    pairs: [{ relation: 'bleed' }],
    method: 'hybrid',
  });
});

test('channels of a recording that was cut off: told beside the table', async () => {
  const whole = readFileSync(call);
  const cut = put(folder, 'cut.wav', whole.subarray(0, whole.length >> 1));
  const { code, stdout, stderr } = await run(['channels', cut]);
  expect(code).toBe(0);
  expect(stdout).toContain('2 channels');
  expect(stderr).toMatch(/^warning: cut\.wav was cut off: .* are there and are used\.\n$/);
});
