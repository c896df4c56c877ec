import type { Diarization, Speaker } from '../core/diarization.ts';
import type { Seconds, Segment } from '../core/segment.ts';
import { compareTurns, type Turn } from '../core/turn.ts';
import { cosineSimilarity, LINK_THRESHOLD, type LinkOptions, linkSpeakers } from './link.ts';
import { FRAME, type OwnSpeech } from './ownSpeech.ts';

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
 * found again across channels. Of a channel with `oneVoice` its own speech is its one speaker's, as in `splitTurns`, which
 * finds the ends of turns better than a network that also hears what leaks in.
 */
export function mergeChannels(
  diarizations: readonly Diarization[],
  own: readonly OwnSpeech[],
  { oneVoice = [], ...options }: { readonly oneVoice?: readonly boolean[] } & LinkOptions = {},
): MergedChannels {
  const heard = diarizations.map((one, i) => (oneVoice[i] ? onlyMain(one, own[i]) : one));
  const linked = linkSpeakers(heard, options);
  const clusterOf = new Map(linked.map(({ channel, label, cluster }) => [`${channel} ${label}`, `${cluster}`]));
  const embeddings = new Map<string, Float32Array>();
  const turns = heard.flatMap(({ turns: found, speakers }, i) => {
    const name = (label: string) => clusterOf.get(`${i} ${label}`)!;
    const loudest = [...speakers].sort((a, b) => b.speechDuration - a.speechDuration);
    for (const { label, embedding } of loudest)
      if (embedding && !embeddings.has(name(label))) embeddings.set(name(label), embedding);
    const { channel, segments } = own[i];
    if (oneVoice[i]) return segments.map((one) => ({ ...one, channel, name: name(speakers[0].label) }));
    // A little around what is loud enough is speech too: its soft beginning and end.
    const audible = segments.map(({ start, end }) => ({ start: start - 0.1, end: end + 0.1 }));
    return found.flatMap(({ speaker, confidence, ...turn }) => {
      const sure = confidence === undefined ? {} : { confidence };
      return common(turn, audible).map((one) => ({ ...one, channel, name: name(speaker), ...sure }));
    });
  });
  return named(turns, embeddings);
}

/** The speaker of a channel of one voice, and nobody else; somebody without a voice where the networks heard none. */
function onlyMain(diarization: Diarization, own: OwnSpeech): Diarization {
  const { speakers } = diarization;
  const { main } = mainVoice(diarization, own);
  return { ...diarization, speakers: speakers.filter(({ label }) => label === main).concat(main ? [] : NOBODY_HEARD) };
}

const NOBODY_HEARD: readonly Speaker[] = [{ label: 'unheard', speechDuration: 0 }];

/**
 * Who speaks most in a channel's own speech, and in what share of it. Who else speaks while they do, because they leak in,
 * does not count against it, and who sounds like them is a part of them that a diarization took for somebody else.
 */
export function mainVoice(
  { turns, speakers }: Pick<Diarization, 'turns' | 'speakers'>,
  { segments }: Pick<OwnSpeech, 'segments'>,
): { readonly main: string | undefined; readonly share: number } {
  const seconds = new Map<string, number>();
  const shared = turns.flatMap((turn) => common(turn, segments).map((one) => ({ ...one, speaker: turn.speaker })));
  for (const { speaker, start, end } of shared) seconds.set(speaker, (seconds.get(speaker) ?? 0) + end - start);
  if (seconds.size === 0) return { main: undefined, share: 1 };
  const [[main]] = [...seconds].sort((a, b) => b[1] - a[1]);
  const voice = (label: string) => speakers.find((one) => one.label === label)?.embedding;
  const alike = (label: string): boolean => {
    const [a, b] = [voice(main), voice(label)];
    return label === main || (a !== undefined && b !== undefined && cosineSimilarity(a, b) >= LINK_THRESHOLD);
  };
  const numFrames = Math.ceil(segments[segments.length - 1].end / FRAME);
  const spoken = new Uint8Array(numFrames); // of each frame: 1 somebody, 2 the main voice
  for (const { speaker, start, end } of shared) {
    const mark = alike(speaker) ? 2 : 1;
    for (let f = Math.max(0, Math.round(start / FRAME)); f < Math.min(spoken.length, Math.round(end / FRAME)); f++)
      spoken[f] = Math.max(spoken[f], mark);
  }
  let [anybody, own] = [0, 0];
  for (const mark of spoken) {
    if (mark > 0) anybody++;
    if (mark === 2) own++;
  }
  return { main, share: anybody === 0 ? 1 : own / anybody };
}

function common(turn: Segment, segments: readonly Segment[]): Segment[] {
  return segments
    .map(({ start, end }) => ({ start: Math.max(start, turn.start), end: Math.min(end, turn.end) }))
    .filter(({ start, end }) => end - start > 0.05);
}

type Unnamed = Segment & { readonly channel: number; readonly name: string; readonly confidence?: number };

/**
 * Speakers numbered by first appearance; overlapping and touching turns of one speaker on one channel joined, as sure as they
 * are on average.
 */
function named(turns: readonly Unnamed[], embeddings: ReadonlyMap<string, Float32Array>): MergedChannels {
  const sorted = turns.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const labels = new Map<string, string>();
  type Joined = { start: Seconds; end: Seconds; speaker: string; channel: number; confidence?: number };
  const open = new Map<string, Joined>();
  const out: Joined[] = [];
  for (const { start, end, channel, name, confidence } of sorted) {
    if (!labels.has(name)) labels.set(name, `SPEAKER_${String(labels.size).padStart(2, '0')}`);
    const key = `${channel} ${name}`;
    const last = open.get(key);
    if (last && start <= last.end) {
      if (confidence !== undefined && last.confidence !== undefined) {
        const [before, added] = [last.end - last.start, end - start];
        last.confidence = (last.confidence * before + confidence * added) / (before + added);
      }
      last.end = Math.max(last.end, end);
      continue;
    }
    const sure = confidence === undefined ? {} : { confidence };
    const turn = { start, end, speaker: labels.get(name)!, channel, ...sure };
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
  for (const { start, end, speaker, confidence } of turns) {
    const from = Math.max(start, until);
    if (end - from <= 0) continue;
    out.push({ start: from, end, speaker, ...(confidence === undefined ? {} : { confidence }) });
    until = end;
  }
  return out;
}
