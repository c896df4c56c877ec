import { expect, test } from 'vitest';
import { channelCases, muLaw, RATE } from '../../bench/channelCases.ts';
import { analyzeSamples } from '../../bench/channels.ts';
import type { ChannelStream } from '../core/audio.ts';
import type { Diarization } from '../core/diarization.ts';
import { chooseMethod } from './choose.ts';
import { gated } from './gate.ts';
import { linkSpeakers } from './link.ts';
import { exclusive, mainVoice, mergeChannels, splitTurns } from './merge.ts';
import { ownSpeech, segmentsOf } from './ownSpeech.ts';

const streamOf = (channels: readonly Float32Array[]): ChannelStream => ({
  sampleRate: RATE,
  numChannels: channels.length,
  blocks: (async function* () {
    yield channels;
  })(),
});

test('a voice that leaks into the other channel is not counted twice', async () => {
  const [{ channels }] = channelCases(
    { none: undefined },
    { kinds: ['call, bleed −12 dB'], noises: ['none'], coder: muLaw },
  );
  const analysis = await analyzeSamples(channels);
  const { turns, speakers } = splitTurns(await ownSpeech(streamOf(channels), analysis, [0, 1]));
  expect(speakers.map(({ label }) => label)).toEqual(['SPEAKER_00', 'SPEAKER_01']);
  // The talk alternates every 2.5 s: what is found in a channel lies in its own turns.
  for (const { channel, start, end } of turns) {
    for (let t = start + 0.05; t < end - 0.05; t += 0.1) {
      const phase = t % 2.5;
      if (phase > 0.4 && phase < 2.1) expect(Math.floor(t / 2.5) % 2).toBe(channel);
    }
  }
});

test('the method follows from what the channels hold, and says why', async () => {
  const of = async (kind: string) => {
    const [{ channels }] = channelCases({ none: undefined }, { kinds: [kind], noises: ['none'], coder: muLaw });
    return analyzeSamples(channels);
  };
  expect(chooseMethod(await of('inverted'))).toEqual({
    method: 'channel',
    reason: 'the others are copies',
    channels: [0],
  });
  expect(chooseMethod(await of('one voice, mono')).reason).toBe('there is one channel');
  const call = await of('call, bleed −20 dB');
  expect(chooseMethod(call)).toEqual({
    method: 'hybrid',
    reason: '2 channels have voices of their own',
    channels: [0, 1],
  });
  expect(chooseMethod(call, 'mix').method).toBe('mix');
  expect(chooseMethod(call, 1).channels).toEqual([1]);
  expect(() => chooseMethod(call, 2)).toThrow('Got channel 2 when the recording has 2, counted from 0.');
});

const voice = (label: string, x: number, y: number, speechDuration = 5) => ({
  label,
  embedding: Float32Array.of(x, y),
  speechDuration,
});

test('one presenter heard in two rooms is one speaker, and people of one room stay apart', () => {
  const rooms = [
    { speakers: [voice('SPEAKER_00', 1, 0), voice('SPEAKER_01', 0.49, 0.88)] },
    { speakers: [voice('SPEAKER_00', 1, 0.02)] },
  ];
  const linked = linkSpeakers(rooms);
  expect(linked[0].cluster).not.toBe(linked[1].cluster);
  expect(linked[2].cluster).toBe(linked[0].cluster);
});

test('two voices of one room that are nearly alike are one person, unless there are to be more', () => {
  const rooms = [{ speakers: [voice('A', 1, 0), voice('B', 0.52, 0.85)] }, { speakers: [voice('A', -1, 0)] }];
  const clusters = (options?: Parameters<typeof linkSpeakers>[1]) =>
    linkSpeakers(rooms, options).map(({ cluster }) => cluster);
  expect(clusters()).toEqual([0, 0, 1]);
  expect(clusters({ minSpeakers: 3 })).toEqual([0, 1, 2]);
  // However few there are to be: who does not sound like the other is not made them.
  const apart = [{ speakers: [voice('A', 1, 0), voice('B', 0, 1)] }];
  expect(new Set(linkSpeakers(apart, { maxSpeakers: 1 }).map(({ cluster }) => cluster)).size).toBe(2);
});

test('turns of channels are numbered over all channels by first appearance', () => {
  const model = { name: 'm', version: '1', licence: 'x' };
  const room = (turns: Diarization['turns'], speakers: Diarization['speakers']): Diarization => ({
    duration: 10,
    turns,
    exclusiveTurns: turns,
    speakers,
    model,
    warnings: [],
  });
  const rooms = [
    room([{ start: 4, end: 6, speaker: 'SPEAKER_00' }], [voice('SPEAKER_00', 1, 0)]),
    room(
      [
        { start: 0, end: 2, speaker: 'SPEAKER_00' },
        { start: 3, end: 5, speaker: 'SPEAKER_01' },
      ],
      [voice('SPEAKER_00', 1, 0), voice('SPEAKER_01', 0, 1)],
    ),
  ];
  const all = (channel: number) => ({ channel, segments: [{ start: 0, end: 10 }], levels: new Int8Array(0) });
  const { turns, speakers } = mergeChannels(rooms, [all(0), all(1)]);
  expect(turns.map(({ speaker, start, channel }) => [speaker, start, channel])).toEqual([
    ['SPEAKER_00', 0, 1],
    ['SPEAKER_01', 3, 1],
    ['SPEAKER_00', 4, 0],
  ]);
  expect(speakers.map(({ speechDuration }) => speechDuration)).toEqual([4, 2]);
  expect(mainVoice(rooms[1], all(1))).toEqual({ main: 'SPEAKER_00', share: 0.5 });
  expect(mainVoice(rooms[1], { segments: [{ start: 0, end: 2.5 }] }).share).toBe(1);
  expect(exclusive(turns).map(({ start, end }) => [start, end])).toEqual([
    [0, 2],
    [3, 5],
    [5, 6],
  ]);
});

test('a voice that was taken for two is one, and who leaks in while it speaks does not count against it', () => {
  const turns = [
    { start: 0, end: 6, speaker: 'A' },
    { start: 6, end: 9, speaker: 'B' },
    { start: 1, end: 4, speaker: 'C' },
  ];
  const own = { segments: [{ start: 0, end: 9 }] };
  const speakers = [voice('A', 1, 0), voice('B', 0.8, 0.6), voice('C', 0, 1)];
  expect(mainVoice({ turns, speakers }, own)).toEqual({ main: 'A', share: 1 });
  const strangers = [voice('A', 1, 0), voice('B', 0.3, 0.95), voice('C', 0, 1)];
  expect(mainVoice({ turns, speakers: strangers }, own).share).toBeCloseTo(2 / 3, 6);
});

test('speakers are linked until there are as few as can be, and no further than to as many as must be', () => {
  const rooms = [
    { speakers: [voice('A', 1, 0), voice('B', 0, 1)] },
    { speakers: [voice('A', 0.3, 0.95), voice('B', 0.95, 0.1)] },
  ];
  const count = (options: Parameters<typeof linkSpeakers>[1]) =>
    new Set(linkSpeakers(rooms, options).map(({ cluster }) => cluster)).size;
  expect([
    count({ threshold: 0.99 }),
    count({}),
    count({ minSpeakers: 3 }),
    count({ threshold: 0.99, maxSpeakers: 2 }),
  ]).toEqual([3, 2, 3, 2]);
});

test('what is not of the channel is turned down to its noise, and nothing else is touched', async () => {
  const samples = Float32Array.from({ length: 16000 }, () => 0.1);
  const levels = new Int8Array(50).fill(-20);
  const own = { channel: 0, segments: [{ start: 0.4, end: 0.6 }], levels };
  const stream = {
    sampleRate: 16000,
    blocks: (async function* () {
      for (let at = 0; at < samples.length; at += 777) yield samples.slice(at, at + 777);
    })(),
  };
  const out: number[] = [];
  for await (const block of gated(stream, own, { floorDb: -60 }).blocks) out.push(...block);
  expect(out).toHaveLength(16000);
  expect(out[8000]).toBeCloseTo(0.1, 6);
  expect([out[1600], out[14400]].map((value) => Math.round(value * 1e6))).toEqual([1000, 1000]); // 40 dB lower
  for (let i = 1; i < out.length; i++) expect(Math.abs(out[i] - out[i - 1])).toBeLessThan(0.001); // no clicks
});

test('short pauses are speech, short sounds are none', () => {
  const own = new Uint8Array(200);
  own.fill(1, 10, 40).fill(1, 50, 60).fill(1, 150, 153);
  expect(segmentsOf(own, 0.4, 0.12)).toEqual([{ start: 0.2, end: 1.2 }]);
});

test('turns keep how sure they are where they are cut, and have the mean of those that they are made of', () => {
  const diarization = (turns: Diarization['turns']): Diarization => ({
    duration: 10,
    turns,
    exclusiveTurns: turns,
    speakers: [{ label: 'a', speechDuration: 1 }],
    model: { name: 'm', version: '1', licence: 'x' },
    warnings: [],
  });
  const found = [
    diarization([
      { start: 0, end: 3, speaker: 'a', confidence: 0.9 },
      { start: 3, end: 4, speaker: 'a', confidence: 0.5 },
    ]),
    diarization([{ start: 3, end: 8, speaker: 'a', confidence: 0.7 }]),
  ];
  const own = [
    { channel: 0, segments: [{ start: 0, end: 5 }] },
    { channel: 1, segments: [{ start: 5, end: 9 }] },
  ];
  const { turns, exclusiveTurns } = mergeChannels(found, own as never);
  // Three seconds at 0.9 and one at 0.5 are 0.8; of the other channel a tenth of a second before its own speech is kept.
  expect(turns.map(({ channel, confidence }) => [channel, confidence])).toEqual([
    [0, expect.closeTo(0.8, 9)],
    [1, 0.7],
  ]);
  expect(turns[1]).toMatchObject({ start: 4.9, end: 8 });
  expect(exclusiveTurns.map(({ confidence }) => confidence)).toEqual([expect.closeTo(0.8, 9), 0.7]);
  expect(splitTurns(own as never).turns[0]).toEqual({ start: 0, end: 5, speaker: 'SPEAKER_00', channel: 0 });
});
