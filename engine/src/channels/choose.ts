import type { ChannelAnalysis } from './analysis.ts';

/**
 * Which way a recording of several channels is best diarized, and why, in a sentence for a person.
 *
 *     channel   one channel has everything: that one alone (copies of opposite sign would cancel in a mean)
 *     split     each channel is one voice: who speaks is which channel is heard
 *     hybrid    channels are apart, but some hold several voices: diarize each, then find the same voices again
 *     mix       the channels are microphones in one room: their mean
 */
export type ChannelMethod = 'channel' | 'split' | 'hybrid' | 'mix';

export interface MethodChoice {
  readonly method: ChannelMethod;
  readonly reason: string;
  /** The channels that are used, counted from 0. */
  readonly channels: readonly number[];
}

/** What a user asks for: `auto`, one of the methods, or a channel. */
export type ChannelRequest = 'auto' | 'mix' | 'split' | 'hybrid' | number;

export interface ChooseOptions {
  /** How many people speak in the recording, where that is known. */
  readonly numSpeakers?: number | undefined;
}

export function chooseMethod(
  analysis: ChannelAnalysis,
  request: ChannelRequest = 'auto',
  { numSpeakers }: ChooseOptions = {},
): MethodChoice {
  const { channels, verdicts, pairs } = analysis;
  const distinct = verdicts.filter(({ verdict }) => verdict === 'distinct').map(({ channel }) => channel);
  const used = distinct.length > 0 ? distinct : [0];
  if (typeof request === 'number') {
    if (!Number.isInteger(request) || request < 0 || request >= channels)
      throw new RangeError(`Got channel ${request} when the recording has ${channels}, counted from 0.`);
    return { method: 'channel', reason: 'it was asked for', channels: [request] };
  }
  if (request !== 'auto') {
    if (!['mix', 'split', 'hybrid'].includes(request))
      throw new RangeError(`Got channels '${request}' when auto, mix, split, hybrid or a number was expected.`);
    return { method: request, reason: 'it was asked for', channels: used };
  }
  if (distinct.length === 0) return { method: 'channel', reason: 'no channel holds speech', channels: [0] };
  if (distinct.length === 1) {
    const reason = channels === 1 ? 'there is one channel' : `the others are ${others(analysis)}`;
    return { method: 'channel', reason, channels: distinct };
  }
  const together = pairs.filter(
    ({ a, b, relation }) => relation === 'scene' && distinct.includes(a) && distinct.includes(b),
  );
  const numPairs = (distinct.length * (distinct.length - 1)) / 2;
  if (together.length * 2 > numPairs)
    return { method: 'mix', reason: 'the channels hear the same room', channels: distinct };
  if (numSpeakers === distinct.length) {
    const reason = `there are as many speakers as channels with voices of their own, ${numSpeakers}`;
    return { method: 'split', reason, channels: distinct };
  }
  return { method: 'hybrid', reason: `${distinct.length} channels have voices of their own`, channels: distinct };
}

function others({ verdicts }: ChannelAnalysis): string {
  const names = { duplicate: 'copies', bleed: 'bleed', silent: 'silent', distinct: 'distinct' } as const;
  const found = new Set(verdicts.filter(({ verdict }) => verdict !== 'distinct').map(({ verdict }) => names[verdict]));
  return [...found].join(' or ');
}
