import type { RawTranscript, TimeUnit } from './raw.ts';

/**
 * Times in the wrong unit, milliseconds for seconds above all. People speak 10 to 25 characters a second in any script of
 * letters, and 3 to 8 in Chinese: 0.02 to 2 seconds a character, pauses within segments included. A thousandth or a
 * thousand times that is another unit. The median over the transcript decides.
 */
const SECONDS: Readonly<Record<TimeUnit, number>> = { s: 1, ms: 1e-3, µs: 1e-6 };

/** Slower than this is no speech, nor is what is a thousand times faster. */
const SLOWEST = 5;
const NAMES: Readonly<Record<TimeUnit, string>> = { s: 'seconds', ms: 'milliseconds', µs: 'microseconds' };

/** Seconds that one unit of the source's times lasts, and what is to be said about it. */
export function timeScale(
  raw: RawTranscript,
  { unit, duration }: { readonly unit?: TimeUnit; readonly duration?: number } = {},
): { scale: number; warning?: string } {
  if (unit !== undefined) return { scale: SECONDS[unit] };
  const paces: number[] = [];
  let last = 0;
  let whole = true;
  for (const segment of raw.segments) {
    for (const item of segment.words.length > 0 ? segment.words : [segment]) {
      const start = numberOf(item.start);
      const end = numberOf(item.end);
      const length = [...(item.text ?? '').trim()].length;
      if (start === undefined || end === undefined || !(end > start) || length === 0) continue;
      paces.push((end - start) / length);
      last = Math.max(last, end);
      whole &&= Number.isInteger(start) && Number.isInteger(end);
    }
  }
  const assumed = SECONDS[raw.unit];
  if (paces.length === 0) return { scale: assumed };
  paces.sort((a, b) => a - b);
  const pace = paces[paces.length >> 1];
  if (speakable(pace * assumed) && !(duration !== undefined && last * assumed > 20 * duration))
    return { scale: assumed };
  // A word or two may be drawn out: only whole numbers, as milliseconds are, make so few believed.
  if (paces.length < 3 && !whole && raw.unit === 's') return { scale: assumed };
  for (const found of ['s', 'ms', 'µs'] as const) {
    if (found === raw.unit || !speakable(pace * SECONDS[found])) continue;
    return {
      scale: SECONDS[found],
      warning: `Times were read as ${NAMES[found]}: as ${NAMES[raw.unit]} a character would last ${round(pace * assumed)} s.`,
    };
  }
  return { scale: assumed };
}

function speakable(pace: number): boolean {
  return pace > SLOWEST / 1000 && pace <= SLOWEST;
}

function round(seconds: number): string {
  return seconds >= 10 ? String(Math.round(seconds)) : seconds.toPrecision(1);
}

/** A number, also one that is written as text (`"1.5"`, `"1.5s"`). */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || !/^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?s?\s*$/.test(value)) return undefined;
  return Number(value.trim().replace(/s$/, ''));
}
