import { expect, test } from 'vitest';
import { channelCases, muLaw, RATE, verdictText } from '../../bench/channelCases.ts';
import { analyzeSamples } from '../../bench/channels.ts';
import { analyzeChannels } from './analysis.ts';

const cases = [
  ...new Set([
    'two voices',
    'one voice, mono',
    'equal',
    'scaled −6 dB',
    'inverted',
    'delayed 95 ms',
    'one coded',
    'equal for half',
    'equal but for 3 s',
    'call, bleed −12 dB',
    'bleed only, −20 dB',
    'second hisses',
    'copy that stops half-way',
    'two voices and a copy',
  ]),
].map((kind) => {
  const [one] = channelCases({ none: undefined }, { kinds: [kind], noises: ['white, 25 dB'], coder: muLaw });
  return [kind, one] as const;
});

test.each(cases)('%s', async (_, { channels, expected }) => {
  const { verdicts, distinctChannels, channels: count } = await analyzeSamples(channels);
  expect(verdicts.map(verdictText)).toEqual(expected);
  expect(count).toBe(channels.length);
  expect(distinctChannels).toBe(expected.filter((verdict) => verdict === 'distinct').length);
});

test('delay, sign and gain of a copy, and the level of bleed, are measured', async () => {
  const pairOf = async (kind: string) => {
    const [one] = channelCases({ none: undefined }, { kinds: [kind], noises: ['none'], coder: muLaw });
    return (await analyzeSamples(one.channels)).pairs[0];
  };
  expect(await pairOf('delayed 20 ms')).toMatchObject({ relation: 'delayed', gainDb: 0 });
  expect((await pairOf('delayed 20 ms')).delay).toBeCloseTo(323 / RATE, 3);
  expect(await pairOf('inverted, −6 dB')).toMatchObject({ relation: 'inverted', inverted: true, gainDb: -6 });
  const bleed = await pairOf('bleed only, −20 dB');
  expect(bleed).toMatchObject({ relation: 'bleed', bleedIntoB: bleed.gainDb });
  expect(Math.abs(bleed.gainDb + 20)).toBeLessThan(2);
});

const tone = (spans: readonly (readonly [hertz: number, seconds: number])[]): Float32Array =>
  Float32Array.from(
    spans.flatMap(([hertz, seconds]) =>
      Array.from({ length: RATE * seconds }, (_, i) => 0.27 * Math.sin((2 * Math.PI * hertz * i) / RATE)),
    ),
  );

test('tones count as sound: equal ones once, different ones apart', async () => {
  const same = tone([
    [220, 2],
    [440, 2],
  ]);
  expect(await analyzeSamples([same, same])).toMatchObject({ channels: 2, distinctChannels: 1 });
  expect(
    await analyzeSamples([
      tone([
        [220, 2],
        [0, 2],
      ]),
      tone([
        [0, 2],
        [440, 2],
      ]),
    ]),
  ).toMatchObject({ distinctChannels: 2 });
});

test('silence has no distinct channel, and a channel is judged by what it has', async () => {
  const silence = new Float32Array(3 * RATE);
  expect(await analyzeSamples([silence, silence])).toMatchObject({ channels: 2, distinctChannels: 0 });
  const { verdicts } = await analyzeSamples([tone([[300, 1]])]);
  expect(verdicts).toMatchObject([{ verdict: 'distinct', speechStart: 0, speechEnd: 1 }]);
});

test('blocks of any size give the same result', async () => {
  const [{ channels }] = channelCases(
    { none: undefined },
    { kinds: ['call, bleed −20 dB'], noises: ['none'], coder: muLaw },
  );
  const whole = await analyzeSamples(channels);
  async function* ragged(): AsyncGenerator<readonly Float32Array[]> {
    for (let at = 0, size = 1; at < channels[0].length; at += size, size = (size * 7) % 50021)
      yield channels.map((one) => one.slice(at, at + size));
  }
  const cut = await analyzeChannels({ sampleRate: RATE, numChannels: 2, blocks: ragged() });
  expect(cut.verdicts.map(verdictText)).toEqual(whole.verdicts.map(verdictText));
  expect(cut.pairs).toEqual(whole.pairs);
});

test('64 channels are taken, 65 and a cancelled run are not', async () => {
  const one = tone([[220, 1]]);
  const many = await analyzeSamples(Array.from({ length: 64 }, () => one));
  expect(many).toMatchObject({ channels: 64, distinctChannels: 1 });
  await expect(analyzeSamples(Array.from({ length: 65 }, () => one))).rejects.toThrow('Got 65 channels when 1 to 64');
  await expect(analyzeSamples([one, one], { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
    'enough',
  );
});
