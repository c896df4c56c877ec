import { unknownLabel } from '../core/rename.ts';
import type { AssignedTranscript, SpeakerWords } from './assign.ts';
import { MAX_PAUSE, type Utterance, utterances } from './utterances.ts';

/**
 * Speakers under other names; those that are not named keep theirs. A name that nobody has is refused. Where two get one
 * name, what they say in a row is one utterance, as if they had been one from the start.
 */
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
  /** Utterances that nothing but the old names parted are put together; of segments, those of one segment. */
  const joined = (items: readonly Utterance[], bySegment?: 'cut'): Utterance[] => {
    const runs: Utterance[][] = [];
    for (const item of items) {
      const run = runs.at(-1);
      const before = run?.at(-1);
      const [last, next] = [before?.words.at(-1), item.words[0]];
      const parted = before !== undefined && before.speaker !== item.speaker;
      const near = last && (bySegment ? last.segment === next.segment : next.start - last.end < MAX_PAUSE);
      if (parted && near && renamed(before).speaker === renamed(item).speaker) run!.push(item);
      else runs.push([item]);
    }
    return runs.flatMap((run) => {
      const own = run.map((item): Utterance => ({ ...renamed(item), words: item.words.map(renamed) }));
      if (run.length === 1) return own;
      const words = own.flatMap((item) => item.words);
      return utterances(words, { bySegment });
    });
  };
  const words = transcript.words.map(renamed);
  const merged = new Map<string, SpeakerWords>();
  for (const one of transcript.speakers.map(renamed)) {
    const before = merged.get(one.speaker);
    merged.set(one.speaker, before ? together(before, one, words) : one);
  }
  return {
    ...transcript,
    words,
    turns: joined(transcript.turns),
    segments: joined(transcript.segments, 'cut'),
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
