import type { PolyphaseKernel } from './polyphase.ts';

/**
 * The kernel of `torchaudio.functional.resample` (2.11, defaults: sinc_interp_hann, lowpass_filter_width 6,
 * rolloff 0.99): the filter that pyannote.audio hears a recording through.
 *
 * Tap k of phase p sits at t = (-p / to + k / from) · base, base = 0.99 · min(from, to), in zero crossings of the sinc,
 * and weighs sinc(t) · cos²(π t / 12) · base / from for |t| < 6. Torch computes all of this in float32, where
 * t carries an error of up to base · 2⁻²⁴: nothing for 44.1 kHz (from = 441), 10⁻³ for 44101 Hz. Hence `fround` at
 * each operation. Torch also stores the taps beyond |t| = 6; they are below 10⁻²² and left out here, which keeps
 * the table small for any pair of rates.
 */
const ZERO_CROSSINGS = 6;
const ROLLOFF = 0.99;

export function torchaudioKernel(from: number, to: number): PolyphaseKernel {
  const { fround } = Math;
  const base = Math.min(from, to) * ROLLOFF;
  const width = Math.ceil((ZERO_CROSSINGS * from) / base);
  const base32 = fround(base);
  const pi32 = fround(Math.PI);
  const scale32 = fround(base / from);
  return {
    from,
    to,
    maxTaps: 2 * width + 3,
    phase(phase, out) {
      const middle = Math.round((phase * from) / to);
      const low = Math.max(-width, middle - width - 1);
      const high = Math.min(width + from - 1, middle + width + 1);
      const offset = fround(-phase / to);
      for (let k = low; k <= high; k++) {
        let t = fround(fround(offset + fround(k / from)) * base32);
        t = Math.max(-ZERO_CROSSINGS, Math.min(ZERO_CROSSINGS, t));
        const cosine = fround(Math.cos(fround(fround(fround(t * pi32) / ZERO_CROSSINGS) / 2)));
        const window = fround(cosine * cosine);
        const x = fround(t * pi32);
        const sinc = x === 0 ? 1 : fround(fround(Math.sin(x)) / x);
        out[k - low] = fround(sinc * fround(window * scale32));
      }
      return { first: low, numTaps: high - low + 1 };
    },
    outputLength(numInput) {
      // torch.ceil(torch.as_tensor(to * n / from)) is a float32: beyond 2²⁴ outputs the length is rounded with it.
      const wanted = Math.ceil(fround((to * numInput) / from));
      return Math.min(wanted, to * (Math.floor(numInput / from) + 1));
    },
  };
}
