import { kaiserKernel } from './kaiserKernel.ts';
import { polyphaseResampler, type Resampler } from './polyphase.ts';
import { torchaudioKernel } from './torchaudioKernel.ts';

/**
 * From one sample rate to another. `torchaudio` (the default) is what pyannote.audio uses and what its models were
 * trained behind; `hq` suppresses aliases by more than 100 dB. See docs/adr/0002-decoding.md for both, measured.
 */
export type ResamplerKind = 'torchaudio' | 'hq';

export type { Resampler } from './polyphase.ts';

/** A resampler that is fed block by block; equal rates pass the blocks through untouched. */
export function createResampler(
  fromRate: number,
  toRate: number,
  { kind = 'torchaudio' }: { kind?: ResamplerKind } = {},
): Resampler {
  checkResampler(kind);
  checkRate(fromRate, 'source');
  checkRate(toRate, 'target');
  if (fromRate === toRate) return { push: (block) => block, flush: () => new Float32Array(0) };
  const divisor = greatestCommonDivisor(fromRate, toRate);
  const kernel = kind === 'hq' ? kaiserKernel : torchaudioKernel;
  return polyphaseResampler(kernel(fromRate / divisor, toRate / divisor));
}

/** A whole array at once. `torchaudio.functional.resample(x, fromRate, toRate)` for the default kind. */
export function resample(
  samples: Float32Array,
  fromRate: number,
  toRate: number,
  options: { kind?: ResamplerKind } = {},
): Float32Array {
  const resampler = createResampler(fromRate, toRate, options);
  const head = resampler.push(samples);
  const tail = resampler.flush();
  if (tail.length === 0) return head;
  const out = new Float32Array(head.length + tail.length);
  out.set(head);
  out.set(tail, head.length);
  return out;
}

/** Another word would pass for the default. */
export function checkResampler(kind: ResamplerKind = 'torchaudio'): void {
  if (kind !== 'torchaudio' && kind !== 'hq')
    throw new RangeError(`Got the resampler '${kind}' when 'torchaudio' or 'hq' was expected.`);
}

function checkRate(rate: unknown, which: string): void {
  if (typeof rate === 'number' && Number.isInteger(rate) && rate >= 1) return;
  const got = typeof rate === 'string' ? `'${rate}'` : String(rate); // '16000' looks like the number that it is not
  throw new RangeError(`Got a ${which} sample rate of ${got} when a whole number of Hz, at least 1, is needed.`);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
