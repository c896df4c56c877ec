import { AudioError } from '../core/errors.ts';

/**
 * What a file says of itself is believed within reason. A damaged header may claim 65,535 channels, or a sample a second,
 * and whoever makes room for that runs out of memory.
 */
const MAX_CHANNELS = 256;
const MIN_RATE = 1000;
const MAX_RATE = 768_000;

/** Throws an AudioError unless the number of channels and the sample rate are those of a recording. */
export function checkClaims(name: string, numChannels: number, sampleRate: number): void {
  if (numChannels >= 1 && numChannels <= MAX_CHANNELS && sampleRate >= MIN_RATE && sampleRate <= MAX_RATE) return;
  throw new AudioError(
    'audio_invalid',
    `${name} claims ${numChannels} channels at ${sampleRate} Hz, when 1 to ${MAX_CHANNELS} channels at ${MIN_RATE} to ${MAX_RATE} Hz ` +
      'are expected: its header is damaged, or it is no recording.',
  );
}
