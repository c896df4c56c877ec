// Who spoke when in one recording. Equals pyannote.core 6.1 `Annotation`, as plain turns in order:
//
//   pyannote: {segment: {track: label}}          here: [{ start, end, speaker, track? }, …]
//
// The order is pyannote's `itertracks`: by segment, then track name. Most turns need no name and have none; those
// come by speaker. docs/annotations.md tells what that changes. Every function trusts an Annotation to be what
// `annotation()` returns. All are linear in the number of turns unless they say otherwise.

import { compareText } from './compareText.ts';
import { compareSegments, isEmpty, type Segment } from './segment.ts';
import { checkTimes, type Timeline } from './timeline.ts';
import { compareTracks, compareTurns, type Turn } from './turn.ts';

/** Who spoke when in one recording: turns sorted by start, end, track, speaker. pyannote.core's Annotation. */
export interface Annotation {
  readonly uri?: string;
  readonly turns: readonly Turn[];
}

/**
 * Sorts turns and drops empty ones. Of two with the same segment and track name the later wins, as assigning
 * `annotation[segment, track]` twice does in pyannote; turns without a track are all kept. NaN throws. n·log n.
 */
export function annotation(turns: Iterable<Turn> = [], { uri }: { uri?: string } = {}): Annotation {
  const kept: Turn[] = [];
  for (const turn of turns) {
    checkTimes(turn);
    if (typeof turn.speaker !== 'string') {
      throw new TypeError(
        `Got speaker ${turn.speaker} from ${turn.start} to ${turn.end}; expected a name as a string.`,
      );
    }
    if (isEmpty(turn)) continue;
    // -0 would print and compare unlike 0
    const negativeZero = Object.is(turn.start, -0) || Object.is(turn.end, -0);
    kept.push(negativeZero ? { ...turn, start: turn.start + 0, end: turn.end + 0 } : turn);
  }
  return { ...(uri === undefined ? {} : { uri }), turns: sortedTurns(kept) };
}

/** Orders non-empty turns, the later of one segment and track winning; may sort in place. For code that made them. */
export function sortedTurns(turns: Turn[]): readonly Turn[] {
  let sorted = true;
  for (let i = 1; i < turns.length && sorted; i++) {
    sorted = compareTurns(turns[i - 1], turns[i]) <= 0 && !sameTrack(turns[i - 1], turns[i]);
  }
  if (sorted) return turns;
  turns.sort((a, b) => (a.track === undefined ? compareTurns(a, b) : compareTracks(a, b)));
  return turns.filter((turn, i) => i === turns.length - 1 || !sameTrack(turn, turns[i + 1]));
}

/** Whether two turns are one track: the same segment and the same name. */
function sameTrack(a: Turn, b: Turn): boolean {
  return a.track !== undefined && compareTracks(a, b) === 0;
}

/** With other turns in place of these, already in order. */
export function withTurns({ uri }: Annotation, turns: readonly Turn[]): Annotation {
  return uri === undefined ? { turns } : { uri, turns };
}

/** The segments of all turns, each once (pyannote: `get_timeline`, `itersegments`). */
export function getTimeline({ turns }: Annotation): Timeline {
  const segments: Segment[] = [];
  for (let i = 0; i < turns.length; i++) {
    if (i > 0 && compareSegments(turns[i - 1], turns[i]) === 0) continue;
    segments.push({ start: turns[i].start, end: turns[i].end });
  }
  return segments;
}

/** The turns of exactly this segment (pyannote: `get_tracks`, and `get_labels(segment, unique=False)`). O(log n). */
export function turnsOf({ turns }: Annotation, segment: Segment): readonly Turn[] {
  let low = 0;
  let high = turns.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (compareSegments(turns[mid], segment) < 0) low = mid + 1;
    else high = mid;
  }
  let end = low;
  while (end < turns.length && compareSegments(turns[end], segment) === 0) end++;
  return turns.slice(low, end);
}

/** Who has exactly this segment, in order, each once (pyannote: `get_labels`). */
export function getLabels(turns: Annotation, segment: Segment): string[] {
  return [...new Set(turnsOf(turns, segment).map(({ speaker }) => speaker))].sort(compareText);
}

/** With the turns of another; one of the same segment and track gives way (pyannote: `update`). n·log n. */
export function update(into: Annotation, other: Annotation): Annotation {
  return withTurns(into, sortedTurns([...into.turns, ...other.turns]));
}

/** With one more turn (pyannote: `annotation[segment, track] = label`). It copies: to add many, `update` once. */
export function addTurn(into: Annotation, turn: Turn): Annotation {
  return update(into, annotation([turn]));
}

/**
 * Without the turns of a segment, or only without the one of that segment and track
 * (pyannote: `del annotation[segment]`, `del annotation[segment, track]`). It copies.
 */
export function removeTurns(from: Annotation, removed: Segment & { readonly track?: string }): Annotation {
  const goes = (turn: Turn) =>
    compareSegments(turn, removed) === 0 && (removed.track === undefined || turn.track === removed.track);
  return withTurns(
    from,
    from.turns.filter((turn) => !goes(turn)),
  );
}

/** Only the turns of some speakers, or of all others with `invert` (pyannote: `subset`). */
export function subset(
  of: Annotation,
  speakers: Iterable<string>,
  { invert = false }: { invert?: boolean } = {},
): Annotation {
  const wanted = new Set(speakers);
  return withTurns(
    of,
    of.turns.filter(({ speaker }) => wanted.has(speaker) !== invert),
  );
}

/** Whether two annotations have the same segments, tracks and speakers; the uri doesn't count (pyannote: `==`). */
export function sameAnnotation(a: Annotation, b: Annotation): boolean {
  return (
    a.turns.length === b.turns.length &&
    a.turns.every((turn, i) => compareTurns(turn, b.turns[i]) === 0 && turn.track === b.turns[i].track)
  );
}
