import { createResampler } from '../audio/resample.ts';
import type { ChannelStream } from '../core/audio.ts';
import type { Seconds, Segment } from '../core/segment.ts';
import type { Signal } from '../core/signal.ts';
import type { ChannelAnalysis } from './analysis.ts';
import { ANALYSIS_RATE } from './windows.ts';

/**
 * When each channel is heard with something of its own: above its floor, and above what leaks into it. What another channel
 * sends into this one is known from the analysis as a level; a frame that is no louder than that by 6 dB is the other's.
 *
 *     channel 0   ▁▅▇▇▅▁▁▂▂▁▁▁     its own voice, then the other's, 20 dB down
 *     channel 1   ▁▁▂▂▁▁▁▆▇▆▁▁
 *     own 0         ━━━━
 *     own 1               ━━━
 *
 * Frames of 20 ms; memory of a byte a frame and channel.
 */
export interface OwnSpeech {
  readonly channel: number;
  readonly segments: readonly Segment[];
  /** Level of each frame in dBFS, high-passed, as whole numbers. */
  readonly levels: Int8Array;
}

export const FRAME: Seconds = 0.02;
const FRAME_LENGTH = FRAME * ANALYSIS_RATE;

export interface OwnSpeechOptions {
  /** Pauses shorter than this are speech. */
  readonly minPause?: Seconds;
  /** Sounds shorter than this are none. */
  readonly minSpeech?: Seconds;
  readonly signal?: Signal;
}

export async function ownSpeech(
  stream: ChannelStream,
  analysis: ChannelAnalysis,
  channels: readonly number[],
  { minPause = 0.4, minSpeech = 0.12, signal }: OwnSpeechOptions = {},
): Promise<OwnSpeech[]> {
  const levels = await frameLevels(stream, channels, signal);
  const numFrames = levels[0]?.length ?? 0;
  return channels.map((channel, c) => {
    const { thresholdDb } = analysis.verdicts[channel];
    const own = new Uint8Array(numFrames);
    const leaks = channels.map((other) => leakInto(analysis, other, channel));
    for (let f = 0; f < numFrames; f++) {
      if (levels[c][f] < thresholdDb - 3) continue;
      let leaked = -128;
      for (let x = 0; x < channels.length; x++) {
        if (x === c) continue;
        // Sound takes its time through a room, and rings: what was loud up to 60 ms ago leaks now.
        for (let back = 0; back <= 3 && back <= f; back++)
          leaked = Math.max(leaked, levels[x][f - back] + leaks[x] - 3 * back);
      }
      if (levels[c][f] >= leaked + 6) own[f] = 1;
    }
    return { channel, segments: segmentsOf(own, minPause, minSpeech), levels: levels[c] };
  });
}

/** Decibels by which a channel is heard in another; −40 where nothing was measured. */
function leakInto({ pairs }: ChannelAnalysis, from: number, into: number): number {
  const pair = pairs.find(({ a, b }) => (a === from && b === into) || (a === into && b === from));
  if (pair?.relation !== 'bleed') return -40;
  const [there, back] = pair.a === from ? [pair.bleedIntoB, pair.bleedIntoA] : [pair.bleedIntoA, pair.bleedIntoB];
  // Two microphones in a room leak alike both ways; where only one way was loud enough to measure, it serves for both.
  return there ?? back ?? -40;
}

async function frameLevels(
  stream: ChannelStream,
  channels: readonly number[],
  signal: Signal | undefined,
): Promise<Int8Array[]> {
  const resamplers = channels.map(() => createResampler(stream.sampleRate, ANALYSIS_RATE));
  const sums = new Float64Array(channels.length);
  const last = new Float64Array(channels.length);
  const lists = channels.map(() => new GrowingBytes());
  let filled = 0;
  const push = (blocks: readonly Float32Array[]) => {
    const { length } = blocks[0];
    for (let from = 0; from < length; ) {
      const count = Math.min(length - from, FRAME_LENGTH - filled);
      for (let c = 0; c < channels.length; c++) {
        for (let i = from; i < from + count; i++) {
          const high = blocks[c][i] - 0.9 * last[c];
          last[c] = blocks[c][i];
          sums[c] += high * high;
        }
      }
      from += count;
      filled += count;
      if (filled < FRAME_LENGTH) return;
      for (let c = 0; c < channels.length; c++) {
        lists[c].push(Math.max(-127, Math.round(10 * Math.log10(sums[c] / FRAME_LENGTH + 1e-13))));
        sums[c] = 0;
      }
      filled = 0;
    }
  };
  for await (const block of stream.blocks) {
    signal?.throwIfAborted();
    const resampled = channels.map((channel, c) => resamplers[c].push(block[channel]));
    if (resampled[0].length > 0) push(resampled);
  }
  const tail = resamplers.map((resampler) => resampler.flush());
  if (tail[0]?.length > 0) push(tail);
  return lists.map((list) => list.take());
}

class GrowingBytes {
  private data = new Int8Array(4096);
  private length = 0;

  push(value: number): void {
    if (this.length === this.data.length) {
      const grown = new Int8Array(2 * this.length);
      grown.set(this.data);
      this.data = grown;
    }
    this.data[this.length++] = value;
  }

  take(): Int8Array {
    return this.data.slice(0, this.length);
  }
}

/** Runs of frames as segments: short sounds dropped, short pauses closed. */
export function segmentsOf(own: Uint8Array, minPause: Seconds, minSpeech: Seconds): Segment[] {
  const runs: { start: number; end: number }[] = [];
  for (let f = 0; f < own.length; f++) {
    if (!own[f]) continue;
    const start = f;
    while (f < own.length && own[f]) f++;
    const last = runs[runs.length - 1];
    if (last && (start - last.end) * FRAME < minPause) last.end = f;
    else runs.push({ start, end: f });
  }
  return runs
    .filter(({ start, end }) => (end - start) * FRAME >= minSpeech - 1e-9)
    .map(({ start, end }) => ({ start: round(start * FRAME), end: round(end * FRAME) }));
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
