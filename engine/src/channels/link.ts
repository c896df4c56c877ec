import type { Diarization } from '../core/diarization.ts';

/**
 * The same people again: speakers that were found in each channel by itself, joined across channels by voice. Two speakers
 * of one channel are never joined, they were told apart already. Pairs are joined from the most alike down (average
 * linkage), as long as their cosine similarity is at least `threshold`.
 */
export interface LinkedSpeaker {
  /** Index into the diarizations. */
  readonly channel: number;
  readonly label: string;
  readonly cluster: number;
}

export function linkSpeakers(
  byChannel: readonly Pick<Diarization, 'speakers'>[],
  { threshold = 0.5 }: { readonly threshold?: number } = {},
): LinkedSpeaker[] {
  const all = byChannel.flatMap(({ speakers }, channel) => speakers.map((speaker) => ({ channel, ...speaker })));
  let clusters = all.map((_, i) => [i]);
  for (;;) {
    let best: { a: number; b: number; similarity: number } | undefined;
    for (let a = 0; a < clusters.length; a++) {
      for (let b = a + 1; b < clusters.length; b++) {
        const similarity = between(clusters[a], clusters[b]);
        if (similarity >= threshold && similarity > (best?.similarity ?? Number.NEGATIVE_INFINITY))
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

  function between(a: readonly number[], b: readonly number[]): number {
    let sum = 0;
    for (const i of a) {
      for (const j of b) {
        const [x, y] = [all[i].embedding, all[j].embedding];
        if (all[i].channel === all[j].channel || !x || !y) return Number.NEGATIVE_INFINITY;
        sum += cosine(x, y);
      }
    }
    return sum / (a.length * b.length);
  }
}

function cosine(x: Float32Array, y: Float32Array): number {
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += x[i] * y[i];
    xx += x[i] * x[i];
    yy += y[i] * y[i];
  }
  return xy / Math.sqrt(xx * yy);
}
