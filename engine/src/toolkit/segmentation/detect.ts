import type { AudioStream } from '../../core/audio.ts';
import type { Frames } from '../../core/frames.ts';
import type { Seconds } from '../../core/segment.ts';
import type { Timeline } from '../../core/timeline.ts';
import { type BinarizeOptions, binarize } from '../../diarize/binarize.ts';
import type { SegmentationModel } from '../../model/segmentation.ts';
import { atLeast, type ReadingOptions } from './reading.ts';
import { aggregateWindows, type WindowOptions, windowScores } from './windowScores.ts';

/**
 * Where somebody talks, and where two talk at once: the share of windows that hear it, made into segments by two
 * thresholds. pyannote.audio 4.0.7 `pipelines/voice_activity_detection.py:VoiceActivityDetection`; for overlap
 * `OverlappedSpeechDetection` of 3.x, which 4.0 no longer has: the same with the second largest score.
 */
export interface DetectOptions
  extends WindowOptions,
    ReadingOptions,
    Pick<BinarizeOptions, 'onset' | 'offset' | 'minDurationOn' | 'minDurationOff'> {}

export interface Detection {
  /** Length of the recording. */
  readonly duration: Seconds;
  readonly segments: Timeline;
  /** One number a frame, 0 to 1. */
  readonly scores: Frames;
}

/** Voice activity: where at least one person talks. */
export async function detectSpeech(
  audio: AudioStream,
  model: SegmentationModel,
  options: DetectOptions = {},
): Promise<Detection> {
  return detect(audio, model, 1, options);
}

/** Overlapped speech: where at least two people talk. */
export async function detectOverlap(
  audio: AudioStream,
  model: SegmentationModel,
  options: DetectOptions = {},
): Promise<Detection> {
  return detect(audio, model, 2, options);
}

/** Segments from scores that are there already: to try thresholds without running the network again. */
export function segmentsOf(scores: Frames, options: BinarizeOptions = {}): Timeline {
  if (scores.width !== 1) throw new RangeError(`Got scores of ${scores.width} columns when 1 was expected.`);
  return binarize(scores.data, scores.grid, { ...options, ...checkedThresholds(options) });
}

/** Thresholds with their defaults; contradictions and what is no number are refused. */
export function checkedThresholds({
  onset = 0.5,
  offset = onset,
  minDurationOn = 0,
  minDurationOff = 0,
}: BinarizeOptions): Required<Pick<BinarizeOptions, 'onset' | 'offset' | 'minDurationOn' | 'minDurationOff'>> {
  for (const [name, value] of Object.entries({ onset, offset }))
    if (!(value >= 0 && value <= 1)) throw new RangeError(`Got an ${name} of ${value}; expected a score from 0 to 1.`);
  if (!(offset <= onset)) throw new RangeError(`Got an offset of ${offset}, which must not exceed the onset ${onset}.`);
  for (const [name, value] of Object.entries({ minDurationOn, minDurationOff }))
    if (!(value >= 0)) throw new RangeError(`Got a ${name} of ${value}; expected seconds, 0 or more.`);
  return { onset, offset, minDurationOn, minDurationOff };
}

async function detect(
  audio: AudioStream,
  model: SegmentationModel,
  count: number,
  { soft, step, signal, observe, ...thresholds }: DetectOptions,
): Promise<Detection> {
  checkedThresholds(thresholds); // before the network runs
  const windows = await windowScores(audio, model, atLeast(model, count, { soft }), { step, signal, observe });
  const scores = aggregateWindows(windows);
  return { duration: windows.duration, segments: segmentsOf(scores, thresholds), scores };
}
