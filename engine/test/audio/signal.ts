import { readFileSync } from 'node:fs';

/** The signal behind fixtures/audio/encoded: the same formula as in make_encoded.py, as floats x / 32768. */
export function signal(sampleRate: number, duration: number, channel: number): Float32Array {
  return Float32Array.from({ length: Math.round(sampleRate * duration) }, (_, i) => {
    const t = i / sampleRate;
    const low = Math.sin(2 * Math.PI * ((180 + 70 * channel) * t + 250 * t * t));
    const high = Math.sin(2 * Math.PI * ((900 - 90 * channel) * t + 400 * t * t));
    return Math.round(32768 * (0.35 * low + 0.15 * high)) / 32768 + 0; // + 0 makes 0 of -0
  });
}

export function fixture(name: string): string {
  return new URL(`../../../fixtures/audio/encoded/${name}`, import.meta.url).pathname;
}

export function fixtureBytes(name: string): Buffer {
  return readFileSync(fixture(name));
}

/** All blocks of a mono stream in one array. */
export async function collect(blocks: AsyncIterable<Float32Array>): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for await (const block of blocks) parts.push(block);
  return concat(parts);
}

/** All blocks of a stream of channels, one array each. */
export async function collectChannels(blocks: AsyncIterable<readonly Float32Array[]>): Promise<Float32Array[]> {
  const parts: Float32Array[][] = [];
  for await (const channels of blocks)
    for (const [c, block] of channels.entries()) {
      parts[c] ??= [];
      parts[c].push(block);
    }
  return parts.map(concat);
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Pearson's correlation of the samples that both have. */
export function correlation(a: Float32Array, b: Float32Array): number {
  const length = Math.min(a.length, b.length);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return ab / Math.sqrt(aa * bb);
}

/** By how many samples `got` comes late (positive) or early, by the best correlation. */
export function delay(got: Float32Array, expected: Float32Array): number {
  let best = 0;
  let at = 0;
  for (let lag = -200; lag <= 1500; lag++) {
    const length = 4000; // enough to tell: the tones glide
    const from = got.subarray(Math.max(0, lag));
    const r = correlation(from.subarray(0, length), expected.subarray(Math.max(0, -lag)));
    if (r > best) {
      best = r;
      at = lag;
    }
  }
  return at;
}
