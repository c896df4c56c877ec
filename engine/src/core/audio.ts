/** Mono sound in [-1, 1]. */
export interface Audio {
  readonly sampleRate: number;
  readonly samples: Float32Array;
}

/**
 * Mono sound as blocks of any size, one after the other, so that a day of audio never has to be in memory.
 * `duration` in seconds is known up front for most files; progress and time left come from it.
 */
export interface AudioStream {
  readonly sampleRate: number;
  readonly duration?: number;
  readonly blocks: AsyncIterable<Float32Array>;
}
