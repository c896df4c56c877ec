// Transcripts: read any, put speakers on the words, write any. docs/transcripts.md explains it.

export {
  type AssignedTranscript,
  type AssignOptions,
  type AssignStats,
  assignSpeakers,
  ownSpeakers,
  type SpeakerWords,
  type Turns,
} from './assign.ts';
export type { ReadTranscriptOptions, TimeUnit } from './raw.ts';
export { readTranscript } from './read/readTranscript.ts';
export { recogniseTranscript } from './read/recognise.ts';
export { renameSpeakers } from './rename.ts';
export {
  type AssignedWord,
  TRANSCRIPT_FORMATS,
  type Transcript,
  type TranscriptFormat,
  type TranscriptSegment,
  textOfWords,
  type Word,
} from './transcript.ts';
export type { Utterance } from './utterances.ts';
export { type Cue, type CueOptions, cuesOf } from './write/cues.ts';
export { assignInPlace } from './write/sameShape.ts';
export {
  letterOf,
  toDiarizedJson,
  toGladia,
  toNative,
  toPyannoteai,
  toVerboseJson,
  toWhisperx,
} from './write/shapes.ts';
export {
  TRANSCRIPT_OUTPUTS,
  type TranscriptOutput,
  type WriteTranscriptOptions,
  writeTranscript,
} from './write/writeTranscript.ts';
