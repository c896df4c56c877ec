// What of an annotation lies on a support, and what remains without one. Equals pyannote.core 6.1 `Annotation.crop`,
// `extrude` and `new_track`. Modes are those of crop.ts. Two turns with one track name can be cut to the same segment;
// the later then takes the first free of '0', '1', '2' …, so that no turn is lost.

import { type Annotation, getTimeline, sortedTurns, withTurns } from './annotation.ts';
import { type CropMode, checkMode, meets, opposite, piecesOf, remainder } from './crop.ts';
import { compareSegments, isEmpty, type Segment } from './segment.ts';
import { extent, supportOf, type Timeline } from './timeline.ts';
import type { Turn } from './turn.ts';

/** The part of an annotation that lies on a segment or on a timeline's support (pyannote: `crop`). */
export function cropAnnotation(
  from: Annotation,
  focus: Segment | Timeline,
  { mode = 'intersection' }: { mode?: CropMode } = {},
): Annotation {
  checkMode(mode);
  const pieces = supportOf(focus);
  if (mode !== 'intersection') {
    return withTurns(
      from,
      from.turns.filter((turn) => meets(turn, pieces, mode)),
    );
  }
  const cropped: Turn[] = [];
  for (const turn of from.turns) {
    const [first, last] = piecesOf(turn, pieces);
    for (let i = first; i < last; i++) {
      const start = Math.max(turn.start, pieces[i].start);
      const end = Math.min(turn.end, pieces[i].end);
      if (start === turn.start && end === turn.end) cropped.push(turn);
      else if (!isEmpty({ start, end })) cropped.push({ ...turn, start, end });
    }
  }
  cropped.sort(compareSegments); // stable: turns cut to the same segment stay in their order, which decides on names
  return withTurns(from, sortedTurns(freeTracks(cropped)));
}

/** Renames the later of two turns with the same segment and track. */
function freeTracks(turns: Turn[]): Turn[] {
  let taken = new Set<string>();
  let number = 0; // names below it are taken
  return turns.map((turn, i) => {
    if (i === 0 || compareSegments(turns[i - 1], turn) !== 0) {
      taken = new Set();
      number = 0;
    }
    if (turn.track === undefined) return turn;
    let track = turn.track;
    if (taken.has(track)) {
      while (taken.has(String(number))) number++;
      track = String(number);
    }
    taken.add(track);
    return track === turn.track ? turn : { ...turn, track };
  });
}

/** The annotation without a support, in the modes of a timeline's `extrude` (pyannote: `extrude`). */
export function extrudeAnnotation(
  from: Annotation,
  removed: Segment | Timeline,
  { mode = 'intersection' }: { mode?: CropMode } = {},
): Annotation {
  return cropAnnotation(from, remainder(extent(getTimeline(from)), removed), { mode: opposite(mode) });
}
