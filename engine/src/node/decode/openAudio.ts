import { channelsOf, type HearingOptions, monoOf, type OpenedAudio, type OpenedChannels } from '../../audio/heard.ts';
import { checkResampler } from '../../audio/resample.ts';
import { decode } from './decode.ts';
import type { AudioInput } from './input.ts';

/**
 * From any recording to the samples that the models hear:
 *
 *   bytes → decode.ts → channels at their own rate → audio/heard.ts: mixdown, resample → blocks of mono float32
 *
 * Everything is pulled: nothing is read or decoded before the blocks are asked for, beyond the first ones.
 */
export interface OpenAudioOptions extends HearingOptions {
  readonly signal?: AbortSignal;
  /** The most bytes taken from a URL or a stream (default 4 GiB). */
  readonly maxBytes?: number;
  /** `false` keeps FFmpeg out of it even where it is installed; so does the environment's DIARIST_NO_FFMPEG=1. */
  readonly ffmpeg?: boolean;
}

export type { OpenedAudio, OpenedChannels } from '../../audio/heard.ts';

/**
 * Opens a recording as mono sound.
 * @example
 * const audio = await openAudio('meeting.mp3');
 * for await (const block of audio.blocks) …
 */
export async function openAudio(input: AudioInput, options: OpenAudioOptions = {}): Promise<OpenedAudio> {
  checkResampler(options.resampler);
  return monoOf(await decode(input, options), options);
}

/** Opens a recording with all its channels, each resampled by itself, in one pass. */
export async function openChannels(
  input: AudioInput,
  options: Omit<OpenAudioOptions, 'channel'> = {},
): Promise<OpenedChannels> {
  checkResampler(options.resampler);
  return channelsOf(await decode(input, options), options);
}
