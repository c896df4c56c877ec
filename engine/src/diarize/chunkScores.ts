import type { Stretch } from '../audio/stretches.ts';
import { forEachLimited } from '../core/limited.ts';
import type { Signal } from '../core/signal.ts';
import type { SegmentationModel } from '../model/segmentation.ts';

/** What the segmentation network says of every chunk of a stretch, batch by batch, several batches at a time. */

export interface ChunkScoresOptions {
  readonly stepNumSamples: number;
  /** Batches under way at once. */
  readonly concurrency?: number;
  readonly signal?: Signal;
}

/**
 * @param take gets the scores of each batch, (chunk, frame, class), in any order: `size` chunks from the stretch's chunk
 *   `first`, counted from the beginning of the stretch
 */
export async function chunkScores(
  stretch: Stretch,
  segmentation: SegmentationModel,
  take: (first: number, size: number, scores: Float32Array) => void,
  { stepNumSamples, concurrency = 2, signal }: ChunkScoresOptions,
): Promise<void> {
  const { chunkNumSamples, batchSize } = segmentation;
  const { numChunks, samples, isLast } = stretch;

  // The chunk that holds padding runs alone, as in pyannote: the others' numbers are then the same in any batch.
  const numWhole = isLast && numChunks > 1 ? numChunks - 1 : numChunks;
  function* batches(): Generator<[first: number, size: number]> {
    for (let first = 0; first < numWhole; first += batchSize) yield [first, Math.min(batchSize, numWhole - first)];
    if (numWhole < numChunks) yield [numWhole, 1];
  }

  await forEachLimited(batches(), concurrency, async ([first, size]) => {
    signal?.throwIfAborted();
    const waveforms = new Float32Array(size * chunkNumSamples);
    for (let i = 0; i < size; i++) {
      const from = (first + i) * stepNumSamples;
      waveforms.set(samples.subarray(from, from + chunkNumSamples), i * chunkNumSamples);
    }
    take(first, size, await segmentation.run(waveforms, size));
  });
}
