import type { Annotation } from './annotation.ts';
import { labelTimelines } from './labels.ts';
import type { Seconds } from './segment.ts';
import { support, timelineDuration } from './timeline.ts';

/** How a conversation was shared out: who spoke for how long, and how much was overlap or silence. */
export interface Airtime {
  /** The recording; to the end of the last turn where that is unknown. */
  readonly duration: Seconds;
  /** In which somebody speaks. */
  readonly speech: Seconds;
  readonly silence: Seconds;
  /** In which two or more speak. */
  readonly overlap: Seconds;
  /** The one who speaks longest first. */
  readonly speakers: readonly SpeakerAirtime[];
}

export interface SpeakerAirtime {
  readonly speaker: string;
  readonly seconds: Seconds;
  /** Of all speakers' seconds together, 0..1: the shares add up to 1, overlap or not. */
  readonly share: number;
  readonly numTurns: number;
  readonly longestTurn: Seconds;
}

/**
 * Turns of one speaker that overlap or touch count as one. n·log n.
 * @example
 * airtime(annotation(turns), { duration: 60 }).speakers[0].share // 0.41
 */
export function airtime(of: Annotation, { duration }: { readonly duration?: Seconds } = {}): Airtime {
  const found = [...labelTimelines(of)].map(([speaker, timeline]) => {
    const own = support(timeline);
    return {
      speaker,
      timeline: own,
      seconds: timelineDuration(own),
      numTurns: own.length,
      longestTurn: own.reduce((longest, { start, end }) => Math.max(longest, end - start), 0),
    };
  });
  const total = found.reduce((sum, { seconds }) => sum + seconds, 0);
  const { speech, overlap } = coverage(found.flatMap(({ timeline }) => timeline));
  const length = duration ?? of.turns.reduce((last, { end }) => Math.max(last, end), 0);
  return {
    duration: length,
    speech,
    silence: Math.max(0, length - speech),
    overlap,
    speakers: found
      .map(({ timeline: _, ...rest }) => ({ ...rest, share: total > 0 ? rest.seconds / total : 0 }))
      .sort((a, b) => b.seconds - a.seconds),
  };
}

/** How long at least one, and at least two, of these are on. */
function coverage(segments: readonly { readonly start: Seconds; readonly end: Seconds }[]): {
  speech: Seconds;
  overlap: Seconds;
} {
  const events = segments.flatMap(({ start, end }): [at: Seconds, change: number][] => [
    [start, 1],
    [end, -1],
  ]);
  events.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let [active, before, speech, overlap] = [0, 0, 0, 0];
  for (const [at, change] of events) {
    if (active >= 1) speech += at - before;
    if (active >= 2) overlap += at - before;
    active += change;
    before = at;
  }
  return { speech, overlap };
}
