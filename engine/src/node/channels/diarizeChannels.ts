import { mixdown } from '../../audio/mixdown.ts';
import { analyzeChannels, type ChannelAnalysis } from '../../channels/analysis.ts';
import { type ChannelMethod, type ChannelRequest, chooseMethod } from '../../channels/choose.ts';
import { type ChannelTurn, mainShare, mergeChannels, splitTurns } from '../../channels/merge.ts';
import { ownSpeech } from '../../channels/ownSpeech.ts';
import type { AudioStream } from '../../core/audio.ts';
import type { Diarization } from '../../core/diarization.ts';
import type { AudioInput } from '../decode/input.ts';
import { openChannels } from '../decode/openAudio.ts';
import type { Diarizer, RecordingOptions } from '../diarizer.ts';

/**
 * Diarizes a recording by its channels. The file is read once to see what the channels hold, then in the way that fits:
 * see choose.ts. A file of one channel goes straight to the diarizer. The input is read several times, so a stream is not
 * taken: a path, a URL or bytes.
 */
export interface ChannelDiarization extends Diarization {
  readonly turns: readonly (ChannelTurn | Diarization['turns'][number])[];
  readonly channels: {
    readonly method: ChannelMethod;
    /** Why this method, as a sentence for a person. */
    readonly reason: string;
    readonly used: readonly number[];
    readonly analysis: ChannelAnalysis;
  };
}

export interface DiarizeChannelsOptions extends Omit<RecordingOptions, 'channel'> {
  readonly channels?: ChannelRequest;
  /** Cosine similarity from which voices of two channels are one person. */
  readonly linkThreshold?: number;
}

/** A channel is one voice when its main speaker has this share of its speech. */
const ONE_VOICE = 0.9;

export async function diarizeChannels(
  input: Exclude<AudioInput, AsyncIterable<Uint8Array>>,
  diarizer: Pick<Diarizer, 'diarize' | 'model'>,
  { channels: request = 'auto', linkThreshold, ...options }: DiarizeChannelsOptions = {},
): Promise<ChannelDiarization> {
  const { signal, maxBytes } = options;
  const open = () => openChannels(input, { sampleRate: 8000, signal, maxBytes });
  const analysis = await analyzeChannels(await open(), { signal });
  const choice = chooseMethod(analysis, request);
  const described = (method: ChannelMethod, reason: string) => ({ method, reason, used: choice.channels, analysis });

  if (choice.method === 'channel') {
    const channel = analysis.channels === 1 ? {} : { channel: choice.channels[0] };
    const result = await diarizer.diarize(input, { ...options, ...channel });
    return { ...result, channels: described('channel', choice.reason) };
  }
  if (choice.method === 'mix') {
    const stream = await openChannels(input, { signal, maxBytes, resampler: options.resampler });
    const result = await diarizer.diarize(mixOf(stream, choice.channels), options);
    return { ...result, channels: described('mix', choice.reason) };
  }

  const own = await ownSpeech(await open(), analysis, choice.channels, { signal });
  const label = { name: diarizer.model.manifest.name, version: diarizer.model.manifest.version };
  if (choice.method === 'split') {
    const merged = splitTurns(own);
    return {
      duration: analysis.duration,
      ...merged,
      model: { ...label, licence: diarizer.model.manifest.licences.map(({ id }) => id).join(' AND ') },
      warnings: analysis.warnings,
      channels: described('split', choice.reason),
    };
  }
  const found: Diarization[] = [];
  for (const channel of choice.channels) found.push(await diarizer.diarize(input, { ...options, channel }));
  const oneVoice = request === 'auto' && found.every((one, i) => mainShare(one, own[i]) >= ONE_VOICE);
  const merged = mergeChannels(found, own, {
    oneVoice,
    ...(linkThreshold === undefined ? {} : { threshold: linkThreshold }),
  });
  const reason = oneVoice ? `${choice.reason}, one in each` : `${choice.reason}, some have several`;
  return {
    duration: found[0].duration,
    ...merged,
    model: found[0].model,
    warnings: [...new Set(found.flatMap(({ warnings }) => warnings))],
    channels: described(oneVoice ? 'split' : 'hybrid', request === 'auto' ? reason : choice.reason),
  };
}

/** The mean of some channels: copies are left out, which would count twice or cancel. */
function mixOf(stream: Awaited<ReturnType<typeof openChannels>>, channels: readonly number[]): AudioStream {
  async function* blocks(): AsyncGenerator<Float32Array> {
    for await (const block of stream.blocks) yield mixdown(channels.map((channel) => block[channel]));
  }
  return { ...stream, blocks: blocks() };
}
