import type { AudioStream } from '../../core/audio.ts';

/**
 * Stretches of the user's sound, one after the other, to measure a network on: few enough to hold, spread over the
 * whole recording however long it is. When there are twice too many every other one goes, and from then on only
 * every other one is taken.
 */
export interface SoundWindowsOptions {
  readonly numSamples?: number;
  /** At most so many from one recording. */
  readonly most?: number;
}

/** Quieter than this is silence, on which networks have nothing to say: -80 dB. */
const SILENCE = 1e-4;

export async function soundWindows(
  { blocks }: AudioStream,
  { numSamples = 160_000, most = 60 }: SoundWindowsOptions = {},
): Promise<Float32Array[]> {
  let kept: Float32Array[] = [];
  let stride = 1;
  let index = 0;
  let filled = 0;
  let window = new Float32Array(numSamples);
  const finish = (): void => {
    const loud = window.some((sample) => Math.abs(sample) > SILENCE);
    if (loud && index++ % stride === 0) kept.push(window);
    if (kept.length >= 2 * most) {
      kept = kept.filter((_, i) => i % 2 === 0);
      stride *= 2;
    }
    window = new Float32Array(numSamples);
    filled = 0;
  };
  for await (const block of blocks) {
    for (let from = 0; from < block.length; ) {
      const length = Math.min(block.length - from, numSamples - filled);
      window.set(block.subarray(from, from + length), filled);
      filled += length;
      from += length;
      if (filled === numSamples) finish();
    }
  }
  if (filled > 0) finish(); // the last one is padded with zeros, as the pipeline's last chunk is
  const every = Math.max(1, kept.length / most);
  return Array.from({ length: Math.min(most, kept.length) }, (_, i) => kept[Math.floor(i * every)]);
}
