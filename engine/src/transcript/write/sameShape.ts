import { writeSrt } from '../../formats/srt.ts';
import { UNKNOWN } from '../../formats/turns.ts';
import { writeVtt } from '../../formats/vtt.ts';
import { type AssignedTranscript, type AssignOptions, assignSpeakers, type Turns } from '../assign.ts';
import { isObject, type ReadTranscriptOptions } from '../raw.ts';
import { readWithOrigins } from '../read/readTranscript.ts';
import type { TranscriptFormat } from '../transcript.ts';

/**
 * The source given back with its speaker fields filled: every other field stays as it was. A segment, utterance or
 * monologue, which can't be cut in another's format, names whoever says most of it. Deepgram and Gladia count speakers.
 * Subtitles keep the times and the lines of their cues.
 */
export function assignInPlace(
  source: unknown,
  diarization: Turns,
  options: ReadTranscriptOptions & AssignOptions = {},
): { transcript: unknown; assigned: AssignedTranscript } {
  const read = readWithOrigins(source, options);
  const assigned = assignSpeakers(read.transcript, diarization, { ...options, keepUnknown: true });
  const { format } = read.transcript;
  if (format === 'srt' || format === 'vtt') {
    const { segments } = assignSpeakers(read.transcript, diarization, {
      ...options,
      keepUnknown: true,
      splitSegments: false,
    });
    return { transcript: (format === 'srt' ? writeSrt : writeVtt)({ turns: segments }), assigned };
  }

  const label = labeller(format);
  const speakers = new Map<object, string>();
  const shares = new Map<number, Map<string, number>>();
  assigned.words.forEach(({ speaker, segment, start, end }, i) => {
    for (const origin of read.origins[i]) speakers.set(origin, speaker);
    let share = shares.get(segment);
    if (share === undefined) shares.set(segment, (share = new Map()));
    share.set(speaker, (share.get(speaker) ?? 0) + end - start + 1e-6);
  });
  read.segmentOrigins.forEach((origin, segment) => {
    const [most] = [...(shares.get(segment) ?? [])].sort((a, b) => b[1] - a[1]);
    if (origin && most) speakers.set(origin, most[0]);
  });
  return { transcript: copy(read.source, speakers, label), assigned };
}

function labeller(format: TranscriptFormat): (speaker: string) => string | number {
  if (format !== 'deepgram' && format !== 'gladia') return (speaker) => speaker;
  const numbers = new Map<string, number>();
  return (speaker) => {
    if (speaker === UNKNOWN) return -1;
    if (!numbers.has(speaker)) numbers.set(speaker, numbers.size);
    return numbers.get(speaker)!;
  };
}

function copy(
  value: unknown,
  speakers: ReadonlyMap<object, string>,
  label: (speaker: string) => string | number,
): unknown {
  if (Array.isArray(value)) return value.map((item) => copy(item, speakers, label));
  if (!isObject(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    // a key named __proto__ is a field like any other
    Object.defineProperty(out, key, {
      value: copy(item, speakers, label),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  const speaker = speakers.get(value);
  if (speaker !== undefined) out['speaker'] = label(speaker);
  return out;
}
