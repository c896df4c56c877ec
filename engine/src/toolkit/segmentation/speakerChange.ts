import type { AudioStream } from '../../core/audio.ts';
import type { Frames } from '../../core/frames.ts';
import type { Seconds } from '../../core/segment.ts';
import { middleOf } from '../../core/window.ts';
import type { SegmentationModel } from '../../model/segmentation.ts';
import { hardSpeakers, type Reading } from './reading.ts';
import { aggregateWindows, type WindowOptions, windowScores } from './windowScores.ts';

/**
 * When the people who talk change. In each window a change is a frame whose set of speakers is not that of the frame
 * before; around it the score falls off to 0 within the tolerance, so that windows that differ by a frame or two still
 * add up. The mean over the windows has its peaks where they agree.
 *
 *   speakers      A A A A A A B B B B     ∅ ∅ B B
 *   one window              ╱╲               ╱╲
 *   all windows   ─────────╱──╲─────────────╱──╲──     peaks above the threshold are the changes
 *
 * Which changes count: `any`, beginnings and ends of speech among them, or `speakers`, where somebody talks who did not
 * talk before, across a silence too. pyannote.audio had this task until 1.1 (`SpeakerChangeDetection`, peaks by `Peak`);
 * there a network was trained for it, here it is read off the segmentation, so the scores are not the same.
 */
export interface ChangeOptions extends WindowOptions {
  readonly between?: 'any' | 'speakers';
  /** Peaks below this are left out. */
  readonly threshold?: number;
  /** Of peaks closer than this, the highest stays. */
  readonly minDuration?: Seconds;
  /** How far apart two windows may see the same change. */
  readonly tolerance?: Seconds;
}

export interface SpeakerChange {
  readonly time: Seconds;
  readonly score: number;
}

export interface ChangeDetection {
  readonly duration: Seconds;
  readonly changes: readonly SpeakerChange[];
  readonly scores: Frames;
}

export async function detectChanges(
  audio: AudioStream,
  model: SegmentationModel,
  { between = 'any', threshold = 0.3, minDuration = 0.1, tolerance = 0.1, ...options }: ChangeOptions = {},
): Promise<ChangeDetection> {
  if (!(tolerance >= 0 && tolerance <= 1)) throw new RangeError(`Got a tolerance of ${tolerance} s; expected 0 to 1.`);
  if (between !== 'any' && between !== 'speakers')
    throw new RangeError(`Got between '${between}' when 'any' or 'speakers' was expected.`);
  checkPeakOptions(threshold, minDuration);
  const windows = await windowScores(audio, model, changeReading(model, between, tolerance), options);
  const scores = aggregateWindows(windows);
  return { duration: windows.duration, changes: changesOf(scores, { threshold, minDuration }), scores };
}

/** Peaks of scores that are there already, in order of time. Of a plateau its first frame is the peak. */
export function changesOf(
  { data, grid, numFrames, width }: Frames,
  { threshold = 0.3, minDuration = 0.1 }: Pick<ChangeOptions, 'threshold' | 'minDuration'> = {},
): SpeakerChange[] {
  if (width !== 1) throw new RangeError(`Got scores of ${width} columns when 1 was expected.`);
  checkPeakOptions(threshold, minDuration);
  const reach = Math.max(1, Math.round(minDuration / grid.step));
  const changes: SpeakerChange[] = [];
  for (let frame = 0; frame < numFrames; frame++) {
    const score = data[frame];
    if (!(score >= threshold)) continue;
    let highest = true;
    for (let i = Math.max(0, frame - reach); i < frame && highest; i++) highest = !(data[i] >= score);
    for (let i = Math.min(numFrames - 1, frame + reach); i > frame && highest; i--) highest = !(data[i] > score);
    if (highest) changes.push({ time: middleOf(grid, frame), score });
  }
  return changes;
}

function changeReading(model: SegmentationModel, between: 'any' | 'speakers', tolerance: Seconds): Reading {
  const speakers = hardSpeakers(model);
  const reach = Math.round(tolerance / model.grid.step);
  return {
    width: 1,
    read: (window) => {
      const sets = setNumbers(speakers.read(window), model.numSpeakers);
      const found = new Float32Array(sets.length);
      let talking = 0; // the last set that is not empty
      for (let frame = 0; frame < sets.length; frame++) {
        const before = frame === 0 ? sets[0] : sets[frame - 1];
        const changed =
          between === 'any'
            ? sets[frame] !== before
            : sets[frame] !== 0 && talking !== 0 && (sets[frame] & ~talking) !== 0;
        if (sets[frame] !== 0) talking = sets[frame];
        if (changed) raise(found, frame, reach);
      }
      return found;
    },
  };
}

/** A triangle around a frame; where two meet, the higher counts. */
function raise(scores: Float32Array, frame: number, reach: number): void {
  for (let i = Math.max(0, frame - reach); i <= Math.min(scores.length - 1, frame + reach); i++)
    scores[i] = Math.max(scores[i], 1 - Math.abs(i - frame) / (reach + 1));
}

/** (frame, speaker) as one number a frame, a bit for each speaker. */
function setNumbers(active: Float32Array | Uint8Array, numSpeakers: number): Int32Array {
  const sets = new Int32Array(active.length / numSpeakers);
  for (let i = 0; i < active.length; i++)
    if (active[i] > 0) sets[Math.floor(i / numSpeakers)] |= 1 << (i % numSpeakers);
  return sets;
}

function checkPeakOptions(threshold: number, minDuration: Seconds): void {
  if (!(threshold > 0 && threshold <= 1))
    throw new RangeError(`Got a threshold of ${threshold}; expected a number above 0, at most 1.`);
  if (!(minDuration >= 0 && Number.isFinite(minDuration)))
    throw new RangeError(`Got a minDuration of ${minDuration}; expected seconds, 0 or more.`);
}
