import { didYouMean } from '../core/nearest.ts';
import type { AssignedTranscript } from './assign.ts';
import type { Utterance } from './utterances.ts';

/** Speakers under other names; those that are not named keep theirs. A name that nobody has is refused. */
export function renameSpeakers(
  transcript: AssignedTranscript,
  names: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
): AssignedTranscript {
  const map: ReadonlyMap<string, string> = names instanceof Map ? names : new Map(Object.entries(names));
  const known = transcript.speakers.map(({ speaker }) => speaker);
  for (const name of map.keys()) {
    if (known.includes(name)) continue;
    const heard = known.join(', ') || 'nobody';
    throw new RangeError(`Got a name for '${name}' when the speakers are ${heard}.${didYouMean(name, known)}`);
  }
  const renamed = <T extends { readonly speaker: string }>(item: T): T => ({
    ...item,
    speaker: map.get(item.speaker) ?? item.speaker,
  });
  const utterance = (item: Utterance): Utterance => ({ ...renamed(item), words: item.words.map(renamed) });
  const merged = new Map<string, AssignedTranscript['speakers'][number]>();
  for (const one of transcript.speakers.map(renamed)) {
    const before = merged.get(one.speaker);
    merged.set(
      one.speaker,
      before ? { ...one, seconds: before.seconds + one.seconds, words: before.words + one.words } : one,
    );
  }
  return {
    ...transcript,
    words: transcript.words.map(renamed),
    turns: transcript.turns.map(utterance),
    segments: transcript.segments.map(utterance),
    speakers: [...merged.values()],
  };
}
