import type { Annotation } from '../core/annotation.ts';
import { FormatError } from '../core/errors.ts';
import { compareSegments, isEmpty, SEGMENT_PRECISION, type Seconds, type Segment } from '../core/segment.ts';
import { compareTurns, type Turn } from '../core/turn.ts';
import { fixed3 } from './fixed.ts';
import type { Place } from './lines.ts';

/**
 * What files hold: turns, perhaps with what was said in them, of one recording or several.
 * The rule for lengths is the same in every format. A turn without length (up to a microsecond) is dropped, as
 * pyannote.core's `Annotation.__setitem__` does. A turn that ends before it starts is an error: pyannote drops it
 * silently, and so hides a file whose columns are not what the reader thinks.
 */

/** A turn as files carry it, perhaps with its words. */
export interface TextTurn extends Turn {
  readonly text?: string;
}

/** The turns of one recording, and what else a file may say of it. A `Diarization` is one. */
export interface TextAnnotation extends Annotation {
  readonly turns: readonly TextTurn[];
  /** The same with one speaker at a time. */
  readonly exclusiveTurns?: readonly Turn[];
  /** Length of the recording. */
  readonly duration?: Seconds;
}

/** Who speaks when a file has words but no name. */
export const UNKNOWN = 'UNKNOWN';

/** The stretch from start to end; undefined when it is empty. `what` is it in the complaint. */
export function segmentOf(start: Seconds, end: Seconds, at: Place, what = 'a turn'): Segment | undefined {
  if (end - start < -SEGMENT_PRECISION) {
    throw new FormatError(`${what} ends at ${fixed3(end)} s, before its start at ${fixed3(start)} s`, at);
  }
  return isEmpty({ start, end }) ? undefined : { start, end };
}

/** In the order of time, ready to be written; turns of one and the same stretch stay as they come. */
export function inOrder<T extends Segment>(turns: readonly T[]): T[] {
  for (const { start, end } of turns) {
    if (Number.isFinite(start) && Number.isFinite(end)) continue;
    const [wrong, what] = Number.isFinite(start) ? [end, 'end'] : [start, 'start'];
    throw new RangeError(`Got ${wrong} for the ${what} of a turn when a finite number of seconds was expected.`);
  }
  return turns.toSorted(compareSegments);
}

/** One recording with these turns, each with some length. */
export function annotation(uri: string | undefined, turns: readonly TextTurn[]): TextAnnotation {
  return { ...(uri === undefined ? {} : { uri }), turns: turns.toSorted(compareTurns) };
}

/** Turns gathered under the name of their recording, in the order in which the names come. */
export class Gathering {
  private readonly turns = new Map<string | undefined, TextTurn[]>();

  /** Makes the recording known, even if it has no turns. */
  open(uri: string | undefined): TextTurn[] {
    let turns = this.turns.get(uri);
    if (!turns) this.turns.set(uri, (turns = []));
    return turns;
  }

  add(uri: string | undefined, start: Seconds, end: Seconds, rest: Omit<TextTurn, keyof Segment>, at: Place): void {
    const segment = segmentOf(start, end, at);
    const turns = this.open(uri);
    if (segment) turns.push({ ...segment, ...rest });
  }

  annotations(): TextAnnotation[] {
    return [...this.turns].map(([uri, turns]) => annotation(uri, turns));
  }
}

/** One annotation or several, as several. */
export function several<T extends object>(one: T | readonly T[]): readonly T[] {
  return Array.isArray(one) ? one : [one as T];
}

/** A name in a format whose fields are parted by blanks: each blank becomes `_`, nothing becomes `<NA>`. */
export function withoutBlanks(name: string | undefined): string {
  return name ? blankless(name) : '<NA>';
}

/** A name as formats write it whose fields are parted by blanks. */
export function blankless(name: string): string {
  return name.replace(/\s/g, '_');
}
