import type { Seconds } from '../../../core/segment.ts';

/** What a decoder in the worker thread makes of one sound track. */
export interface Track {
  readonly codec: string;
  readonly duration?: Seconds;
  /** Whether `duration` is exact, so that fewer samples mean a cut. */
  readonly exact?: boolean;
  /** Whether `duration` is that of pictures and sound, of which either may be the longer. */
  readonly withPictures?: boolean;
  readonly blocks: AsyncGenerator<TrackBlock>;
}

export interface TrackBlock {
  readonly sampleRate: number;
  readonly channels: Float32Array[];
  /** Passages that could not be decoded within this block. */
  readonly numErrors: number;
}

/** How many bytes of a file are read and decoded at once. */
export const CHUNK_BYTES = 65536;
