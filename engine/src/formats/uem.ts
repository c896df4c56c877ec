import { FormatError } from '../core/errors.ts';
import type { Segment } from '../core/segment.ts';
import { sortedUnique, type Timeline } from '../core/timeline.ts';
import { fixed3 } from './fixed.ts';
import { forEachLine, isComment, parseSeconds, type ReadOptions, splitFields } from './lines.ts';
import { inOrder, segmentOf, several, withoutBlanks } from './turns.ts';

/**
 * UEM ("un-partitioned evaluation map", NIST): which parts of a recording are scored.
 *
 *     meeting 1 0.000 60.000
 *     file channel start end
 *
 * Read like pyannote.database 6 `load_uem`, written like pyannote.core 6.1 `Timeline.to_uem`. The channel is not kept.
 */

/** The parts of one recording that count. */
export interface Uem {
  readonly uri: string;
  readonly timeline: Timeline;
}

/** The recordings of a UEM file, in the order in which they come, each with its sorted parts. */
export function parseUem(text: string, options: ReadOptions = {}): Uem[] {
  const parts = new Map<string, Segment[]>();
  forEachLine(text, options, (line, at) => {
    if (isComment(line)) return;
    const fields = splitFields(line, 4);
    if (fields.length < 4) {
      throw new FormatError(`got ${fields.length} fields when a UEM line has 4: file, channel, start, end`, at);
    }
    // From the end, since a recording's name may hold blanks.
    const end = parseSeconds(fields.at(-1), 'end', at);
    const start = parseSeconds(fields.at(-2), 'start', at);
    const uri = fields.slice(0, -3).join(' ');
    const segment = segmentOf(start, end, at, 'a part');
    let segments = parts.get(uri);
    if (!segments) parts.set(uri, (segments = []));
    if (segment) segments.push(segment);
  });
  return [...parts].map(([uri, segments]) => ({ uri, timeline: sortedUnique(segments) }));
}

/** One recording's parts, or those of several, as UEM. */
export function writeUem(uems: Uem | readonly Uem[]): string {
  const lines: string[] = [];
  for (const { uri, timeline } of several(uems)) {
    for (const { start, end } of inOrder(timeline)) {
      lines.push(`${withoutBlanks(uri)} 1 ${fixed3(start)} ${fixed3(end)}\n`);
    }
  }
  return lines.join('');
}
