import type { Stretch } from '../audio/stretches.ts';
import type { Signal } from '../core/signal.ts';

/**
 * A network that turns the frames of one voice into a vector. What differs between networks is how much of the work is
 * shared: {@link sharedTrunk}, {@link windowedTrunk}, {@link maskedGraph} and {@link cutFrames} are the ways there are.
 */
export interface EmbeddingModel {
  /** Length of a vector. */
  readonly dimension: number;
  /** The shortest sound that gives a vector. */
  readonly minNumSamples: number;
  /** Log-mel frames wanted on either side of a stretch; -1 when the network takes samples. */
  readonly contextFrames: number;
  /** Chunks that are worth embedding together. */
  readonly chunksPerStretch: number;
  /** One vector a voice, `vectors[index * dimension + i]` in the order of `voices`. */
  embed(stretch: Stretch, voices: readonly Voice[], options?: EmbedOptions): Promise<Float32Array>;
  /**
   * For networks that hear a stretch once: hears the chunks of the given voices, and gives what embeds any voices of these
   * chunks, as often as one likes, for next to nothing.
   */
  hear?(stretch: Stretch, voices: readonly Voice[], options?: EmbedOptions): Promise<Pool>;
}

/** One vector a voice, as {@link EmbeddingModel.embed}. */
export type Pool = (voices: readonly Voice[], options?: EmbedOptions) => Promise<Float32Array>;

/** One local speaker of a stretch: where the chunk begins, and the frames to look at. */
export interface Voice {
  readonly chunk: number;
  readonly startSample: number;
  readonly numSamples: number;
  /** 1 where the voice is, one a segmentation frame. */
  readonly mask: Uint8Array;
}

export interface EmbedOptions {
  readonly signal?: Signal;
}

/**
 * Embeds voices chunk by chunk, all chunks at once as far as the runtime goes: a network that works on one window at a
 * time. `embedChunk` gets the voices of one chunk, which follow each other in the list, and returns a vector each.
 */
export async function embedByChunk(
  voices: readonly Voice[],
  dimension: number,
  { signal }: EmbedOptions,
  embedChunk: (voices: readonly Voice[]) => Promise<Float32Array>,
): Promise<Float32Array> {
  const vectors = new Float32Array(voices.length * dimension);
  const chunks: Promise<void>[] = [];
  for (let from = 0; from < voices.length; ) {
    let to = from + 1;
    while (to < voices.length && voices[to].chunk === voices[from].chunk) to++;
    chunks.push(embedFrom(from, to));
    from = to;
  }
  await Promise.all(chunks);
  return vectors;

  async function embedFrom(from: number, to: number): Promise<void> {
    signal?.throwIfAborted();
    vectors.set(await embedChunk(voices.slice(from, to)), from * dimension);
  }
}
