import type { Diarization, Speaker } from '../core/diarization.ts';
import type { Seconds, Segment } from '../core/segment.ts';
import { compareTurns, type Turn } from '../core/turn.ts';
import { type LinkOptions, linkSpeakers } from './link.ts';
import type { OwnSpeech } from './ownSpeech.ts';

/** What several channels make together: turns that know their channel, speakers numbered over all channels. */
export interface ChannelTurn extends Turn {
  readonly channel: number;
}

export interface MergedChannels {
  readonly turns: readonly ChannelTurn[];
  readonly exclusiveTurns: readonly Turn[];
  readonly speakers: readonly Speaker[];
}

/** Each channel is one voice: its own speech is its speaker's turns. */
export function splitTurns(own: readonly OwnSpeech[]): MergedChannels {
  const turns = own.flatMap(({ channel, segments }) =>
    segments.map((one) => ({ ...one, channel, name: `${channel}` })),
  );
  return named(turns, new Map());
}

/**
 * Diarizations of the channels, each by itself, put together: what leaks in from other channels is cut away, and voices are
 * found again across channels. With `oneVoice` a channel's own speech is its one speaker's, as in `splitTurns`, which finds the
 * ends of turns better than a network that also hears what leaks in.
 */
export function mergeChannels(
  diarizations: readonly Diarization[],
  own: readonly OwnSpeech[],
  { oneVoice = false, ...options }: { readonly oneVoice?: boolean } & LinkOptions = {},
): MergedChannels {
  const linked = oneVoice ? [] : linkSpeakers(diarizations, options);
  const clusterOf = new Map(linked.map(({ channel, label, cluster }) => [`${channel} ${label}`, `${cluster}`]));
  const embeddings = new Map<string, Float32Array>();
  const turns = diarizations.flatMap(({ turns: found, speakers }, i) => {
    const name = (label: string) => (oneVoice ? `${own[i].channel}` : clusterOf.get(`${i} ${label}`)!);
    const loudest = [...speakers].sort((a, b) => b.speechDuration - a.speechDuration);
    for (const { label, embedding } of loudest)
      if (embedding && !embeddings.has(name(label))) embeddings.set(name(label), embedding);
    const { channel, segments } = own[i];
    if (oneVoice) return segments.map((one) => ({ ...one, channel, name: `${channel}` }));
    // A little around what is loud enough is speech too: its soft beginning and end.
    const audible = segments.map(({ start, end }) => ({ start: start - 0.1, end: end + 0.1 }));
    return found.flatMap((turn) => common(turn, audible).map((one) => ({ ...one, channel, name: name(turn.speaker) })));
  });
  return named(turns, embeddings);
}

/** The share of a channel's own speech that is its main speaker's: who only leaks into it does not count. */
export function mainShare({ turns }: Pick<Diarization, 'turns'>, { segments }: Pick<OwnSpeech, 'segments'>): number {
  const seconds = new Map<string, number>();
  let total = 0;
  for (const turn of turns) {
    for (const { start, end } of common(turn, segments)) {
      seconds.set(turn.speaker, (seconds.get(turn.speaker) ?? 0) + end - start);
      total += end - start;
    }
  }
  return total === 0 ? 1 : Math.max(...seconds.values()) / total;
}

function common(turn: Segment, segments: readonly Segment[]): Segment[] {
  return segments
    .map(({ start, end }) => ({ start: Math.max(start, turn.start), end: Math.min(end, turn.end) }))
    .filter(({ start, end }) => end - start > 0.05);
}

type Unnamed = Segment & { readonly channel: number; readonly name: string };

/** Speakers numbered by first appearance; overlapping and touching turns of one speaker on one channel joined. */
function named(turns: readonly Unnamed[], embeddings: ReadonlyMap<string, Float32Array>): MergedChannels {
  const sorted = turns.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const labels = new Map<string, string>();
  const open = new Map<string, { start: Seconds; end: Seconds; speaker: string; channel: number }>();
  const out: { start: Seconds; end: Seconds; speaker: string; channel: number }[] = [];
  for (const { start, end, channel, name } of sorted) {
    if (!labels.has(name)) labels.set(name, `SPEAKER_${String(labels.size).padStart(2, '0')}`);
    const key = `${channel} ${name}`;
    const last = open.get(key);
    if (last && start <= last.end) {
      last.end = Math.max(last.end, end);
      continue;
    }
    const turn = { start, end, speaker: labels.get(name)!, channel };
    open.set(key, turn);
    out.push(turn);
  }
  const speakers = [...labels].map(([name, label]): Speaker => {
    const embedding = embeddings.get(name);
    const speechDuration = out.reduce((sum, { speaker, start, end }) => sum + (speaker === label ? end - start : 0), 0);
    return { label, speechDuration, ...(embedding ? { embedding } : {}) };
  });
  const result = out.toSorted(compareTurns);
  return { turns: result, exclusiveTurns: exclusive(result), speakers };
}

/** One speaker at a time: who has the floor keeps it until the end of the turn. */
export function exclusive(turns: readonly Turn[]): Turn[] {
  const out: Turn[] = [];
  let until = 0;
  for (const { start, end, speaker } of turns) {
    const from = Math.max(start, until);
    if (end - from <= 0) continue;
    out.push({ start: from, end, speaker });
    until = end;
  }
  return out;
}
