import type { Turn } from '../src/core/turn.ts';

/**
 * The rule of WhisperX (`whisperx/diarize.py: assign_word_speakers`), for comparison: each word by itself goes to the speaker
 * whose turns share most time with it; a word without a start gets nobody, and so does one that no turn touches, unless
 * `fill_nearest`, which takes the speaker whose summed (then negative) intersections over all turns are greatest. Segments get a
 * speaker in the same way, which is taken here for words that have none, as those who print its transcripts do.
 */
export function whisperxRule(
  transcript: object,
  turns: readonly Turn[],
  { fillNearest = false }: { readonly fillNearest?: boolean } = {},
): (string | undefined)[] {
  const { segments } = transcript as { segments: (Span & { words: Span[] })[] };
  const speakerOf = ({ start, end }: Span): string | undefined => {
    if (start === undefined || end === undefined) return undefined;
    const sums = new Map<string, number>();
    for (const turn of turns) {
      const shared = Math.min(turn.end, end) - Math.max(turn.start, start);
      if (!fillNearest && shared <= 0) continue;
      sums.set(turn.speaker, (sums.get(turn.speaker) ?? 0) + shared);
    }
    return [...sums].sort((a, b) => b[1] - a[1])[0]?.[0];
  };
  return segments.flatMap((segment) => segment.words.map((word) => speakerOf(word) ?? speakerOf(segment)));
}

interface Span {
  readonly start?: number;
  readonly end?: number;
}

/** True turns with one speaker at a time: who comes in later has the floor until they end, as a listener follows talk. */
export function exclusiveWords(turns: readonly Turn[]): Turn[] {
  const borders = [...new Set(turns.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const out: Turn[] = [];
  for (let i = 1; i < borders.length; i++) {
    const [start, end] = [borders[i - 1], borders[i]];
    const speaking = turns.filter((turn) => turn.start <= start && turn.end >= end);
    const latest = speaking.toSorted((a, b) => b.start - a.start)[0];
    if (!latest) continue;
    const last = out.at(-1);
    if (last?.speaker === latest.speaker && last.end === start) out[out.length - 1] = { ...last, end };
    else out.push({ start, end, speaker: latest.speaker });
  }
  return out;
}
