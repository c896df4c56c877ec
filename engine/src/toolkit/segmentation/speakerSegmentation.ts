import type { AudioStream } from '../../core/audio.ts';
import type { Seconds } from '../../core/segment.ts';
import { compareTurns, type Turn } from '../../core/turn.ts';
import type { BinarizeOptions } from '../../diarize/binarize.ts';
import { binarize } from '../../diarize/binarize.ts';
import type { SegmentationModel } from '../../model/segmentation.ts';
import { checkedThresholds } from './detect.ts';
import { hardSpeakers } from './reading.ts';
import { type Stitched, stitch } from './stitch.ts';
import { type WindowOptions, type WindowScores, windowScores } from './windowScores.ts';

/**
 * Who talks when as the segmentation network alone hears it, without voices: each window has up to three speakers of its
 * own, and windows that overlap are joined where they hear the same person talk (stitch.ts). A person who is silent for
 * longer than a window comes back under another name: that is what diarization is for. In pyannote.audio 2.x this was
 * `pipelines/speaker_segmentation.py:SpeakerSegmentation`; later versions have only its windows.
 */
export interface SpeakerSegmentationOptions
  extends WindowOptions,
    Pick<BinarizeOptions, 'onset' | 'offset' | 'minDurationOn' | 'minDurationOff'> {}

export interface SpeakerSegmentation {
  readonly duration: Seconds;
  /** LOCAL_000, LOCAL_001 … in the order in which they are first heard. */
  readonly turns: readonly Turn[];
  /** What each window hears: (window, frame, speaker), 0 or 1. */
  readonly windows: WindowScores;
  /** The joined speakers' scores. */
  readonly stitched: Stitched;
}

export async function segmentSpeakers(
  audio: AudioStream,
  model: SegmentationModel,
  { step, signal, observe, ...thresholds }: SpeakerSegmentationOptions = {},
): Promise<SpeakerSegmentation> {
  checkedThresholds(thresholds); // before the network runs
  const windows = await windowScores(audio, model, hardSpeakers(model), { step, signal, observe });
  const stitched = stitch(windows);
  return { duration: windows.duration, turns: stitchedTurns(stitched, thresholds), windows, stitched };
}

/** Turns of the joined speakers: their scores against two thresholds, as in voice activity detection. */
export function stitchedTurns({ grid, speakers }: Stitched, options: BinarizeOptions = {}): Turn[] {
  const thresholds = checkedThresholds(options);
  const found = speakers
    .map(({ firstFrame, scores }) =>
      binarize(scores, { ...grid, start: grid.start + firstFrame * grid.step }, thresholds),
    )
    .filter((segments) => segments.length > 0)
    .sort(([a], [b]) => a.start - b.start);
  return found
    .flatMap((segments, i) => segments.map((segment) => ({ ...segment, speaker: nameOf(i) })))
    .sort(compareTurns);
}

/** The turns of each window on the recording's clock; speakers are `3.1` for the second of the fourth window. */
export function* windowTurns(windows: WindowScores, options: BinarizeOptions = {}): Generator<readonly Turn[]> {
  const { chunks, grid, numChunks, numFrames, width, data } = windows;
  const thresholds = checkedThresholds(options);
  for (let chunk = 0; chunk < numChunks; chunk++) {
    const scores = data.subarray(chunk * numFrames * width, (chunk + 1) * numFrames * width);
    const own = { ...grid, start: chunks.start + chunk * chunks.step + grid.start };
    const turns = Array.from({ length: width }, (_, column) =>
      binarize(scores, own, { ...thresholds, stride: width, column }).map((segment) => ({
        ...segment,
        speaker: `${chunk}.${column}`,
      })),
    );
    yield turns.flat().sort(compareTurns);
  }
}

function nameOf(index: number): string {
  return `LOCAL_${String(index).padStart(3, '0')}`;
}
