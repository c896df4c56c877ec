import type { AudioSource, AudioStream, ChannelStream } from '../core/audio.ts';
import { AudioError } from '../core/errors.ts';
import type { Signal } from '../core/signal.ts';
import { checkClaims } from './claims.ts';
import { type ChannelChoice, selectChannel } from './mixdown.ts';
import type { PlanarStream } from './planar.ts';
import { createResampler, type ResamplerKind } from './resample.ts';
import { zeroNonFinite } from './sanitize.ts';

/**
 * From what a decoder makes to what the models hear, in the order pyannote's `Audio` does it (ALGORITHM section 1.1):
 * choose or average the channels, resample. One more step comes first: NaN and infinity become 0.
 *
 *   channels at their own rate → mixdown → resample → blocks of mono float32
 *
 * Node and the browser differ in their decoders only; this part is the same, so that turns are.
 */
export interface HearingOptions {
  readonly signal?: Signal;
  readonly resampler?: ResamplerKind;
  /** The mean of all channels (default), or one of them, counted from 0. */
  readonly channel?: ChannelChoice;
  /** Default 16000. */
  readonly sampleRate?: number;
}

/** An AudioStream of which everything is known. */
export interface OpenedAudio extends AudioStream {
  readonly source: AudioSource;
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

/** A ChannelStream of which everything is known. */
export interface OpenedChannels extends ChannelStream {
  readonly source: AudioSource;
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

/** One channel of a decoded recording, or the mean of all. What is refused is closed. */
export async function monoOf(planar: PlanarStream, options: HearingOptions = {}): Promise<OpenedAudio> {
  return orClosed(planar, () => {
    const { channel = 'mix' } = options;
    const { numChannels } = planar.source;
    if (channel !== 'mix' && !(Number.isInteger(channel) && channel >= 0 && channel < numChannels))
      throw new RangeError(`Got channel ${channel} when the recording has ${numChannels}, counted from 0.`);
    const { blocks, ...rest } = resampled(planar, (channels) => [selectChannel(channels, channel)], 1, options);
    return { ...rest, blocks: firstOf(blocks) };
  });
}

/** All channels of a decoded recording, each resampled by itself. What is refused is closed. */
export async function channelsOf(planar: PlanarStream, options: HearingOptions = {}): Promise<OpenedChannels> {
  const { numChannels } = planar.source;
  return orClosed(planar, () => ({ numChannels, ...resampled(planar, (channels) => channels, numChannels, options) }));
}

/** Nobody else has the stream yet: without this its file, or the program that decodes it, would stay open. */
async function orClosed<Opened>(planar: PlanarStream, open: () => Opened): Promise<Opened> {
  try {
    return open();
  } catch (error) {
    await planar.close();
    throw error;
  }
}

function resampled(
  planar: PlanarStream,
  choose: (channels: readonly Float32Array[]) => readonly Float32Array[],
  width: number,
  { resampler: kind = 'torchaudio', sampleRate = 16000, signal }: HearingOptions,
): Omit<OpenedChannels, 'numChannels'> {
  checkClaims('The recording', planar.source.numChannels, planar.source.sampleRate);
  const resamplers = Array.from({ length: width }, () =>
    createResampler(planar.source.sampleRate, sampleRate, { kind }),
  );
  const { warnings } = planar;
  let replaced = 0;

  async function* blocks(): AsyncGenerator<readonly Float32Array[]> {
    let numSamples = 0;
    try {
      for await (const channels of planar.blocks) {
        signal?.throwIfAborted();
        if (channels[0].length === 0) continue;
        for (const channel of channels) replaced += zeroNonFinite(channel);
        const out = choose(channels).map((samples, c) => resamplers[c].push(samples));
        numSamples += channels[0].length;
        if (out[0].length > 0) yield out;
      }
      if (numSamples === 0) throw new AudioError('audio_empty', 'The recording holds no samples.');
      if (replaced > 0) warnings.push(`${replaced} samples were not numbers (NaN or infinity) and were set to 0.`);
      const tail = resamplers.map((resampler) => resampler.flush());
      if (tail[0].length > 0) yield tail;
    } finally {
      await planar.close();
    }
  }

  return {
    sampleRate,
    duration: planar.duration,
    source: planar.source,
    blocks: blocks(),
    warnings,
    close: () => planar.close(),
  };
}

async function* firstOf(blocks: AsyncIterable<readonly Float32Array[]>): AsyncGenerator<Float32Array> {
  for await (const [block] of blocks) yield block;
}
