import type { Diarization } from '../core/diarization.ts';
import { isEmpty, type Seconds } from '../core/segment.ts';
import type { Turn } from '../core/turn.ts';
import { UNKNOWN } from '../formats/turns.ts';
import { nearestTurns } from './nearestTurns.ts';
import type { AssignedWord, Transcript, TranscriptFormat, Word } from './transcript.ts';
import { MAX_PAUSE, type Utterance, utterances } from './utterances.ts';

/**
 * Who said which word (docs/transcripts.md). A word goes to the speaker it overlaps most, ties to the earlier turn;
 * without overlap to the nearest turn within `maxGap` or, where words have no times, within its segment, else to UNKNOWN.
 * Punctuation goes with the word it belongs to. The text is not touched: a segment whose words change speaker is cut, and
 * that is all.
 */
export interface AssignOptions {
  /** Cut by the turns with one speaker at a time, where there are some (default true). */
  readonly useExclusive?: boolean;
  /** Give words in gaps to the nearest turn (default true). */
  readonly fillNearest?: boolean;
  /** Where a segment has no times of words, give those in gaps to a turn within it, however far (default `fillNearest`). */
  readonly fillSegments?: boolean;
  /** Farther than this no turn is near. */
  readonly maxGap?: Seconds;
  /** Keep words that nobody said, as UNKNOWN (default); otherwise they are left out. */
  readonly keepUnknown?: boolean;
  /** Cut a segment of the source where its words change speaker (default); otherwise the most of it names it. */
  readonly splitSegments?: boolean;
  /** A pause as long as this ends a turn of talk. */
  readonly maxPause?: Seconds;
}

export interface SpeakerWords {
  readonly speaker: string;
  /** Seconds of the speaker's turns; of its words where there are no turns. */
  readonly seconds: Seconds;
  readonly words: number;
  /** Mean of the words' confidences, where the recogniser gives some. */
  readonly confidence?: number;
}

export interface AssignStats {
  readonly words: number;
  readonly unassigned: number;
  readonly filledNearest: number;
  readonly interpolatedTimes: number;
}

export interface AssignedTranscript {
  readonly format: TranscriptFormat;
  readonly words: readonly AssignedWord[];
  /** What each speaker says in one go. */
  readonly turns: readonly Utterance[];
  /** The segments of the source, cut where the speaker changes. */
  readonly segments: readonly Utterance[];
  readonly speakers: readonly SpeakerWords[];
  readonly stats: AssignStats;
  readonly language?: string;
  readonly duration?: Seconds;
  readonly warnings: readonly string[];
}

/** What words are assigned to: a diarization, or any recording's turns. */
export type Turns = Pick<Diarization, 'turns'> & Partial<Pick<Diarization, 'exclusiveTurns' | 'duration'>>;

export function assignSpeakers(
  transcript: Transcript,
  diarization: Turns,
  options: AssignOptions = {},
): AssignedTranscript {
  const {
    useExclusive = true,
    fillNearest = true,
    fillSegments = fillNearest,
    maxGap = 0.5,
    keepUnknown = true,
  } = options;
  if (!(maxGap >= 0)) throw new RangeError(`Got maxGap ${maxGap} when a number of seconds from 0 was expected.`);
  const chosen = (useExclusive ? diarization.exclusiveTurns : undefined) ?? diarization.turns;
  const turns = chosen.filter((turn) => !isEmpty(turn));
  const { words } = transcript;
  const { turn, overlap, total, distance } = nearestTurns(words, turns);
  const stats = { words: 0, unassigned: 0, filledNearest: 0, interpolatedTimes: 0 };
  const timed = new Set(words.flatMap(({ interpolated, segment }) => (interpolated ? [] : [segment])));
  // Where a segment says no word's time, subtitles above all, a word may be anywhere in it.
  const isOfSegment = (word: Word, { start, end }: Turn): boolean => {
    const segment = transcript.segments[word.segment];
    return fillSegments && !timed.has(word.segment) && start < segment.end && end > segment.start;
  };
  const assigned: AssignedWord[] = words.map((word, i) => {
    const near =
      turn[i] >= 0 &&
      (distance[i] === 0 || (fillNearest && distance[i] <= maxGap) || isOfSegment(word, turns[turn[i]]));
    if (!near) return { ...word, speaker: UNKNOWN };
    const { speaker } = turns[turn[i]];
    if (distance[i] > 0) return { ...word, speaker, nearest: true };
    return { ...word, speaker, speakerConfidence: total[i] > 0 ? overlap[i] / total[i] : 1 };
  });
  keepPunctuation(assigned);
  const kept = keepUnknown ? assigned : assigned.filter(({ speaker }) => speaker !== UNKNOWN);
  for (const word of kept) {
    stats.words++;
    if (word.speaker === UNKNOWN) stats.unassigned++;
    if (word.nearest) stats.filledNearest++;
    if (word.interpolated) stats.interpolatedTimes++;
  }
  const duration = diarization.duration ?? transcript.duration;
  const warnings = [...transcript.warnings];
  const last = kept.reduce((end, word) => Math.max(end, word.start), 0);
  if (diarization.duration !== undefined && transcript.duration === undefined && last > diarization.duration)
    warnings.push(`Words begin after the end of the recording at ${diarization.duration.toFixed(3)} s.`);
  return {
    ...finish(transcript, kept, options, turns),
    stats,
    ...(duration === undefined ? {} : { duration }),
    warnings,
  };
}

/** A transcript with the speakers that it names itself; UNKNOWN where it names nobody. */
export function ownSpeakers(transcript: Transcript, options: AssignOptions = {}): AssignedTranscript {
  const words = transcript.words.map((word): AssignedWord => ({ ...word, speaker: word.speaker ?? UNKNOWN }));
  const count = (is: (word: AssignedWord) => boolean) => words.reduce((sum, word) => sum + (is(word) ? 1 : 0), 0);
  return {
    ...finish(transcript, words, options),
    stats: {
      words: words.length,
      unassigned: count(({ speaker }) => speaker === UNKNOWN),
      filledNearest: 0,
      interpolatedTimes: count(({ interpolated }) => interpolated === true),
    },
    ...(transcript.duration === undefined ? {} : { duration: transcript.duration }),
    warnings: transcript.warnings,
  };
}

function finish(
  transcript: Transcript,
  words: readonly AssignedWord[],
  { maxPause = MAX_PAUSE, splitSegments = true }: AssignOptions,
  turns?: readonly Turn[],
): Pick<AssignedTranscript, 'format' | 'words' | 'turns' | 'segments' | 'speakers' | 'language'> {
  const { format, language } = transcript;
  return {
    format,
    words,
    turns: byTime(utterances(words, { maxPause })),
    segments: byTime(utterances(words, { bySegment: splitSegments ? 'cut' : 'whole' })),
    speakers: speakersOf(words, turns),
    ...(language === undefined ? {} : { language }),
  };
}

/** Of several channels, which a source may give one after the other, by start; those of one in the order of the text. */
function byTime(groups: readonly Utterance[]): readonly Utterance[] {
  const [first] = groups;
  return groups.some(({ channel }) => channel !== first.channel)
    ? groups.toSorted((a, b) => a.start - b.start)
    : groups;
}

/** Words of punctuation alone follow the word before them; opening marks the word after. */
function keepPunctuation(words: AssignedWord[]): void {
  for (let i = 0; i < words.length; i++) {
    if (!/^\p{P}+$/u.test(words[i].text)) continue;
    const opening = /^[\p{Ps}\p{Pi}¿¡]+$/u.test(words[i].text);
    const other = words[opening ? i + 1 : i - 1];
    if (other === undefined || other.segment !== words[i].segment) continue;
    const { speakerConfidence: _, nearest: __, ...word } = words[i];
    words[i] = { ...word, speaker: other.speaker };
  }
}

/** In order of first appearance: in the turns, then in the words. */
function speakersOf(words: readonly AssignedWord[], turns?: readonly Turn[]): SpeakerWords[] {
  const found = new Map<string, { seconds: number; words: number; sure: number; rated: number }>();
  const entry = (speaker: string) => {
    let one = found.get(speaker);
    if (one === undefined) found.set(speaker, (one = { seconds: 0, words: 0, sure: 0, rated: 0 }));
    return one;
  };
  for (const { speaker, start, end } of turns ?? []) entry(speaker).seconds += end - start;
  for (const { speaker, start, end, confidence } of words) {
    const one = entry(speaker);
    one.words++;
    if (turns === undefined || speaker === UNKNOWN) one.seconds += end - start;
    if (confidence === undefined) continue;
    one.sure += confidence;
    one.rated++;
  }
  return [...found].map(([speaker, { seconds, words, sure, rated }]) => ({
    speaker,
    seconds: Math.round(seconds * 1000) / 1000,
    words,
    ...(rated === 0 ? {} : { confidence: sure / rated }),
  }));
}
