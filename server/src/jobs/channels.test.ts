import { expect, test } from 'vitest';
import { addBlock, distinctChannels, startSums } from './channels.ts';

const tone = (hz: number, gain = 1, from = 0, to = 8000) =>
  Float32Array.from({ length: 8000 }, (_, i) =>
    i >= from && i < to ? gain * Math.sin((2 * Math.PI * hz * i) / 8000) : 0,
  );

function distinct(channels: readonly Float32Array[]): number[] {
  const sums = startSums(channels.length);
  for (let at = 0; at < 8000; at += 999)
    addBlock(
      sums,
      channels.map((channel) => channel.subarray(at, at + 999)),
    );
  return distinctChannels(sums);
}

test('equal channels count once, whatever their gain', () => {
  expect(distinct([tone(220), tone(220)])).toEqual([0]);
  expect(distinct([tone(220), tone(220, 0.1)])).toEqual([0]);
});

test('a speaker a channel is two channels', () => {
  expect(distinct([tone(220, 1, 0, 4000), tone(440, 1, 4000, 8000)])).toEqual([0, 1]);
});

test('turned round is not equal, and two silent channels are one', () => {
  expect(distinct([tone(220), tone(220, -1)])).toEqual([0, 1]);
  expect(distinct([tone(220), new Float32Array(8000), new Float32Array(8000)])).toEqual([0, 1]);
});

test('a constant offset does not make a channel another one', () => {
  expect(distinct([tone(220), tone(220).map((x) => x + 0.2)])).toEqual([0]);
});
