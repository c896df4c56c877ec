import type { AudioSource } from '../core/audio.ts';
import type { Seconds } from '../core/segment.ts';

/** What every decoder makes: all channels at the recording's own rate, block by block. */
export interface PlanarStream {
  readonly source: AudioSource;
  readonly duration?: Seconds;
  /** One array per channel, all of one length. Throws AudioError where decoding cannot go on. */
  readonly blocks: AsyncIterable<readonly Float32Array[]>;
  /** Grows while the blocks are read; who processes the blocks may add. */
  readonly warnings: string[];
  close(): Promise<void>;
}
