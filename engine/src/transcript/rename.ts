import { unknownLabel } from '../core/rename.ts';
import type { AssignedTranscript, SpeakerWords } from './assign.ts';
import type { Utterance } from './utterances.ts';

/** Speakers under other names; those that are not named keep theirs. A name that nobody has is refused. */
export function renameSpeakers(
  transcript: AssignedTranscript,
  names: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
): AssignedTranscript {
  const map: ReadonlyMap<string, string> = names instanceof Map ? names : new Map(Object.entries(names));
  const known = transcript.speakers.map(({ speaker }) => speaker);
  for (const name of map.keys()) if (!known.includes(name)) throw unknownLabel(name, known);
  const renamed = <T extends { readonly speaker: string }>(item: T): T => ({
    ...item,
    speaker: map.get(item.speaker) ?? item.speaker,
  });
  const utterance = (item: Utterance): Utterance => ({ ...renamed(item), words: item.words.map(renamed) });
  const words = transcript.words.map(renamed);
  const merged = new Map<string, SpeakerWords>();
  for (const one of transcript.speakers.map(renamed)) {
    const before = merged.get(one.speaker);
    merged.set(one.speaker, before ? together(before, one, words) : one);
  }
  return {
    ...transcript,
    words,
    turns: transcript.turns.map(utterance),
    segments: transcript.segments.map(utterance),
    speakers: [...merged.values()],
  };
}

/** Two speakers that are one by name: their confidence is the mean of all their words, not of either's. */
function together(a: SpeakerWords, b: SpeakerWords, words: AssignedTranscript['words']): SpeakerWords {
  const { confidence: _, ...rest } = b;
  const sure = words.flatMap(({ speaker, confidence }) =>
    speaker === b.speaker && confidence !== undefined ? [confidence] : [],
  );
  return {
    ...rest,
    seconds: Math.round((a.seconds + b.seconds) * 1000) / 1000,
    words: a.words + b.words,
    ...(sure.length === 0 ? {} : { confidence: sure.reduce((sum, one) => sum + one, 0) / sure.length }),
  };
}
