import type { Clusters } from '../diarize/clustering.ts';

/** In bytes: a local speaker without a cluster. */
export const NO_SPEAKER = 255;

/** Place of an embedding's speaker among those that are pictured. */
export function speakerIndex({ labels }: Clusters, row: number, speakerOf: ReadonlyMap<number, number>): number {
  return speakerOf.get(labels[row]) ?? NO_SPEAKER;
}
