import { didYouMean } from '../../core/nearest.ts';
import { formatWholeSeconds } from '../../formats/clock.ts';
import { writeMarkdown } from '../../formats/markdown.ts';
import { oneLine, prefixName } from '../../formats/prefix.ts';
import type { AssignedTranscript } from '../assign.ts';
import { renameSpeakers } from '../rename.ts';
import type { CueOptions } from './cues.ts';
import { toDiarizedJson, toGladia, toNative, toPyannoteai, toVerboseJson, toWhisperx } from './shapes.ts';
import { transcriptToSrt, transcriptToVtt } from './subtitles.ts';

/** A transcript with its speakers as a file, for people, for players or for programs that know another's format. */
export const TRANSCRIPT_OUTPUTS = [
  'json',
  'txt',
  'md',
  'srt',
  'vtt',
  'pyannoteai',
  'whisperx',
  'verbose_json',
  'diarized_json',
  'gladia',
] as const;

export type TranscriptOutput = (typeof TRANSCRIPT_OUTPUTS)[number];

export interface WriteTranscriptOptions extends CueOptions {
  /** Other names for speakers: `{ SPEAKER_00: 'Ada' }`. */
  readonly names?: ReadonlyMap<string, string> | Readonly<Record<string, string>>;
  /** The recording's name, for a title. */
  readonly title?: string;
  /** For Gladia's metadata. */
  readonly distinctChannels?: number;
}

/**
 * One transcript in one format.
 * @example
 * writeTranscript(assignSpeakers(transcript, diarization), 'srt', { names: { SPEAKER_00: 'Ada' } });
 */
export function writeTranscript(
  transcript: AssignedTranscript,
  format: TranscriptOutput,
  options: WriteTranscriptOptions = {},
): string {
  const { names, title = 'Transcript' } = options;
  const named = names === undefined ? transcript : renameSpeakers(transcript, names);
  switch (format) {
    case 'txt':
      return named.turns
        .map(({ start, speaker, text }) => `[${formatWholeSeconds(start)}] ${prefixName(speaker)}: ${oneLine(text)}\n`)
        .join('');
    case 'md':
      return writeMarkdown({ uri: title, turns: named.turns });
    case 'srt':
      return transcriptToSrt(named, options);
    case 'vtt':
      return transcriptToVtt(named, options);
    case 'json':
      return json(toNative(named));
    case 'pyannoteai':
      return json(toPyannoteai(named));
    case 'whisperx':
      return json(toWhisperx(named));
    case 'verbose_json':
      return json(toVerboseJson(named));
    case 'diarized_json':
      return json(toDiarizedJson(named));
    case 'gladia':
      return json({ result: toGladia(named, options) });
    default: {
      const wrong: string = format;
      const known = TRANSCRIPT_OUTPUTS.join(', ');
      throw new RangeError(
        `Got the format '${wrong}' when one of ${known} was expected.${didYouMean(wrong, TRANSCRIPT_OUTPUTS)}`,
      );
    }
  }
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
