import { eachStretch } from '../../audio/stretches.ts';
import type { AudioStream } from '../../core/audio.ts';
import { cropFrames } from '../../core/cropFrames.ts';
import { AudioError } from '../../core/errors.ts';
import type { Frames } from '../../core/frames.ts';
import type { Seconds } from '../../core/segment.ts';
import type { Signal } from '../../core/signal.ts';
import type { SlidingWindow } from '../../core/window.ts';
import { average, type ChunkScores, overlapAdd } from '../../diarize/aggregate.ts';
import { chunkScores } from '../../diarize/chunkScores.ts';
import type { SegmentationModel } from '../../model/segmentation.ts';
import type { Reading } from './reading.ts';

/**
 * Runs the segmentation network over a recording, window by window, and keeps of each frame what a task asks for. Then
 * puts the windows together, so that each frame of the recording has one score: the mean of what the windows say, those
 * that have the frame in their middle counting more (a Hamming window).
 *
 *   windows of 10 s, one a second → network → read (frame, column) → overlap-add → scores of the recording
 *
 * pyannote.audio 4.0.7 `Inference` with a `pre_aggregation_hook`: what its voice activity detection does.
 */
export interface WindowOptions {
  /** Seconds from one window to the next: a tenth of the window where absent, as in pyannote. */
  readonly step?: Seconds;
  readonly signal?: Signal;
  readonly observe?: (event: ToolkitEvent) => void;
}

/** Seconds of the recording done so far; `total` when its length is known. */
export interface ToolkitEvent {
  readonly type: 'progress';
  readonly stage: 'segmentation' | 'embedding' | 'vad';
  readonly done: Seconds;
  readonly total?: Seconds;
}

/** What was read of every window, and how long the recording is. */
export interface WindowScores extends ChunkScores {
  readonly duration: Seconds;
  /** Whether the last window runs over the recording's end. */
  readonly padded: boolean;
}

/** Windows in a stretch: enough for a few batches at a time. */
const WINDOWS_PER_STRETCH = 32;

/** Reads every window of a recording. */
export async function windowScores(
  audio: AudioStream,
  model: SegmentationModel,
  reading: Reading,
  { step, signal, observe }: WindowOptions = {},
): Promise<WindowScores> {
  const { sampleRate, chunkNumSamples, numFrames, numClasses, batchSize } = model;
  if (audio.sampleRate !== sampleRate)
    throw new RangeError(
      `Got sound at ${audio.sampleRate} Hz when the model hears ${sampleRate} Hz: resample it first.`,
    );
  const duration = chunkNumSamples / sampleRate;
  const chunks: SlidingWindow = { start: 0, duration, step: checkedStep(step ?? 0.1 * duration, duration) };
  const stepNumSamples = Math.round(chunks.step * sampleRate);
  const chunksPerStretch = Math.max(WINDOWS_PER_STRETCH, batchSize);
  const cut = { chunkNumSamples, stepNumSamples, chunksPerStretch, contextFrames: -1, signal };
  const parts: (Float32Array | Uint8Array)[] = [];
  const numSamples = await eachStretch(audio, cut, async (stretch) => {
    const take = (first: number, size: number, scores: Float32Array): void => {
      for (let i = 0; i < size; i++) {
        const window = scores.subarray(i * numFrames * numClasses, (i + 1) * numFrames * numClasses);
        parts[stretch.firstChunk + first + i] = reading.read(window);
      }
    };
    await chunkScores(stretch, model, take, { stepNumSamples, signal });
    observe?.({ type: 'progress', stage: 'segmentation', done: stretch.readUntil, total: audio.duration });
  });
  if (parts.length === 0) throw new AudioError('audio_empty', 'The recording holds no samples.');
  return {
    chunks,
    numChunks: parts.length,
    grid: model.grid,
    numFrames,
    width: reading.width,
    data: joined(parts),
    duration: numSamples / sampleRate,
    padded: numSamples < chunkNumSamples || (numSamples - chunkNumSamples) % stepNumSamples > 0,
  };
}

/** One score a frame of the recording; frames after its end, which padding has, are left out. */
export function aggregateWindows(scores: WindowScores): Frames {
  const sum = overlapAdd(scores, { hamming: true });
  const frames: Frames = { grid: sum.grid, numFrames: sum.numFrames, width: sum.width, data: average(sum) };
  return scores.padded ? cropFrames(frames, { start: 0, end: scores.duration }, { mode: 'loose' }) : frames;
}

function checkedStep(step: Seconds, duration: Seconds): Seconds {
  if (step > 0 && step <= duration && Math.abs(step * 100 - Math.round(step * 100)) < 1e-9) return step;
  throw new RangeError(
    `Got a step of ${step} s; expected a multiple of 0.01 s, above 0 and at most the ${duration} s of a window.`,
  );
}

function joined(parts: readonly (Float32Array | Uint8Array)[]): Float32Array | Uint8Array {
  const [{ length }] = parts;
  const bytes = parts[0] instanceof Uint8Array;
  const all = bytes ? new Uint8Array(parts.length * length) : new Float32Array(parts.length * length);
  parts.forEach((part, i) => {
    all.set(part, i * length);
  });
  return all;
}
