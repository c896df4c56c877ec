import { expect, test } from 'vitest';
import { channelsOf, type HearingOptions, monoOf } from './heard.ts';
import type { PlanarStream } from './planar.ts';

function decoded(sampleRate: number): PlanarStream & { closed: boolean } {
  return {
    source: { container: 'wav', codec: 'pcm_s16le', sampleRate, numChannels: 2, decoder: 'ffmpeg' },
    blocks: (async function* () {})(),
    warnings: [],
    closed: false,
    async close() {
      this.closed = true;
    },
  };
}

test.each<[string, number, HearingOptions, string]>([
  ['a channel that it does not have', 16000, { channel: 2 }, 'Got channel 2 when the recording has 2'],
  ['a rate that no recording has', 500, {}, 'The recording claims 2 channels at 500 Hz'],
  ['a rate that nothing can be heard at', 16000, { sampleRate: 44.1 }, 'Got a target sample rate of 44.1'],
])('a recording that is refused for %s is closed: a decoder may be waiting', async (_, rate, options, reason) => {
  const one = decoded(rate);
  await expect(monoOf(one, options)).rejects.toThrow(reason);
  expect(one.closed).toBe(true);
  if (options.channel !== undefined) return;
  const all = decoded(rate);
  await expect(channelsOf(all, options)).rejects.toThrow(reason);
  expect(all.closed).toBe(true);
});
