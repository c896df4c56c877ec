import { mixdown } from '../../audio/mixdown.ts';
import { analyzeChannels, type ChannelAnalysis } from '../../channels/analysis.ts';
import { type ChannelMethod, type ChannelRequest, chooseMethod } from '../../channels/choose.ts';
import { gated } from '../../channels/gate.ts';
import { type ChannelTurn, type MergedChannels, mainVoice, mergeChannels, splitTurns } from '../../channels/merge.ts';
import { ownSpeech } from '../../channels/ownSpeech.ts';
import type { AudioStream } from '../../core/audio.ts';
import type { Diarization } from '../../core/diarization.ts';
import type { Seconds } from '../../core/segment.ts';
import type { Turn } from '../../core/turn.ts';
import { checkOptions } from '../../diarize/diarize.ts';
import type { DiarizeEvent } from '../../diarize/options.ts';
import { type AudioInput, openInput } from '../decode/input.ts';
import { type OpenedChannels, openAudio, openChannels } from '../decode/openAudio.ts';
import type { Diarizer, RecordingOptions } from '../diarizer.ts';

/**
 * Diarizes a recording by its channels: it is read once to see what they hold, then in the way that fits (choose.ts).
 *
 *     channel, mix   one diarization, of that channel or of the mean
 *     split          no network: who is heard is which channel
 *     hybrid         a diarization of each channel with only what is its own in it (gate.ts), voices found again across them
 *
 * As it is read several times, a pipe or a web address is stored in a temporary file first.
 */
export interface ChannelDiarization extends Diarization {
  /** With the channel that each was heard in, where channels were heard apart. */
  readonly turns: readonly (Diarization['turns'][number] & Partial<Pick<ChannelTurn, 'channel'>>)[];
  readonly channels: ChannelsReport;
}

export interface ChannelsReport {
  readonly method: ChannelMethod;
  /** Why this method, as a sentence for a person. */
  readonly reason: string;
  /** The channels that were heard, counted from 0. */
  readonly used: readonly number[];
  readonly analysis: ChannelAnalysis;
}

export interface DiarizeChannelsOptions extends Omit<RecordingOptions, 'channel'> {
  readonly channels?: ChannelRequest;
  /** Cosine similarity from which voices, of two channels or of one, are one person; default: what it is calibrated to in link.ts. */
  readonly linkThreshold?: number;
  /** While the channels are looked at: seconds done, of how many where that is known. */
  readonly onAnalysis?: (done: Seconds, total: Seconds | undefined) => void;
}

/** A channel is one voice when its main speaker has this share of its speech. */
const ONE_VOICE = 0.9;

type Model = Pick<Diarizer, 'diarize' | 'model'>;

export async function diarizeChannels(
  input: AudioInput,
  diarizer: Model,
  options: DiarizeChannelsOptions = {},
): Promise<ChannelDiarization> {
  checkOptions(options); // each channel gets bounds of its own, which may hide that these contradict each other
  if (options.checkpoint !== undefined)
    throw new RangeError('Got a checkpoint when channels are heard apart: it can only keep what one sound gives.');
  if (typeof input === 'string' && !/^https?:/i.test(input)) return ofFile(input, diarizer, options);
  if (input instanceof Uint8Array) return ofFile(input, diarizer, options);
  const { signal, maxBytes } = options;
  const stored = await openInput(input, { signal, maxBytes });
  try {
    return await ofFile(await stored.path(), diarizer, options);
  } finally {
    await stored.close();
  }
}

async function ofFile(
  input: string | Uint8Array,
  diarizer: Model,
  { channels: request = 'auto', linkThreshold, onAnalysis, ...options }: DiarizeChannelsOptions,
): Promise<ChannelDiarization> {
  const { signal, maxBytes, resampler, numSpeakers } = options;
  const open = () => openChannels(input, { sampleRate: 8000, signal, maxBytes });
  const analysis = await reading(await open(), (stream) =>
    analyzeChannels(stream, { signal, ...(onAnalysis ? { onProgress: onAnalysis } : {}) }),
  );
  const choice = chooseMethod(analysis, request, { numSpeakers });
  const { channels: used } = choice;
  const described = (method: ChannelMethod, reason: string) => ({
    channels: { method, reason, used, analysis } satisfies ChannelsReport,
  });

  if (choice.method === 'channel') {
    const channel = analysis.channels === 1 ? {} : { channel: used[0] };
    const result = await diarizer.diarize(input, { ...options, ...channel });
    return { ...result, ...described('channel', choice.reason) };
  }
  if (choice.method === 'mix') {
    const result =
      used.length === analysis.channels
        ? await diarizer.diarize(input, options)
        : await diarizer.diarize(mixOf(await openChannels(input, { signal, maxBytes, resampler }), used), options);
    return { ...result, ...described('mix', choice.reason) };
  }

  const own = await reading(await open(), (stream) => ownSpeech(stream, analysis, used, { signal }));
  const { name, version, licences } = diarizer.model.manifest;
  const model = { name, version, licence: licences.map(({ id }) => id).join(' AND ') };
  if (choice.method === 'split') {
    const merged = scored(splitTurns(own), options);
    const warnings = [...analysis.warnings];
    if (merged.turns.length === 0) warnings.push(NO_SPEECH);
    if (numSpeakers !== undefined && numSpeakers !== used.length)
      warnings.push(`Got ${numSpeakers} speakers, but split makes each of ${used.length} channels one.`);
    return { duration: analysis.duration, ...merged, model, warnings, ...described('split', choice.reason) };
  }

  // How many there are is known of the recording, not of a channel: none has more, any may have fewer.
  const { numSpeakers: exactly, minSpeakers, maxSpeakers, ...rest } = options;
  const most = exactly ?? maxSpeakers;
  const found: Diarization[] = [];
  for (const [i, channel] of used.entries()) {
    const { floorDb } = analysis.verdicts[channel];
    const stream = gated(await openAudio(input, { signal, maxBytes, resampler, channel }), own[i], { floorDb });
    const observe = options.observe && ofChannel(options.observe, i, used.length);
    found.push(
      await diarizer.diarize(stream, {
        ...rest,
        ...(observe ? { observe } : {}),
        ...(most === undefined ? {} : { maxSpeakers: most }),
      }),
    );
  }
  const oneVoice = found.map((one, i) => mainVoice(one, own[i]).share >= ONE_VOICE);
  const apart = request === 'auto' && oneVoice.every((one) => one);
  const voices = mergeChannels(found, own, {
    oneVoice,
    minSpeakers: exactly ?? minSpeakers,
    maxSpeakers: most,
    // One person a channel: two who sound alike stay two.
    ...(apart
      ? { threshold: Number.POSITIVE_INFINITY }
      : linkThreshold === undefined
        ? {}
        : { threshold: linkThreshold }),
  });
  const merged = scored(voices, options);
  const reason = apart ? `${choice.reason}, one in each` : `${choice.reason}, some have several`;
  return {
    duration: analysis.duration,
    ...merged,
    model: found[0].model,
    warnings: [
      ...new Set([...analysis.warnings, ...found.flatMap(({ warnings }) => warnings)]),
      ...fewer(merged.speakers.length, exactly ?? minSpeakers),
    ].filter((warning) => warning !== NO_SPEECH || merged.turns.length === 0),
    ...described(apart ? 'split' : 'hybrid', request === 'auto' ? reason : choice.reason),
  };
}

/** What `diarize` says of a whole recording; of one channel it says nothing about the others. */
const NO_SPEECH = 'No speech was found.';
function fewer(found: number, wanted = 0): string[] {
  if (found === 0 || found >= wanted) return [];
  const speakers = found === 1 ? '1 speaker' : `${found} speakers`;
  return [`Found ${speakers} where ${wanted} were asked for: too little of the others is heard, or they sound alike.`];
}

/** Where confidence is asked for, turns of a channel of one voice, which no network decided on, are sure. */
function scored(merged: MergedChannels, { confidence = false }: Pick<RecordingOptions, 'confidence'>): MergedChannels {
  if (!confidence) return merged;
  const sure = <T extends Turn>(turn: T): T => (turn.confidence === undefined ? { ...turn, confidence: 1 } : turn);
  return { ...merged, turns: merged.turns.map(sure), exclusiveTurns: merged.exclusiveTurns.map(sure) };
}

/** Files and decoders are let go of, however it ends. */
async function reading<T>(stream: OpenedChannels, use: (stream: OpenedChannels) => Promise<T>): Promise<T> {
  try {
    return await use(stream);
  } finally {
    await stream.close();
  }
}

type Observer = (event: DiarizeEvent) => void;

/** Progress of one channel after the other as progress of all. */
function ofChannel(observe: Observer, index: number, count: number): Observer {
  return (event: DiarizeEvent) => {
    if (event.type !== 'progress' || event.total === undefined) return observe(event);
    const { done, total } = event;
    return observe({ ...event, done: index * total + done, total: count * total });
  };
}

/** The mean of some channels: copies are left out, which would count twice or cancel. */
function mixOf(stream: OpenedChannels, channels: readonly number[]): AudioStream {
  async function* blocks(): AsyncGenerator<Float32Array> {
    for await (const block of stream.blocks) yield mixdown(channels.map((channel) => block[channel]));
  }
  return { ...stream, blocks: blocks() };
}
