import type { Annotation } from '../src/core/annotation.ts';

/** Short forms for tests. */

export type Row = readonly [start: number, end: number, speaker: string];

export function annotation(rows: readonly Row[], uri?: string): Annotation {
  return {
    ...(uri === undefined ? {} : { uri }),
    turns: rows.map(([start, end, speaker]) => ({ start, end, speaker })),
  };
}
