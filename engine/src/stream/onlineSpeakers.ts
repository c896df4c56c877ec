import type { LocalEmbeddings } from '../diarize/embeddings.ts';
import { assignMax } from '../math/assignment.ts';

/**
 * Who the local speakers of one window are among all that were heard so far, as windows come. Two things tell: how alike the
 * voices are, and, as windows overlap, who was heard in the same frames just before.
 *
 *   score(local, speaker) = cosine of the local speaker's vector with the speaker's mean vector
 *                         + weight · share of the local speaker's frames in which that speaker was heard by the windows before
 *
 * The assignment of a window has the largest total score, one local speaker a speaker. Whoever scores below `threshold` and
 * speaks long enough alone is new, up to `maxSpeakers`; whoever does not is left out until more is heard.
 * After Coria et al. 2021, "Overlap-aware low-latency online speaker diarization based on end-to-end local segmentation",
 * section 2.3, to which the second term is added.
 */
export interface OnlineSpeakersOptions {
  readonly maxSpeakers?: number;
  readonly threshold?: number;
  /** Seconds alone that a new speaker needs. */
  readonly minNewSpeech?: number;
  /** What being heard in the same frames counts for. */
  readonly weight?: number;
}

export interface OnlineSpeakers {
  /** How many there are so far. */
  readonly count: number;
  /**
   * @param local the voices of one window
   * @param overlap `overlap[row * maxSpeakers + speaker]`: share of that voice's frames in which the speaker was heard
   * @returns the speaker of each voice, or -1
   */
  assign(local: LocalEmbeddings, overlap: Float64Array, frameStep: number): Int32Array;
}

export const NOBODY_YET = -1;

export function onlineSpeakers({
  maxSpeakers = 8,
  threshold = 0.4,
  minNewSpeech = 1,
  weight = 0.5,
}: OnlineSpeakersOptions = {}): OnlineSpeakers {
  /** Sums of vectors of length 1, weighted by seconds alone. */
  const sums: Float64Array[] = [];

  function assign(
    { numRows, dimension, vectors, numSolo }: LocalEmbeddings,
    overlap: Float64Array,
    frameStep: number,
  ): Int32Array {
    const found = new Int32Array(numRows).fill(NOBODY_YET);
    const units = Array.from({ length: numRows }, (_, row) =>
      unit(vectors.subarray(row * dimension, (row + 1) * dimension)),
    );
    const scores = new Float64Array(numRows * sums.length);
    for (let row = 0; row < numRows; row++) {
      for (let s = 0; s < sums.length; s++) {
        const voice = units[row];
        scores[row * sums.length + s] =
          (voice ? dot(voice, sums[s]) / norm(sums[s]) : 0) + weight * overlap[row * maxSpeakers + s];
      }
    }
    const best = sums.length > 0 ? assignMax(scores, numRows, sums.length, NOBODY_YET) : found;
    const known = sums.length;
    for (let row = 0; row < numRows; row++) {
      const s = best[row];
      const voice = units[row];
      const seconds = numSolo[row] * frameStep;
      const sure = s !== NOBODY_YET && scores[row * known + s] >= threshold;
      if (sure) found[row] = s;
      else if (voice && seconds >= minNewSpeech && sums.length < maxSpeakers) {
        found[row] = sums.length;
        sums.push(new Float64Array(dimension));
      } else if (sums.length >= maxSpeakers) found[row] = s;
      // A new speaker is what was heard of it, however little; who is known isn't changed by a quarter second.
      const enough = seconds > 0.25 || found[row] >= known;
      if (found[row] !== NOBODY_YET && voice && enough) add(sums[found[row]], voice, seconds);
    }
    return found;
  }
  return {
    get count() {
      return sums.length;
    },
    assign,
  };
}

/** At length 1; undefined for a voice that has no vector. */
function unit(vector: Float32Array): Float32Array | undefined {
  const length = norm(vector);
  return length > 0 && Number.isFinite(length) ? vector.map((x) => x / length) : undefined;
}

function norm(vector: Float32Array | Float64Array): number {
  return Math.sqrt(dot(vector, vector));
}

function dot(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function add(sum: Float64Array, voice: Float32Array, weight: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] += weight * voice[i];
}
