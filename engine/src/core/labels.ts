// Each speaker's share: pyannote.core 6.1 `labels`, `label_timeline`, `label_support`, `label_duration`, `chart`,
// `argmax`. For all speakers at once take `labelTimelines` or `labelDurations`: one walk over the turns, where a loop
// over `labelTimeline` would walk them once a speaker.

import { pairwiseSum } from '../math/pairwiseSum.ts';
import { type Annotation, withTurns } from './annotation.ts';
import { compareText } from './compareText.ts';
import { cropAnnotation } from './cropAnnotation.ts';
import { compareSegments, type Seconds, type Segment } from './segment.ts';
import { support, type Timeline, timelineDuration } from './timeline.ts';

/** The speakers, in order of code points, each once (pyannote: `labels`). */
export function labels({ turns }: Annotation): string[] {
  const found = new Set<string>();
  for (const { speaker } of turns) found.add(speaker);
  return [...found].sort(compareText);
}

/** When each speaker speaks, by speaker in the order of `labels`. */
export function labelTimelines(of: Annotation): ReadonlyMap<string, Timeline> {
  const timelines = new Map<string, Segment[]>(labels(of).map((label) => [label, []]));
  for (const { speaker, start, end } of of.turns) {
    const segments = timelines.get(speaker)!;
    const segment = { start, end };
    const last = segments.at(-1);
    if (last === undefined || compareSegments(last, segment) !== 0) segments.push(segment);
  }
  return timelines;
}

/** When one speaker speaks; nothing for an unknown one (pyannote: `label_timeline`). */
export function labelTimeline(of: Annotation, label: string): Timeline {
  const own = of.turns.filter(({ speaker }) => speaker === label);
  return labelTimelines(withTurns(of, own)).get(label) ?? [];
}

/** When one speaker speaks, overlapping and touching turns merged (pyannote: `label_support`). */
export function labelSupport(of: Annotation, label: string): Timeline {
  return support(labelTimeline(of, label));
}

/** How long one speaker speaks; a moment in two of their turns counts once (pyannote: `label_duration`). */
export function labelDuration(of: Annotation, label: string): Seconds {
  return timelineDuration(labelTimeline(of, label));
}

/** How long each speaker speaks, by speaker in the order of `labels`. */
export function labelDurations(of: Annotation): ReadonlyMap<string, Seconds> {
  return new Map([...labelTimelines(of)].map(([label, segments]) => [label, timelineDuration(segments)]));
}

/** Speakers and their durations, longest first; equals stay in the order of `labels` (pyannote: `chart`). */
export function chart(of: Annotation): [label: string, duration: Seconds][] {
  return [...labelDurations(of)].sort((a, b) => b[1] - a[1]);
}

/** The chart as shares of the sum of all speakers' durations (pyannote: `chart(percent=True)`). */
export function chartShares(of: Annotation): [label: string, share: number][] {
  const entries = chart(of);
  const total = pairwiseSum(Float64Array.from(entries, ([, seconds]) => seconds));
  return entries.map(([label, seconds]) => [label, seconds / total]);
}

/** Who speaks longest, in all or on a support; the first by name of equals, undefined when nobody (pyannote: `argmax`). */
export function argmax(of: Annotation, within?: Segment | Timeline): string | undefined {
  return chart(within === undefined ? of : cropAnnotation(of, within))[0]?.[0];
}
