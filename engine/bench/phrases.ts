/**
 * Cuts a recording of one person into phrases: runs of speech with less than 0.3 s of quiet inside. Speech is where the
 * energy is within 30 dB of the loud parts and, in a noisy recording, 6 dB above its quietest parts: this holds for recordings
 * of one person who is much louder than the rest. With 30 ms on either side, so that soft beginnings stay; what the truth of a
 * simulated meeting calls speech is exactly what is cut out here.
 */
export interface Phrase {
  readonly start: number;
  readonly end: number;
}

const HOP = 0.01;
const WITHIN_DB = 30;
const ABOVE_NOISE_DB = 6;
/** The quietest parts are not noise but soft speech when the loud ones are nearer than this. */
const LEAST_RANGE_DB = 15;
const MARGIN = 0.03;
const LONGEST_QUIET = 0.3;
const SHORTEST = 0.25;

export function phrasesOf(samples: Float32Array, sampleRate: number): Phrase[] {
  const hop = Math.round(HOP * sampleRate);
  const levels = Array.from({ length: Math.floor(samples.length / hop) }, (_, i) => {
    let sum = 0;
    for (let n = i * hop; n < (i + 1) * hop; n++) sum += samples[n] * samples[n];
    return 10 * Math.log10(sum / hop + 1e-12);
  });
  const sorted = [...levels].sort((a, b) => a - b);
  const loud = sorted[Math.floor(0.95 * sorted.length)];
  const quiet = sorted[Math.floor(0.05 * sorted.length)];
  const threshold = Math.max(loud - WITHIN_DB, Math.min(quiet + ABOVE_NOISE_DB, loud - LEAST_RANGE_DB));
  const length = samples.length / sampleRate;
  const runs: { start: number; end: number }[] = [];
  levels.forEach((level, i) => {
    if (level < threshold) return;
    const last = runs.at(-1);
    if (last && i * HOP - last.end < LONGEST_QUIET) last.end = (i + 1) * HOP;
    else runs.push({ start: i * HOP, end: (i + 1) * HOP });
  });
  return runs
    .filter(({ start, end }) => end - start >= SHORTEST)
    .map(({ start, end }) => ({ start: Math.max(0, start - MARGIN), end: Math.min(length, end + MARGIN) }));
}
