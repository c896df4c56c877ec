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
