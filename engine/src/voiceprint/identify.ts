import type { Speaker } from '../core/diarization.ts';
import { assignMax } from '../math/assignment.ts';
import { cosineDistance } from '../math/cosine.ts';

/**
 * Which enrolled name each speaker of a recording gets: one speaker a name and one name a speaker, so that the cosines of the
 * pairs add up to most, and none below the threshold. Who resembles nobody enough keeps the label.
 */
export interface Voiceprint {
  readonly name: string;
  readonly vector: Float32Array;
}

export interface Identified {
  readonly label: string;
  readonly name: string;
  /** Cosine with the nearest voiceprint of that name. */
  readonly score: number;
}

export function identifySpeakers(
  speakers: readonly Speaker[],
  voiceprints: readonly Voiceprint[],
  { threshold }: { readonly threshold: number },
): Identified[] {
  const heard = speakers.filter(({ embedding }) => embedding !== undefined);
  const names = [...new Set(voiceprints.map(({ name }) => name))];
  const scores = new Float64Array(heard.length * names.length).fill(Number.NEGATIVE_INFINITY);
  heard.forEach(({ embedding }, row) => {
    for (const { name, vector } of voiceprints) {
      const cell = row * names.length + names.indexOf(name);
      const score = cosine(embedding!, vector);
      if (score >= threshold && score > scores[cell]) scores[cell] = score;
    }
  });
  // Who is like nobody adds nothing, instead of leaving no assignment at all.
  const gains = scores.map((score) => (score === Number.NEGATIVE_INFINITY ? 0 : score));
  const chosen = assignMax(gains, heard.length, names.length, -1);
  return heard.flatMap(({ label }, row) => {
    const column = chosen[row];
    if (column < 0) return [];
    const score = scores[row * names.length + column];
    return Number.isFinite(score) ? [{ label, name: names[column], score }] : [];
  });
}

function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length)
    throw new RangeError(`Got a voiceprint of ${b.length} numbers when those of this model have ${a.length}.`);
  const distance = cosineDistance(a, b);
  return Number.isNaN(distance) ? 0 : 1 - distance; // zeros have no direction
}
