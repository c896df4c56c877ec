import type { Audio, AudioStream } from '../core/audio.ts';
import { createResampler, type ResamplerKind } from './resample.ts';
import { zeroNonFinite } from './sanitize.ts';

/** Blocks of a minute: what is resampled at once of samples that are in memory already. */
const BLOCK_SECONDS = 60;

/** Samples in memory as a stream at the rate that the models hear. The samples themselves stay as they are. */
export function streamOf(
  { samples, sampleRate }: Audio,
  { rate = 16000, resampler = 'torchaudio' }: { readonly rate?: number; readonly resampler?: ResamplerKind } = {},
): AudioStream {
  checkSamples(samples);
  const warnings: string[] = [];
  async function* blocks(): AsyncGenerator<Float32Array> {
    const filter = createResampler(sampleRate, rate, { kind: resampler });
    let broken = 0;
    for (let from = 0; from < samples.length; from += BLOCK_SECONDS * sampleRate) {
      const block = samples.slice(from, from + BLOCK_SECONDS * sampleRate);
      broken += zeroNonFinite(block);
      yield filter.push(block);
    }
    const tail = filter.flush();
    if (tail.length > 0) yield tail;
    if (broken > 0) warnings.push(`${broken} samples were not numbers (NaN or infinite) and were taken as silence.`);
  }
  return { sampleRate: rate, duration: samples.length / sampleRate, blocks: blocks(), warnings };
}

/** Other numbers, 16-bit ones above all, would be heard as noise and say nothing. */
export function checkSamples(samples: Float32Array): void {
  // By its tag: a Float32Array of another realm (Jest, vm) is one too.
  const kind = Object.prototype.toString.call(samples).slice('[object '.length, -1);
  if (kind !== 'Float32Array')
    throw new TypeError(
      `Got samples as ${kind} when a Float32Array of numbers from -1 to 1 was expected: divide 16-bit ones by 32768.`,
    );
}
