// New names for speakers and tracks, and turns of one speaker merged. Equals pyannote.core 6.1 `rename_labels`,
// `relabel_tracks`, `rename_tracks`, `support`, `Timeline.to_annotation` and `utils.generators`.

import { type Annotation, sortedTurns, withTurns } from './annotation.ts';
import { labels, labelTimelines } from './labels.ts';
import { didYouMean } from './nearest.ts';
import type { Seconds } from './segment.ts';
import { support, type Timeline } from './timeline.ts';
import type { Turn } from './turn.ts';

/** Where new names come from: 'A', 'B', … 'Z', 'AA' …, or '0', '1', …, or the caller's own. */
export type Names = 'string' | 'int' | Iterable<string>;

/** Gives the next name at each call. The caller's own names may run out; that throws. */
function namesFrom(names: Names): () => string {
  let given = 0;
  const iterator = names === 'string' || names === 'int' ? undefined : names[Symbol.iterator]();
  return () => {
    const index = given++;
    if (iterator === undefined) return names === 'int' ? String(index) : letters(index);
    const { done, value } = iterator.next();
    if (done) throw new RangeError(`Got ${index} names; expected one for each. Give more, or 'string' or 'int'.`);
    return value;
  };
}

/** The index-th of 'A' … 'Z', 'AA', 'AB' … 'ZZ', 'AAA' … (pyannote: `string_generator`). */
function letters(index: number): string {
  let name = '';
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  }
  return name;
}

/** Speakers under other names, by a map or a plain object; those not in it keep theirs (pyannote: `rename_labels`). */
export function renameLabels(
  of: Annotation,
  mapping: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
): Annotation {
  // own properties only: a speaker may be called 'constructor'
  const map = mapping instanceof Map ? mapping : new Map(Object.entries(mapping));
  const renamed = of.turns.map((turn) => {
    const speaker = map.get(turn.speaker);
    return speaker === undefined || speaker === turn.speaker ? turn : { ...turn, speaker };
  });
  return withTurns(of, sortedTurns(renamed));
}

/** Speakers as 'A', 'B', … in the order of `labels` (pyannote: `rename_labels(generator=…)`). */
export function renameLabelsInOrder(of: Annotation, names: Names = 'string'): Annotation {
  const next = namesFrom(names);
  return renameLabels(of, new Map(labels(of).map((label) => [label, next()])));
}

/** Every turn its own speaker, named in order (pyannote: `relabel_tracks`). */
export function relabelTracks(of: Annotation, names: Names = 'string'): Annotation {
  const next = namesFrom(names);
  return withTurns(of, sortedTurns(of.turns.map((turn) => ({ ...turn, speaker: next() }))));
}

/** Every turn a track name of its own, in order (pyannote: `rename_tracks`). */
export function renameTracks(of: Annotation, names: Names = 'string'): Annotation {
  const next = namesFrom(names);
  return withTurns(of, sortedTurns(of.turns.map((turn) => ({ ...turn, track: next() }))));
}

/** Without track names: as read from a file that has none. */
export function dropTracks(of: Annotation): Annotation {
  return withTurns(of, sortedTurns(of.turns.map(({ track: _, ...turn }) => turn)));
}

/**
 * Turns of one speaker that overlap, touch or are less than `collar` apart, merged (pyannote: `Annotation.support`).
 * There the merged tracks are named 'A', 'B' … by speaker; here they have no name, and `renameTracks` gives some.
 * A merged turn has no confidence: it has no one value.
 */
export function supportAnnotation(of: Annotation, { collar = 0 }: { collar?: Seconds } = {}): Annotation {
  const merged: Turn[] = [];
  for (const [speaker, segments] of labelTimelines(of)) {
    for (const { start, end } of support(segments, { collar })) merged.push({ start, end, speaker });
  }
  return withTurns(of, sortedTurns(merged));
}

/** Each segment a turn, each turn a speaker of its own (pyannote: `Timeline.to_annotation`). */
export function toAnnotation(
  segments: Timeline,
  { uri, names = 'string' }: { uri?: string; names?: Names } = {},
): Annotation {
  const next = namesFrom(names);
  const turns = segments.map(({ start, end }) => ({ start, end, speaker: next() }));
  return uri === undefined ? { turns } : { uri, turns };
}

/** Why a name for `label` was refused: nobody has that label. */
export function unknownLabel(label: string, known: readonly string[]): RangeError {
  const heard = known.join(', ') || 'nobody';
  return new RangeError(`Got a name for '${label}' when the speakers are ${heard}.${didYouMean(label, known)}`);
}
