import { createResampler } from '../audio/resample.ts';
import type { ChannelStream } from '../core/audio.ts';

/**
 * All channels in step, cut into windows with what lies around them, so that any two can be compared at any lag:
 *
 *     samples   ······|————————|————————| … |————————|······        a stretch of 12 windows
 *               MAX_LAG                                MAX_LAG      before and after it
 *
 * At 8 kHz, where the voices are and where lossy coders leave most; x[n] − 0.9 x[n−1] keeps hum and the loud low
 * frequencies of voices from making strangers alike.
 */
export const ANALYSIS_RATE = 8000;
/** 100 ms. */
export const MAX_LAG = 800;
/** 312 ms: with a lag on either side, one FFT of 4096. */
export const WINDOW: number = 4096 - 2 * MAX_LAG;
export const WINDOWS_PER_STRETCH = 12;
const STRETCH = WINDOW * WINDOWS_PER_STRETCH;
/** Taps reach this far beyond a lag. */
export const MARGIN = 8;

export interface ChannelStretch {
  /** Of each channel the stretch with MAX_LAG + MARGIN samples before and after; zeros beyond the recording. */
  readonly samples: readonly Float32Array[];
  readonly firstWindow: number;
  /** Fewer than WINDOWS_PER_STRETCH at the end, the last filled up with zeros. */
  readonly numWindows: number;
  /** Samples of the recording up to the end of this stretch. */
  readonly readUntil: number;
}

/** Where a stretch begins in its samples. */
export const STRETCH_START: number = MAX_LAG + MARGIN;

export async function* windowsOf(
  stream: ChannelStream,
  { onRaw }: { readonly onRaw?: (block: readonly Float32Array[]) => void } = {},
): AsyncGenerator<ChannelStretch> {
  const { numChannels, sampleRate } = stream;
  const resamplers = Array.from({ length: numChannels }, () => createResampler(sampleRate, ANALYSIS_RATE));
  const around = STRETCH_START;
  const width = STRETCH + 2 * around;
  const buffers = Array.from({ length: numChannels }, () => new Float32Array(width));
  const last = new Float64Array(numChannels);
  let filled = around; // zeros before the recording
  let firstWindow = 0;
  let numSamples = 0;

  function* push(block: readonly Float32Array[]): Generator<ChannelStretch> {
    const { length } = block[0];
    numSamples += length;
    for (let from = 0; from < length; ) {
      const count = Math.min(length - from, width - filled);
      for (let c = 0; c < numChannels; c++) {
        const buffer = buffers[c];
        const samples = block[c];
        let before = last[c];
        for (let i = 0; i < count; i++) {
          const sample = samples[from + i];
          buffer[filled + i] = sample - 0.9 * before;
          before = sample;
        }
        last[c] = before;
      }
      from += count;
      filled += count;
      if (filled < width) return;
      yield {
        samples: buffers,
        firstWindow,
        numWindows: WINDOWS_PER_STRETCH,
        readUntil: (firstWindow + WINDOWS_PER_STRETCH) * WINDOW,
      };
      for (const buffer of buffers) buffer.copyWithin(0, STRETCH);
      filled -= STRETCH;
      firstWindow += WINDOWS_PER_STRETCH;
    }
  }

  for await (const block of stream.blocks) {
    const resampled = block.map((samples, c) => resamplers[c].push(samples));
    if (resampled[0].length === 0) continue;
    onRaw?.(resampled);
    yield* push(resampled);
  }
  const tail = resamplers.map((resampler) => resampler.flush());
  if (tail[0].length > 0) {
    onRaw?.(tail);
    yield* push(tail);
  }
  const left = numSamples - firstWindow * WINDOW;
  if (left <= 0) return;
  for (const buffer of buffers) buffer.fill(0, filled);
  const numWindows = Math.min(WINDOWS_PER_STRETCH, Math.ceil(left / WINDOW));
  yield { samples: buffers, firstWindow, numWindows, readUntil: numSamples };
}
