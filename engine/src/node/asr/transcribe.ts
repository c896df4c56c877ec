import type { AudioStream } from '../../core/audio.ts';
import type { Diarization } from '../../core/diarization.ts';
import type { Seconds, Segment } from '../../core/segment.ts';
import type { Turn } from '../../core/turn.ts';
import { wavBytes } from '../../draw/wavBytes.ts';
import { type AssignedTranscript, type AssignOptions, assignSpeakers, ownSpeakers } from '../../transcript/assign.ts';
import type { Transcript, TranscriptSegment, Word } from '../../transcript/transcript.ts';
import type { AudioInput } from '../decode/input.ts';
import { openAudio } from '../decode/openAudio.ts';
import { abortable } from '../untilAborted.ts';
import type { Recogniser } from './recogniser.ts';

/**
 * Sound and its diarization to words with speakers. The sound is read once, a stretch at a time, and only as many stretches
 * as the recogniser takes at once are in memory.
 *
 *     words   stretches of up to 10 minutes, or as long as the recogniser likes, cut in the longest pause near their end; where
 *             nobody speaks, nothing is sent, because recognisers invent words; then words to speakers by time
 *     turns   a stretch a turn of the exclusive diarization, with a little sound around it that is listened to and left out
 *
 * In split mode each channel is read by itself, and words that only leaked into it (outside its own turns) are left out, so
 * that nothing is said twice.
 */
export interface TranscribeOptions extends AssignOptions {
  readonly attribution?: 'words' | 'turns';
  readonly language?: string;
  readonly signal?: AbortSignal;
  readonly maxBytes?: number;
  /** Seconds that are recognised so far, of all that will be. */
  readonly onProgress?: (done: Seconds, total: Seconds) => void;
  /** Longest stretch that is sent. */
  readonly maxStretch?: Seconds;
}

/** A diarization, perhaps by channels (`diarizeChannels`). */
export type ToTranscribe = Diarization & {
  readonly channels?: { readonly method: string; readonly used: readonly number[] };
};

export async function transcribe(
  input: Exclude<AudioInput, AsyncIterable<Uint8Array>>,
  diarization: ToTranscribe,
  recogniser: Recogniser,
  options: TranscribeOptions = {},
): Promise<AssignedTranscript> {
  const { signal, maxBytes } = options;
  const longest = recogniser.maxStretch ?? Number.POSITIVE_INFINITY;
  for (const seconds of [longest, options.maxStretch ?? longest])
    if (!(seconds > 0))
      throw new RangeError(`Got maxStretch ${seconds} when a number of seconds above 0 was expected.`);
  const { channels } = diarization;
  const apart = channels !== undefined && (channels.method === 'split' || channels.method === 'hybrid');
  const parts: Transcript[] = [];
  const lanes = apart ? channels.used : [channels?.method === 'channel' ? channels.used[0] : ('mix' as const)];
  for (let lane = 0; lane < lanes.length; lane++) {
    const channel = lanes[lane];
    const own = (turns: readonly Turn[]) =>
      turns.filter((turn) => !apart || (turn as { channel?: number }).channel === channel);
    const turns = own(apart ? diarization.turns : diarization.exclusiveTurns);
    const audio = await openAudio(input, { signal, maxBytes, channel });
    const report = (done: Seconds) =>
      options.onProgress?.(lane * diarization.duration + done, lanes.length * diarization.duration);
    const cuts =
      options.attribution === 'turns'
        ? turnCuts(turns, Math.min(options.maxStretch ?? 30, longest))
        : wholeCuts(turns, diarization.duration, Math.min(options.maxStretch ?? 600, longest)).filter(spokenIn(turns));
    const heard = await recogniseCuts(audio, cuts, recogniser, { ...options, onProgress: report });
    const channelled = apart ? onChannel(heard, channel as number, turns, options) : heard;
    parts.push(channelled);
  }
  const transcript = inOrder(parts);
  if (apart || options.attribution === 'turns') return assignedAlready(transcript, diarization, options);
  return assignSpeakers(transcript, diarization, options);
}

interface Cut extends Segment {
  /** What is sent: the cut and a little around it. */
  readonly from: Seconds;
  readonly to: Seconds;
  readonly speaker?: string;
}

/** Each turn by itself; long ones in pieces. */
export function turnCuts(turns: readonly Turn[], maxStretch: Seconds, context: Seconds = 0.25): Cut[] {
  return turns.flatMap(({ start, end, speaker }) => {
    const pieces = Math.max(1, Math.ceil((end - start) / maxStretch));
    return Array.from({ length: pieces }, (_, i): Cut => {
      const [from, to] = [start + ((end - start) * i) / pieces, start + ((end - start) * (i + 1)) / pieces];
      return { start: from, end: to, from: Math.max(0, from - context), to: to + context, speaker };
    });
  });
}

/** The whole recording, cut in the longest pause of the last fifth of each stretch. */
export function wholeCuts(turns: readonly Segment[], duration: Seconds, maxStretch: Seconds): Cut[] {
  const sorted = turns.toSorted((a, b) => a.start - b.start);
  const cuts: Cut[] = [];
  for (let start = 0; start < duration; ) {
    const limit = start + maxStretch;
    let end = Math.min(limit, duration);
    if (limit < duration) {
      let longest = 0;
      let spoken = 0;
      for (const turn of sorted) {
        if (turn.start > spoken && spoken < limit) {
          const [a, b] = [Math.max(spoken, start + 0.8 * maxStretch), Math.min(turn.start, limit)];
          if (b - a > longest) {
            longest = b - a;
            end = (a + b) / 2;
          }
        }
        spoken = Math.max(spoken, turn.end);
      }
    }
    cuts.push({ start, end, from: start, to: end });
    start = end;
  }
  return cuts;
}

/** Whether somebody speaks in a cut, or so near that the border of the turn may be wrong. */
function spokenIn(turns: readonly Segment[], near: Seconds = 1): (cut: Segment) => boolean {
  return ({ start, end }) => turns.some((turn) => turn.start < end + near && turn.end > start - near);
}

/** Sends the cuts of one stream, in order, a few at a time, and joins what comes back. */
async function recogniseCuts(
  audio: AudioStream,
  cuts: readonly Cut[],
  recogniser: Recogniser,
  { language, signal, onProgress }: TranscribeOptions,
): Promise<Transcript> {
  const results: (Transcript | undefined)[] = cuts.map(() => undefined);
  const running = new Set<Promise<void>>();
  const window = new SampleWindow(audio);
  const failed: { error: unknown }[] = [];
  try {
    for (let i = 0; i < cuts.length && failed.length === 0; i++) {
      signal?.throwIfAborted();
      const { from, to, end } = cuts[i];
      const samples = await window.take(from, to, cuts[i + 1]?.from ?? to);
      if (samples.length < audio.sampleRate * 0.05) continue;
      const speech = { wav: wavBytes([samples], audio.sampleRate), duration: samples.length / audio.sampleRate };
      const recognised = recogniser.recognise(speech, { language, signal });
      // A recogniser of the caller's may know nothing of the signal.
      const task = (signal === undefined ? recognised : abortable(recognised, signal))
        .then((transcript) => {
          results[i] = transcript;
          onProgress?.(end, end);
        })
        .catch((error: unknown) => void failed.push({ error }))
        .finally(() => running.delete(task));
      running.add(task);
      if (running.size >= recogniser.concurrency) await Promise.race(running);
    }
    await Promise.all(running);
  } finally {
    await audio.close?.();
  }
  if (failed.length > 0) throw failed[0].error;
  return joined(cuts, results);
}

/** Transcripts of cuts on the recording's clock, what was said in their context left out. */
function joined(cuts: readonly Cut[], results: readonly (Transcript | undefined)[]): Transcript {
  const words: Word[] = [];
  const segments: TranscriptSegment[] = [];
  const warnings: string[] = [];
  const languages = new Set(results.flatMap((result) => result?.language ?? []));
  results.forEach((result, i) => {
    if (!result) return;
    const { from, start, end, speaker } = cuts[i];
    const first = segments.length;
    for (const segment of result.segments)
      segments.push({ ...segment, start: segment.start + from, end: segment.end + from });
    for (const word of result.words) {
      const middle = from + (word.start + word.end) / 2;
      const outside = speaker !== undefined && !word.interpolated && (middle < start || middle >= end);
      if (outside) continue;
      const shifted = { start: word.start + from, end: word.end + from, segment: word.segment + first };
      const language = word.language ?? (languages.size > 1 ? result.language : undefined);
      words.push({
        ...word,
        ...shifted,
        ...(speaker === undefined ? {} : { speaker }),
        ...(language === undefined ? {} : { language }),
      });
    }
    for (const warning of result.warnings) if (warning !== 'The transcript holds no words.') warnings.push(warning);
  });
  const [language] = languages.size === 1 ? languages : [];
  return {
    format: 'openai',
    words,
    segments,
    warnings: summed(warnings),
    ...(language === undefined ? {} : { language }),
  };
}

/** What is said of many stretches, once: `2 words …` and `3 words …` are `5 words …`. */
function summed(warnings: readonly string[]): string[] {
  const counts = new Map<string, number | undefined>();
  for (const warning of warnings) {
    const [, number, rest] = /^(\d+)( .*)$/s.exec(warning) ?? [];
    if (number === undefined) counts.set(warning, undefined);
    else counts.set(rest, (counts.get(rest) ?? 0) + Number(number));
  }
  return [...counts].map(([text, count]) => (count === undefined ? text : `${count}${text}`));
}

/** One channel's words, with its speakers; what its turns do not cover leaked in from elsewhere. */
function onChannel(
  transcript: Transcript,
  channel: number,
  turns: readonly Turn[],
  options: AssignOptions,
): Transcript {
  const { words } = assignSpeakers(transcript, { turns }, { ...options, keepUnknown: false, fillSegments: false });
  return { ...transcript, words: words.map((word) => ({ ...word, channel })) };
}

/** Segments of several channels by their start, words with them. */
function inOrder(parts: readonly Transcript[]): Transcript {
  if (parts.length === 1) return parts[0];
  const groups = parts.flatMap((part) => {
    const bySegment = new Map<number, Word[]>();
    for (const word of part.words) {
      const list = bySegment.get(word.segment);
      if (list) list.push(word);
      else bySegment.set(word.segment, [word]);
    }
    return [...bySegment].map(([segment, words]) => ({ segment: part.segments[segment], words }));
  });
  groups.sort((a, b) => a.words[0].start - b.words[0].start);
  return {
    ...parts[0],
    segments: groups.map(({ segment }) => segment),
    words: groups.flatMap(({ words }, index) => words.map((word) => ({ ...word, segment: index }))),
    warnings: [...new Set(parts.flatMap(({ warnings }) => warnings))],
  };
}

/** Speakers are on the words already; utterances and sums are made as for any other transcript. */
function assignedAlready(transcript: Transcript, diarization: Diarization, options: AssignOptions): AssignedTranscript {
  const own = ownSpeakers(transcript, options);
  const seconds = new Map(diarization.speakers.map(({ label, speechDuration }) => [label, speechDuration]));
  const named = own.speakers.map((one) => ({ ...one, seconds: seconds.get(one.speaker) ?? one.seconds }));
  return { ...own, speakers: named, duration: diarization.duration };
}

/** Samples of a stream around a moving stretch. */
class SampleWindow {
  private readonly blocks: AsyncIterator<Float32Array>;
  private readonly rate: number;
  private kept: Float32Array[] = [];
  private start = 0; // sample of the first that is kept
  private end = 0;
  private ended = false;

  constructor(audio: AudioStream) {
    this.blocks = audio.blocks[Symbol.asyncIterator]();
    this.rate = audio.sampleRate;
  }

  /** From a time to another; what lies before `keepFrom` is let go. */
  async take(from: Seconds, to: Seconds, keepFrom: Seconds): Promise<Float32Array> {
    const [first, last] = [Math.round(from * this.rate), Math.round(to * this.rate)];
    while (!this.ended && this.end < last) {
      const { done, value } = await this.blocks.next();
      if (done) this.ended = true;
      else {
        this.kept.push(value);
        this.end += value.length;
        this.drop(Math.min(first, Math.round(keepFrom * this.rate)));
      }
    }
    const out = new Float32Array(Math.max(0, Math.min(last, this.end) - Math.max(first, this.start)));
    let at = this.start;
    for (const block of this.kept) {
      const [a, b] = [Math.max(first - at, 0), Math.min(last - at, block.length)];
      if (b > a) out.set(block.subarray(a, b), Math.max(0, at + a - Math.max(first, this.start)));
      at += block.length;
    }
    return out;
  }

  private drop(before: number): void {
    while (this.kept.length > 0 && this.start + this.kept[0].length <= before) this.start += this.kept.shift()!.length;
  }
}
