import type { ChunkedActivity } from '../core/frames.ts';
import type { Seconds } from '../core/segment.ts';
import { firstFrameOf } from '../diarize/aggregate.ts';
import type { RunRecord } from './runRecorder.ts';

/** How many talk, and which share of the windows hears each speaker, along the recording. */
export interface TimelinePicture {
  /** When the first bin begins, and how long each is. */
  readonly start: Seconds;
  readonly binDuration: Seconds;
  readonly framesPerBin: number;
  readonly numBins: number;
  /** Speakers at a time, the most in the bin. */
  readonly count: Uint8Array;
  /** Mean share of the windows, 0..255, (bin, speaker). */
  readonly votes: Uint8Array;
}

export interface PicturedSpeaker {
  readonly label: string;
  readonly speechDuration: Seconds;
  /** Its cluster's number in the run. */
  readonly cluster: number;
}

/** Bytes of all columns together, at most. */
const MAX_BYTES = 600_000;

export function timelinePicture(
  { count, votes }: Pick<RunRecord, 'count' | 'votes'>,
  activity: ChunkedActivity,
  speakers: readonly PicturedSpeaker[],
): TimelinePicture | undefined {
  if (!count) return undefined;
  const { grid, chunks } = activity;
  const width = speakers.length;
  const framesPerBin = Math.max(1, Math.ceil((count.length * (width + 1)) / MAX_BYTES));
  const numBins = Math.ceil(count.length / framesPerBin);
  const most = new Uint8Array(numBins);
  const shares = new Float64Array(numBins * width);
  const coverage = windowsPerFrame(activity, count.length);
  for (let frame = 0; frame < count.length; frame++) {
    const bin = Math.floor(frame / framesPerBin);
    most[bin] = Math.max(most[bin], count[frame]);
    if (!votes || coverage[frame] === 0) continue;
    speakers.forEach(({ cluster }, column) => {
      if (cluster < 0 || cluster >= votes.numSpeakers) return; // a speaker without a cluster
      shares[bin * width + column] += votes.data[frame * votes.numSpeakers + cluster] / coverage[frame];
    });
  }
  const framesIn = (bin: number): number => Math.min(framesPerBin, count.length - bin * framesPerBin);
  return {
    start: chunks.start + 0.5 * grid.duration,
    binDuration: framesPerBin * grid.step,
    framesPerBin,
    numBins,
    count: most,
    votes: Uint8Array.from(shares, (sum, i) =>
      Math.min(255, Math.round((255 * sum) / framesIn(Math.floor(i / width)))),
    ),
  };
}

/** How many windows see each frame. */
function windowsPerFrame({ chunks, numChunks, grid, numFrames }: ChunkedActivity, length: number): Int32Array {
  const seen = new Int32Array(length + 1);
  const onGrid = { ...grid, start: chunks.start };
  for (let chunk = 0; chunk < numChunks; chunk++) {
    const first = firstFrameOf(chunks, chunk, onGrid);
    seen[first]++;
    seen[Math.min(length, first + numFrames)]--;
  }
  for (let frame = 1; frame <= length; frame++) seen[frame] += seen[frame - 1];
  return seen;
}
