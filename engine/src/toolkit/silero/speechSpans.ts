import type { Segment } from '../../core/segment.ts';

/**
 * From Silero's probabilities to stretches of speech. Speech begins with the first step at or above `threshold`. It ends
 * where the probability falls below `negThreshold` and stays below `threshold` for `minSilence`. What is shorter than
 * `minSpeech` is dropped, what is left is lengthened by `pad` on either side; two neighbours share a short gap.
 * A stretch longer than `maxSpeech` is cut at its longest pause so far, or where it stands if it has none.
 *
 * silero-vad 6.2.3 `get_speech_timestamps_from_probs`. Times there are samples and milliseconds; here, seconds.
 */
export interface SpeechSpansOptions {
  /** Default 0.5. */
  readonly threshold?: number;
  /** Default: 0.15 below the threshold, at least 0.01. */
  readonly negThreshold?: number;
  readonly minSpeech?: number;
  readonly minSilence?: number;
  readonly pad?: number;
  readonly maxSpeech?: number;
  /** Pauses longer than this are places to cut a stretch that is too long. */
  readonly minSilenceAtMaxSpeech?: number;
  /** Cut at the longest pause (Silero 6), or at the last (its older way). */
  readonly cutAt?: 'longest' | 'last';
}

export interface SpeechSpansInput {
  /** One number a step. */
  readonly probabilities: ArrayLike<number>;
  readonly sampleRate: number;
  readonly stepNumSamples: number;
  readonly numSamples: number;
}

/** Stretches of speech in seconds. */
export function speechSpans(input: SpeechSpansInput, options: SpeechSpansOptions = {}): Segment[] {
  const { sampleRate, numSamples } = input;
  const { pad = 0.03 } = options;
  checkSpeechOptions(options);
  return padded(spansInSamples(input, options), samplesOf(pad, sampleRate), numSamples).map(({ start, end }) => ({
    start: start / sampleRate,
    end: end / sampleRate,
  }));
}

/** The same in samples, before padding. */
function spansInSamples(
  { probabilities, sampleRate, stepNumSamples, numSamples }: SpeechSpansInput,
  {
    threshold = 0.5,
    negThreshold = Math.max(threshold - 0.15, 0.01),
    minSpeech = 0.25,
    minSilence = 0.1,
    pad = 0.03,
    maxSpeech = Number.POSITIVE_INFINITY,
    minSilenceAtMaxSpeech = 0.098,
    cutAt = 'longest',
  }: SpeechSpansOptions,
): Segment[] {
  const minSpeechSamples = samplesOf(minSpeech, sampleRate);
  const minSilenceSamples = samplesOf(minSilence, sampleRate);
  const minPauseSamples = samplesOf(minSilenceAtMaxSpeech, sampleRate);
  const maxSpeechSamples = sampleRate * maxSpeech - stepNumSamples - 2 * samplesOf(pad, sampleRate);

  const spans: Segment[] = [];
  let start: number | undefined; // of the speech that is going on
  let silence: number | undefined; // since when it may be over
  let pauses: { at: number; length: number }[] = []; // within it, long enough to cut at
  let lastPause: number | undefined; // cutAt 'last': where the latest such pause began …
  let resumed: number | undefined; // … and where speech came back after it
  const forget = (): void => {
    silence = lastPause = resumed = undefined;
    pauses = [];
  };

  for (let step = 0; step < probabilities.length; step++) {
    const probability = probabilities[step];
    const now = step * stepNumSamples;
    if (probability >= threshold && silence !== undefined) {
      const length = now - silence;
      if (length > minPauseSamples) pauses.push({ at: silence, length });
      if (lastPause !== undefined && (resumed === undefined || resumed < lastPause)) resumed = now;
      silence = undefined;
    }
    if (start === undefined) {
      if (probability >= threshold) start = now;
      continue;
    }
    if (now - start > maxSpeechSamples) {
      if (cutAt === 'longest' && pauses.length > 0) {
        const longest = pauses.reduce((best, pause) => (pause.length > best.length ? pause : best));
        spans.push({ start, end: longest.at });
        start = longest.at + longest.length;
      } else if (lastPause !== undefined) {
        spans.push({ start, end: lastPause });
        start = resumed !== undefined && resumed >= lastPause ? resumed : undefined;
      } else {
        spans.push({ start, end: now });
        start = undefined;
        forget();
        continue;
      }
      forget();
      if (start === undefined) continue;
    }
    if (probability >= negThreshold) continue;
    silence ??= now;
    if (cutAt === 'last' && now - silence > minPauseSamples) lastPause = silence;
    if (now - silence < minSilenceSamples) continue;
    if (silence - start > minSpeechSamples) spans.push({ start, end: silence });
    start = undefined;
    forget();
  }
  if (start !== undefined && numSamples - start > minSpeechSamples) spans.push({ start, end: numSamples });
  return spans;
}

/** Lengthens each span; where two come closer than twice the padding, each takes half of the gap. */
function padded(spans: readonly Segment[], pad: number, numSamples: number): Segment[] {
  const starts = spans.map(({ start }) => start);
  const ends = spans.map(({ end }) => end);
  for (let i = 0; i < spans.length; i++) {
    if (i === 0) starts[0] = Math.trunc(Math.max(0, starts[0] - pad));
    const gap = i + 1 < spans.length ? starts[i + 1] - ends[i] : Number.POSITIVE_INFINITY;
    if (gap < 2 * pad) {
      const half = Math.floor(gap / 2);
      ends[i] += half;
      starts[i + 1] = Math.max(0, starts[i + 1] - half);
    } else {
      ends[i] = Math.trunc(Math.min(numSamples, ends[i] + pad));
      if (i + 1 < spans.length) starts[i + 1] = Math.trunc(Math.max(0, starts[i + 1] - pad));
    }
  }
  return spans.map((_, i) => ({ start: starts[i], end: ends[i] }));
}

/** Silero's times are whole milliseconds, so that 0.4 s are exactly 6400 samples. */
function samplesOf(seconds: number, sampleRate: number): number {
  return (sampleRate * Math.round(seconds * 1e6)) / 1e6;
}

/** Refuses what would find no speech, or all, and say nothing. */
export function checkSpeechOptions({
  threshold = 0.5,
  negThreshold = 0,
  maxSpeech,
  ...durations
}: SpeechSpansOptions): void {
  if (!(threshold >= 0 && threshold <= 1)) throw new RangeError(`Got a threshold of ${threshold}; expected 0 to 1.`);
  if (!(negThreshold <= threshold))
    throw new RangeError(`Got a negThreshold of ${negThreshold}, which must not exceed the threshold ${threshold}.`);
  if (maxSpeech !== undefined && !(maxSpeech > 0))
    throw new RangeError(`Got a maxSpeech of ${maxSpeech}; expected seconds above 0.`);
  for (const name of ['minSpeech', 'minSilence', 'pad', 'minSilenceAtMaxSpeech'] as const) {
    const value = durations[name];
    if (value !== undefined && !(value >= 0 && Number.isFinite(value)))
      throw new RangeError(`Got a ${name} of ${value}; expected seconds, 0 or more.`);
  }
}
