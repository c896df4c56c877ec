import type { AudioStream } from '../core/audio.ts';
import type { Signal } from '../core/signal.ts';
import { FBANK, fbank, numFbankFrames } from './fbank.ts';

/**
 * Cuts a stream of samples into stretches of consecutive chunks, with the log-mel frames around them, so that a recording
 * of any length passes through a fixed amount of memory.
 *
 *   samples   ···················································|  zeros to the end of the last chunk
 *   chunks    0 |——————————|
 *             1   |——————————|          one every `stepNumSamples`
 *             2     |——————————|
 *   stretch     |——————————————|        chunks 0..2
 *   frames    |~~~~~~~~~~~~~~~~~~|      the same with `contextFrames` more on either side, where the recording has them
 *
 * Chunk counting as pyannote.audio 4.0.7 `Inference.slide`: as many whole chunks as fit, then one more, padded with
 * zeros, for what is left. Frames are computed once, whatever number of chunks look at them.
 */

export interface StretchOptions {
  readonly chunkNumSamples: number;
  readonly stepNumSamples: number;
  readonly chunksPerStretch: number;
  /** Log-mel frames wanted before the first and after the last chunk; -1 for no frames at all. */
  readonly contextFrames: number;
}

export interface Stretch {
  readonly firstChunk: number;
  readonly numChunks: number;
  /** Where the first chunk begins. */
  readonly startSample: number;
  /** From there to the end of the last chunk; zeros after the end of the recording. */
  readonly samples: Float32Array;
  readonly frames: LogMelFrames;
  /** Seconds of the recording that have been read so far, and whether this is the last stretch. */
  readonly readUntil: number;
  readonly isLast: boolean;
}

/** Log-mel frames of the recording's 10 ms grid: `data[(frame - firstFrame) * 80 + bin]`. */
export interface LogMelFrames {
  readonly firstFrame: number;
  readonly numFrames: number;
  /** Frames of the recording from its first that hold no padding at all. */
  readonly numRealFrames: number;
  readonly data: Float32Array;
}

/** Chunks that a recording is cut into. */
export function numChunksOf(numSamples: number, chunkNumSamples: number, stepNumSamples: number): number {
  if (numSamples < chunkNumSamples) return 1;
  const whole = Math.floor((numSamples - chunkNumSamples) / stepNumSamples) + 1;
  return (numSamples - chunkNumSamples) % stepNumSamples > 0 ? whole + 1 : whole;
}

/**
 * Gives each stretch to `take`, one after the other, and lets go of the stream whatever happens. Resolves to the number of
 * samples read: 0, and nothing was taken, where the stream has none.
 */
export async function eachStretch(
  stream: AudioStream,
  { signal, ...options }: StretchOptions & { readonly signal?: Signal },
  take: (stretch: Stretch) => Promise<void>,
): Promise<number> {
  const reader = stretches(stream, options);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.next();
      if (done) return value;
      await take(value);
    }
  } finally {
    await reader.return(0);
  }
}

/** Yields stretches in order and returns the number of samples read. A stream without a single sample yields none. */
export async function* stretches(
  stream: AudioStream,
  { chunkNumSamples, stepNumSamples, chunksPerStretch, contextFrames }: StretchOptions,
): AsyncGenerator<Stretch, number> {
  if (stepNumSamples % FBANK.frameShift !== 0)
    throw new RangeError(
      `Got a step of ${stepNumSamples} samples when a multiple of ${FBANK.frameShift} was expected.`,
    );
  const withFrames = contextFrames >= 0;
  const context = Math.max(0, contextFrames);
  const sound = new Rolling(1);
  const mel = new Rolling(FBANK.numBins);
  const blocks = stream.blocks[Symbol.asyncIterator]();
  let ended = false;
  let numSamples = 0;
  let firstChunk = 0;

  try {
    for (;;) {
      const startSample = firstChunk * stepNumSamples;
      const wanted = startSample + (chunksPerStretch - 1) * stepNumSamples + chunkNumSamples;
      const lookAhead = context * FBANK.frameShift + FBANK.frameLength;
      while (!ended && sound.end <= wanted + lookAhead) {
        const { done, value } = await blocks.next();
        if (done) ended = true;
        else {
          sound.append(value);
          numSamples += value.length;
        }
      }
      if (numSamples === 0) return 0;

      const left = ended ? numChunksOf(numSamples, chunkNumSamples, stepNumSamples) - firstChunk : chunksPerStretch;
      const numChunks = Math.min(left, chunksPerStretch);
      if (numChunks <= 0) return numSamples;
      const endSample = startSample + (numChunks - 1) * stepNumSamples + chunkNumSamples;
      if (sound.end < endSample) sound.append(new Float32Array(endSample - sound.end));
      if (withFrames) catchUp(mel, sound);

      const lastFrame = Math.floor(endSample / FBANK.frameShift) + context;
      const firstFrame = Math.max(mel.start, startSample / FBANK.frameShift - context);
      const numFrames = withFrames ? Math.min(mel.end, lastFrame) - firstFrame : 0;
      const isLast = ended && numChunks === left;
      yield {
        firstChunk,
        numChunks,
        startSample,
        samples: sound.copy(startSample, endSample),
        frames: {
          firstFrame,
          numFrames,
          numRealFrames: ended ? numFbankFrames(numSamples) : Number.POSITIVE_INFINITY,
          data: mel.copy(firstFrame, firstFrame + numFrames),
        },
        readUntil: numSamples / FBANK.sampleRate,
        isLast,
      };
      if (isLast) return numSamples;

      firstChunk += numChunks;
      const next = firstChunk * stepNumSamples;
      mel.dropBefore(next / FBANK.frameShift - context);
      sound.dropBefore(withFrames ? Math.min(next, mel.end * FBANK.frameShift) : next);
    }
  } finally {
    await blocks.return?.();
  }
}

/** Computes the frames that the samples allow and that are not there yet. */
function catchUp(mel: Rolling, sound: Rolling): void {
  const from = mel.end * FBANK.frameShift;
  if (sound.end - from >= FBANK.frameLength) mel.append(fbank(sound.view(from, sound.end)));
}

/** The newest part of an endless row of records of `width` numbers. */
class Rolling {
  readonly width: number;
  /** Index of the first record that is kept, and of the one after the last. */
  start = 0;
  end = 0;
  private data: Float32Array;

  constructor(width: number) {
    this.width = width;
    this.data = new Float32Array(1 << 16);
  }

  append(values: Float32Array): void {
    const used = (this.end - this.start) * this.width;
    if (used + values.length > this.data.length) {
      const grown = new Float32Array(Math.max(2 * this.data.length, used + values.length));
      grown.set(this.data.subarray(0, used));
      this.data = grown;
    }
    this.data.set(values, used);
    this.end += values.length / this.width;
  }

  view(from: number, to: number): Float32Array {
    return this.data.subarray((from - this.start) * this.width, (to - this.start) * this.width);
  }

  copy(from: number, to: number): Float32Array {
    return this.view(from, to).slice();
  }

  dropBefore(index: number): void {
    const start = Math.min(Math.max(index, this.start), this.end);
    this.data.copyWithin(0, (start - this.start) * this.width, (this.end - this.start) * this.width);
    this.start = start;
  }
}
