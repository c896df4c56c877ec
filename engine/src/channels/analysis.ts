import type { ChannelStream } from '../core/audio.ts';
import type { Seconds } from '../core/segment.ts';
import type { Signal } from '../core/signal.ts';
import { channelStatistics } from './channelStatistics.ts';
import { pairStatistics } from './pairStatistics.ts';
import { type ChannelVerdict, judge, type PairRelation } from './verdicts.ts';
import { ANALYSIS_RATE, windowsOf } from './windows.ts';

/**
 * What the channels of a recording hold: which are voices of their own, which are copies, which hear another through the
 * wall, which are silent. One pass, in memory that does not grow with the recording:
 *
 *   channels → 8 kHz, high frequencies raised → windows of 0.3 s
 *            → of each channel: level, spectrum            channelStatistics.ts
 *            → of each pair: delay within 100 ms, and how much of one is a filtered copy of the other   pairStatistics.ts
 *   at the end, from the counts of windows: relations and verdicts                                      verdicts.ts
 *
 * Nothing is decided window by window: what counts as speech is known only when all levels have been seen.
 */
export interface ChannelAnalysis {
  /** Channels in the file. */
  readonly channels: number;
  /** Those with something of their own: neither copies, nor bleed, nor silent. */
  readonly distinctChannels: number;
  readonly duration: Seconds;
  readonly verdicts: readonly ChannelVerdict[];
  /** Pairs that have something to do with each other. */
  readonly pairs: readonly PairRelation[];
  readonly warnings: readonly string[];
}

export const MAX_CHANNELS = 64;

export interface AnalyzeOptions {
  readonly signal?: Signal;
  /** Called now and then with the seconds heard so far. */
  readonly onProgress?: (done: Seconds, total: Seconds | undefined) => void;
}

/** Reads all channels to their end. */
export async function analyzeChannels(
  stream: ChannelStream,
  { signal, onProgress }: AnalyzeOptions = {},
): Promise<ChannelAnalysis> {
  const { numChannels } = stream;
  if (!(Number.isInteger(numChannels) && numChannels >= 1 && numChannels <= MAX_CHANNELS))
    throw new RangeError(`Got ${numChannels} channels when 1 to ${MAX_CHANNELS} can be analysed.`);
  const single = channelStatistics(numChannels);
  const pairs = pairStatistics(numChannels);
  let numSamples = 0;
  for await (const stretch of windowsOf(stream, { onRaw: single.addRaw })) {
    signal?.throwIfAborted();
    single.add(stretch);
    pairs.add(stretch);
    numSamples = stretch.readUntil;
    onProgress?.(numSamples / ANALYSIS_RATE, stream.duration);
  }
  const duration = numSamples / ANALYSIS_RATE;
  const { verdicts, relations } = judge(single, pairs, duration);
  return {
    channels: numChannels,
    distinctChannels: verdicts.filter(({ verdict }) => verdict === 'distinct').length,
    duration,
    verdicts,
    pairs: relations,
    warnings: stream.warnings ?? [],
  };
}
