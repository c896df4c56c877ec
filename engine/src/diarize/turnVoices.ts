import type { LocalTurn } from './regroup.ts';

/**
 * How the turns of chunks sound, one by one; only of embeddings that hear a stretch once. In the order of the chunks.
 * A vector's direction is kept in 127ths of its largest number: of 8,402 pairs the cosine differs by 0.0023 at most for it, and a
 * day's are 37 MB.
 */
export interface TurnVoices {
  /** (turn, 4): chunk of the recording, local speaker, first frame, the frame after the last. */
  readonly spans: Int32Array;
  /** (turn) what a cosine says: see {@link cosineWeight}. */
  readonly weights: Float32Array;
  /** (turn, dimension) */
  readonly vectors: Int8Array;
}

export const SPAN = 4;

/** A turn that was embedded, and the local speaker that it was given to. */
export interface HeardTurn extends Pick<LocalTurn, 'speaker' | 'first' | 'end'> {
  readonly chunk: number;
  readonly weight: number;
  readonly vector: Float32Array;
}

export function turnVoices(turns: readonly HeardTurn[], dimension: number): TurnVoices {
  const vectors = new Int8Array(turns.length * dimension);
  turns.forEach(({ vector }, i) => {
    const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    for (let d = 0; d < dimension; d++) vectors[i * dimension + d] = Math.round((127 * vector[d]) / largest);
  });
  return {
    spans: Int32Array.from(turns.flatMap(({ chunk, speaker, first, end }) => [chunk, speaker, first, end])),
    weights: Float32Array.from(turns, ({ weight }) => weight),
    vectors,
  };
}
