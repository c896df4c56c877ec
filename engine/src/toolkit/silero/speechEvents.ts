import type { Seconds } from '../../core/segment.ts';
import { checkSpeechOptions } from './speechSpans.ts';

/**
 * Speech while it happens: told of each step's probability, says when speech has begun and when it has ended. It knows
 * nothing of the future, so short bursts count, and an end comes `minSilence` late. silero-vad 6.2.3 `VADIterator`.
 */
export interface SpeechEventsOptions {
  readonly threshold?: number;
  readonly minSilence?: Seconds;
  readonly pad?: Seconds;
  readonly sampleRate?: number;
}

export type SpeechEvent =
  | { readonly type: 'start'; readonly time: Seconds }
  | { readonly type: 'end'; readonly time: Seconds };

/** How far below the threshold a step must be to count as silence. */
const HYSTERESIS = 0.15;

/** A function to call with the probability of each step in turn. */
export function speechEvents({
  threshold = 0.5,
  minSilence = 0.1,
  pad = 0.03,
  sampleRate = 16000,
}: SpeechEventsOptions = {}): (probability: number) => SpeechEvent | undefined {
  checkSpeechOptions({ threshold, minSilence, pad });
  const stepNumSamples = sampleRate / 31.25;
  const minSilenceSamples = (sampleRate * Math.round(minSilence * 1e6)) / 1e6;
  const padSamples = (sampleRate * Math.round(pad * 1e6)) / 1e6;
  let speaking = false;
  let silence: number | undefined; // end of the first silent step
  let now = 0; // end of the step that is looked at

  return (probability) => {
    now += stepNumSamples;
    if (probability >= threshold) {
      silence = undefined;
      if (speaking) return undefined;
      speaking = true;
      return { type: 'start', time: Math.trunc(Math.max(0, now - stepNumSamples - padSamples)) / sampleRate };
    }
    if (!speaking || probability >= threshold - HYSTERESIS) return undefined;
    silence ??= now;
    if (now - silence < minSilenceSamples) return undefined;
    const time = Math.trunc(silence - stepNumSamples + padSamples) / sampleRate;
    silence = undefined;
    speaking = false;
    return { type: 'end', time };
  };
}
