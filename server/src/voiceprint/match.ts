import type { VoiceLine } from '../loadedModel.ts';
import { normalised } from './portable.ts';

/**
 * Which enrolled name each speaker of a file gets (docs/api.md, Identification).
 *
 *   score(speaker, label) = probability, 0..100, that the speaker's mean vector and the label's nearest sample are of one
 *                           person, by the model's own line from a cosine to log-odds
 *   not exclusive: every speaker takes its best label
 *   exclusive: one label for one speaker at most, with the largest sum of scores (optimal one-to-one assignment)
 *   a score, as it is told, below the threshold is no match; a threshold of 0 refuses nobody
 */
export interface Candidate {
  readonly label: string;
  readonly vectors: readonly Float32Array[];
}

export interface Heard {
  readonly speaker: string;
  /** Absent when no clean stretch was long enough: such a speaker matches nobody. */
  readonly vector?: Float32Array | undefined;
}

export interface Match {
  readonly speaker: string;
  readonly match: string | null;
  readonly confidence: Readonly<Record<string, number>>;
}

export function matchSpeakers(
  heard: readonly Heard[],
  candidates: readonly Candidate[],
  {
    exclusive = true,
    threshold = 0,
    line = UNKNOWN_LINE,
  }: { exclusive?: boolean; threshold?: number; line?: VoiceLine | undefined } = {},
): Match[] {
  const scores = heard.map(({ vector }) => {
    const unit = vector && normalised(vector);
    return candidates.map(({ vectors }) => scoreOf(unit, vectors, line));
  });
  const chosen = exclusive ? assign(scores) : scores.map((row) => row.indexOf(Math.max(...row)));
  return heard.map(({ speaker, vector }, s) => {
    const c = chosen[s];
    const good = vector !== undefined && c >= 0 && Math.round(scores[s][c]) >= threshold;
    return {
      speaker,
      match: good ? candidates[c].label : null,
      confidence: Object.fromEntries(candidates.map(({ label }, i) => [label, Math.round(scores[s][i])])),
    };
  });
}

/**
 * The line of a model whose manifest has none (`verification`). One half at a cosine of 0.525: the equal-error point of the
 * embedded model's first version on 105 pairs of clips (AMI and LibriSpeech speakers, docs/reliability.md). So few pairs,
 * which it separates almost without error, cannot fix the slope: 20 is a cautious choice (0.46 is 21, 0.6 is 82, 0.73 is 98).
 */
const UNKNOWN_LINE: VoiceLine = { slope: 20, intercept: -20 * 0.525 };

function scoreOf(unit: Float32Array | undefined, samples: readonly Float32Array[], line: VoiceLine): number {
  if (!unit) return 0;
  let best = -1;
  for (const sample of samples) {
    let dot = 0;
    for (let i = 0; i < unit.length; i++) dot += unit[i] * sample[i];
    best = Math.max(best, dot);
  }
  return 100 / (1 + Math.exp(-(line.slope * best + line.intercept)));
}

/**
 * Rows to columns, one to one, with the largest sum: the Hungarian method with potentials on costs 100 - score
 * (e.g. Burkard, Dell'Amico, Martello, Assignment Problems, 4.4). -1 for a row that is left over. O(rows² columns):
 * few voices of a recording to many that are enrolled.
 */
export function assign(scores: readonly (readonly number[])[]): number[] {
  const rows = scores.length;
  const columns = scores[0]?.length ?? 0;
  // As many columns as rows at least: a row that is left over gets one that costs as much as a score of 0.
  const n = Math.max(rows, columns);
  const cost = (r: number, c: number) => (c < columns ? 100 - scores[r][c] : 100);
  const u = new Float64Array(rows + 1);
  const v = new Float64Array(n + 1);
  const rowOf = new Int32Array(n + 1);
  const way = new Int32Array(n + 1);
  for (let r = 1; r <= rows; r++) {
    rowOf[0] = r;
    let column = 0;
    const least = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
    const used = new Uint8Array(n + 1);
    do {
      used[column] = 1;
      const row = rowOf[column];
      let delta = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let c = 1; c <= n; c++) {
        if (used[c]) continue;
        const reduced = cost(row - 1, c - 1) - u[row] - v[c];
        if (reduced < least[c]) {
          least[c] = reduced;
          way[c] = column;
        }
        if (least[c] < delta) {
          delta = least[c];
          next = c;
        }
      }
      for (let c = 0; c <= n; c++) {
        if (used[c]) {
          u[rowOf[c]] += delta;
          v[c] -= delta;
        } else least[c] -= delta;
      }
      column = next;
    } while (rowOf[column] !== 0);
    do {
      const before = way[column];
      rowOf[column] = rowOf[before];
      column = before;
    } while (column !== 0);
  }
  const chosen = new Array<number>(rows).fill(-1);
  for (let c = 1; c <= columns; c++) if (rowOf[c] > 0) chosen[rowOf[c] - 1] = c - 1;
  return chosen;
}
