import { SEGMENT_PRECISION, type Seconds } from '../core/segment.ts';
import type { Tracks } from './tracks.ts';

/**
 * How long each label of one annotation talks together with each of another: pyannote.core 6.1 `Annotation.__mul__`.
 * Every pair of tracks counts, so two tracks of a label at once count twice. Row by row and sparse: 10,000 names on each
 * side would make 10⁸ cells, of which a recording fills a handful a row.
 */
export type Cooccurrence = readonly ReadonlyMap<number, Seconds>[];

/** Seconds by label of `a` (the row) and label of `b`. Time is that of the pairs that overlap, plus one pass. */
export function cooccurrence(a: Tracks, b: Tracks): Cooccurrence {
  const rows: Map<number, Seconds>[] = a.labels.map(() => new Map());
  forEachOverlap(a, b, (i, j, start, end) => {
    const row = rows[a.label[i]];
    const column = b.label[j];
    row.set(column, (row.get(column) ?? 0) + (end - start));
  });
  return rows;
}

/** Pairs of overlapping tracks, by the order of `a`, then of `b`: the order in which pyannote adds them up. */
export function forEachOverlap(
  a: Tracks,
  b: Tracks,
  visit: (i: number, j: number, start: Seconds, end: Seconds) => void,
): void {
  const open = new Int32Array(b.starts.length); // tracks of b that began before the one of a and may still last
  let numOpen = 0;
  let next = 0;
  for (let i = 0; i < a.starts.length; i++) {
    const from = a.starts[i];
    const to = a.ends[i];
    while (next < b.starts.length && b.starts[next] <= from) open[numOpen++] = next++;
    let kept = 0;
    for (let k = 0; k < numOpen; k++) {
      const j = open[k];
      if (b.ends[j] <= from) continue;
      open[kept++] = j;
      const end = Math.min(to, b.ends[j]);
      if (end - from > SEGMENT_PRECISION) visit(i, j, from, end);
    }
    numOpen = kept;
    for (let j = next; j < b.starts.length && b.starts[j] < to; j++) {
      const end = Math.min(to, b.ends[j]);
      if (end - b.starts[j] > SEGMENT_PRECISION) visit(i, j, b.starts[j], end);
    }
  }
}
