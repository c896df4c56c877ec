import type { Diarization } from '../core/diarization.ts';
import { cosineDistance } from '../math/cosine.ts';

/**
 * Voices that are at least so alike are one person's. Chosen on calls of one half of the held-apart people; on calls of the
 * other half it links 2 of 57 pairs of strangers across channels and misses 3 of 41 pairs of one person (bench/links.ts,
 * docs/channels.md). Of the embedded model; others have other scales.
 */
export const LINK_THRESHOLD = 0.5;

/**
 * The same people again: speakers that were found in each channel by itself, joined across channels by voice. Pairs are joined
 * from the most alike down (average linkage), as long as their cosine similarity is at least `threshold`; on beyond it while
 * they are more than `maxSpeakers`, and no further than to `minSpeakers`. Two of one channel were told apart before, by the
 * mean over pairs of windows, and voices are more alike than that says: they are joined too, but never beyond the threshold.
 */
export interface LinkedSpeaker {
  /** Index into the diarizations. */
  readonly channel: number;
  readonly label: string;
  readonly cluster: number;
}

export interface LinkOptions {
  readonly threshold?: number;
  readonly minSpeakers?: number | undefined;
  readonly maxSpeakers?: number | undefined;
}

export function linkSpeakers(
  byChannel: readonly Pick<Diarization, 'speakers'>[],
  { threshold = LINK_THRESHOLD, minSpeakers = 1, maxSpeakers = Number.POSITIVE_INFINITY }: LinkOptions = {},
): LinkedSpeaker[] {
  const all = byChannel.flatMap(({ speakers }, channel) => speakers.map((speaker) => ({ channel, ...speaker })));
  let clusters = all.map((_, i) => [i]);
  while (clusters.length > minSpeakers) {
    const least = clusters.length > maxSpeakers ? -1 : threshold;
    let best: { a: number; b: number; similarity: number } | undefined;
    for (let a = 0; a < clusters.length; a++) {
      for (let b = a + 1; b < clusters.length; b++) {
        const similarity = between(clusters[a], clusters[b]);
        const enough = shareChannel(clusters[a], clusters[b]) ? threshold : least;
        if (similarity >= enough && similarity > (best?.similarity ?? Number.NEGATIVE_INFINITY))
          best = { a, b, similarity };
      }
    }
    if (!best) break;
    const { a, b } = best;
    clusters = clusters
      .map((cluster, i) => (i === a ? [...cluster, ...clusters[b]] : cluster))
      .filter((_, i) => i !== b);
  }
  return all.map(({ channel, label }, i) => ({
    channel,
    label,
    cluster: clusters.findIndex((one) => one.includes(i)),
  }));

  function shareChannel(a: readonly number[], b: readonly number[]): boolean {
    return a.some((i) => b.some((j) => all[i].channel === all[j].channel));
  }

  function between(a: readonly number[], b: readonly number[]): number {
    let sum = 0;
    for (const i of a) {
      for (const j of b) {
        const [x, y] = [all[i].embedding, all[j].embedding];
        if (!x || !y) return Number.NEGATIVE_INFINITY;
        sum += cosineSimilarity(x, y);
      }
    }
    return sum / (a.length * b.length);
  }
}

export function cosineSimilarity(x: Float32Array, y: Float32Array): number {
  return 1 - cosineDistance(x, y);
}
