import type { LocalEmbeddings } from '../diarize/embeddings.ts';

/**
 * Who the local speakers of one window are among all that were heard so far, as windows come. Two things tell: how alike the
 * voices are, and, a little, as windows overlap, who was heard in the same frames just before.
 *
 *   score(local, speaker) = cosine of the local speaker's vector with the speaker's mean vector
 *                         + weight · share of the local speaker's frames in which that speaker was heard by the windows before
 *
 * Each is the speaker of its best score, and that speaker's mean learns from it. Two of a window may be one speaker: networks
 * often hear one person as two, and the second, made somebody else, would stay one. Whoever scores below `threshold` and
 * speaks long enough alone is new, up to `maxSpeakers`; whoever speaks less is the nearest from half the threshold on, and
 * below it left out until more is heard. A voice without a vector has the share as its score.
 * After Coria et al. 2021, "Overlap-aware low-latency online speaker diarization based on end-to-end local segmentation",
 * section 2.3, to which the second term is added, and from which the rule that no two are one is left out.
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
  weight = 0.1,
}: OnlineSpeakersOptions = {}): OnlineSpeakers {
  /** Sums of vectors of length 1, weighted by seconds alone. */
  const sums: Float64Array[] = [];

  function assign(
    { numRows, dimension, vectors, numSolo }: LocalEmbeddings,
    overlap: Float64Array,
    frameStep: number,
  ): Int32Array {
    const found = new Int32Array(numRows).fill(NOBODY_YET);
    for (let row = 0; row < numRows; row++) {
      const voice = unit(vectors.subarray(row * dimension, (row + 1) * dimension));
      const seconds = numSolo[row] * frameStep;
      let best = Number.NEGATIVE_INFINITY;
      let nearest = NOBODY_YET;
      for (let s = 0; s < sums.length; s++) {
        const share = overlap[row * maxSpeakers + s];
        const score = voice ? dot(voice, sums[s]) / norm(sums[s]) + weight * share : share;
        if (score > best) [best, nearest] = [score, s];
      }
      const isKnown = best >= threshold || sums.length === maxSpeakers;
      const isNew = !isKnown && voice !== undefined && seconds >= minNewSpeech;
      if (isNew) found[row] = sums.push(new Float64Array(dimension)) - 1;
      else if (isKnown || best >= threshold / 2) found[row] = nearest;
      // A new speaker is what was heard of it, however little; who is known isn't changed by a quarter second.
      if (voice && (isNew || (isKnown && seconds > 0.25))) add(sums[found[row]], voice, seconds);
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
