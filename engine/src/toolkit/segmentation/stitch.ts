import type { SlidingWindow } from '../../core/window.ts';
import { chunkWeights, firstFrameOf, numAggregatedFrames } from '../../diarize/aggregate.ts';
import { assignMax } from '../../math/assignment.ts';
import type { WindowScores } from './windowScores.ts';

/**
 * Joins the local speakers of consecutive windows. Two neighbours share nine of their ten seconds: the speakers of the
 * later one are given those of the earlier one with whom they talk at the same time, so that the total time shared is
 * greatest. Who shares no time with anybody is somebody new.
 *
 *   window 3   |  0 0 0   1 1 1      |            0 ↔ 1, 1 ↔ 0
 *   window 4      |  1 1   0 0 0  2 2   |         2 is new
 *
 * Each joined speaker's score is its mean over all windows that hear a frame, those in whose middle it lies counting
 * more. Windows as `Inference.aggregate` of pyannote.audio 4.0.7 lays them out; joining as `permutate` of 2.x.
 */
export interface Stitched {
  readonly grid: SlidingWindow;
  readonly numFrames: number;
  readonly speakers: readonly StitchedSpeaker[];
}

/** One person for as long as windows can follow: scores of the frames from `firstFrame`, 0 everywhere else. */
export interface StitchedSpeaker {
  readonly firstFrame: number;
  readonly scores: Float32Array;
}

const NEW = -1;

export function stitch(windows: WindowScores): Stitched {
  const { chunks, numChunks, numFrames: size, width, data, duration, padded } = windows;
  const grid = { ...windows.grid, start: chunks.start };
  const whole = numAggregatedFrames(chunks, numChunks, grid);
  const numFrames = padded ? Math.min(whole, Math.floor(duration / grid.step) + 1) : whole;
  const coverage = new Float64Array(whole);
  const weights = chunkWeights(size, { hamming: true });

  const tracks: Track[] = [];
  let before = new Int32Array(width).fill(NEW); // the track of each speaker of the window before
  let firstBefore = 0;
  for (let chunk = 0; chunk < numChunks; chunk++) {
    const first = firstFrameOf(chunks, chunk, grid);
    for (let frame = 0; frame < size; frame++) coverage[first + frame] += weights[frame];
    const shared = sharedFrames(windows, chunk, first - firstBefore);
    const partner = assignMax(shared, width, width, NEW);
    const now = new Int32Array(width).fill(NEW);
    for (let speaker = 0; speaker < width; speaker++) {
      const own = column(data, chunk * size * width + speaker, size, width);
      if (!own.some((score) => score > 0)) continue;
      const other = partner[speaker];
      const known = other !== NEW && shared[speaker * width + other] > 0 ? before[other] : NEW;
      now[speaker] = known === NEW ? tracks.push({ firstFrame: first, sums: [] }) - 1 : known;
      add(tracks[now[speaker]], first, own, weights);
    }
    before = now;
    firstBefore = first;
  }
  return {
    grid,
    numFrames,
    speakers: tracks.map(({ firstFrame, sums }) => ({
      firstFrame,
      scores: Float32Array.from(sums.slice(0, Math.max(0, numFrames - firstFrame)), (sum, i) =>
        sum === 0 ? 0 : sum / coverage[firstFrame + i],
      ),
    })),
  };
}

interface Track {
  readonly firstFrame: number;
  /** Weighted scores from there on. */
  readonly sums: number[];
}

function add({ firstFrame, sums }: Track, first: number, scores: Float32Array, weights: Float64Array): void {
  const from = first - firstFrame;
  while (sums.length < from + scores.length) sums.push(0);
  for (let i = 0; i < scores.length; i++) sums[from + i] += scores[i] * weights[i];
}

/** (speaker of this window, speaker of the one before): what they say together, `shift` frames apart. */
function sharedFrames({ numFrames, width, data }: WindowScores, chunk: number, shift: number): Float64Array {
  const shared = new Float64Array(width * width);
  if (chunk === 0) return shared;
  const now = chunk * numFrames;
  const before = (chunk - 1) * numFrames + shift;
  for (let frame = 0; frame < numFrames - shift; frame++)
    for (let s = 0; s < width; s++)
      for (let t = 0; t < width; t++)
        shared[s * width + t] += data[(now + frame) * width + s] * data[(before + frame) * width + t];
  return shared;
}

function column(data: Float32Array | Uint8Array, from: number, size: number, width: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => data[from + i * width]);
}
