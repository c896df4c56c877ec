/**
 * Several channels to one. The mean is pyannote's `Audio(mono='downmix')` (ALGORITHM section 1.1): channels are summed
 * in float32, in order, and the sum is divided by their number, before any resampling.
 */
export type ChannelChoice = 'mix' | number;

export function mixdown(channels: readonly Float32Array[]): Float32Array {
  if (channels.length === 1) return channels[0];
  const sum = Float32Array.from(channels[0]);
  for (let c = 1; c < channels.length; c++) {
    const channel = channels[c];
    for (let i = 0; i < sum.length; i++) sum[i] += channel[i];
  }
  const numChannels = channels.length;
  for (let i = 0; i < sum.length; i++) sum[i] /= numChannels;
  return sum;
}

/** One channel, counted from 0, or the mean of all. */
export function selectChannel(channels: readonly Float32Array[], choice: ChannelChoice): Float32Array {
  return choice === 'mix' ? mixdown(channels) : channels[choice];
}
