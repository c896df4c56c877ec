import { expect, test } from 'vitest';
import { checkClaims } from './claims.ts';

test('recordings of every kind are believed', () => {
  for (const [channels, rate] of [
    [1, 4000],
    [2, 44100],
    [12, 48000],
    [64, 192_000],
    [1, 8000],
  ])
    expect(() => checkClaims('a.wav', channels, rate)).not.toThrow();
});

test('headers that would ask for more memory than there is are not', () => {
  for (const [channels, rate] of [
    [0, 16000],
    [65_535, 16000],
    [1, 1],
    [1, 4_294_967_295],
    [1, Number.NaN],
  ])
    expect(() => checkClaims('a.wav', channels, rate)).toThrow(/^a\.wav claims .* its header is damaged/);
});
