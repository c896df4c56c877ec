import type { Seconds } from './segment.ts';

/** Mono sound in [-1, 1]. */
export interface Audio {
  readonly sampleRate: number;
  readonly samples: Float32Array;
}

/** What a recording was before decoding, for reports and for people. */
export interface AudioSource {
  /** The container as found in the bytes, never from the file's name: `wav`, `mp3`, `mp4`, `ogg` … */
  readonly container: string;
  /** The coding of the samples: `pcm_s16le`, `aac`, `opus` … */
  readonly codec: string;
  /** The sample rate before resampling. */
  readonly sampleRate: number;
  readonly numChannels: number;
  /** Who decoded it: `pcm`, `wasm` or `ffmpeg`; in a browser also `webcodecs` or `decodeAudioData`. */
  readonly decoder: string;
}

/**
 * Mono sound as blocks of any size, one after the other, so that a day of audio never has to be in memory.
 * `duration` in seconds is known up front for most files; progress and time left come from it.
 */
export interface AudioStream {
  readonly sampleRate: number;
  readonly duration?: Seconds;
  readonly blocks: AsyncIterable<Float32Array>;
  readonly source?: AudioSource;
  /** One sentence for each oddity; more may be added while the blocks are read. */
  readonly warnings?: readonly string[];
  /** Lets go of files, child processes and threads; only needed when the blocks are not read to their end. */
  close?(): Promise<void>;
}

/** All channels of one recording side by side: each block holds one array per channel, all of one length. */
export interface ChannelStream extends Omit<AudioStream, 'blocks'> {
  readonly numChannels: number;
  readonly blocks: AsyncIterable<readonly Float32Array[]>;
}
