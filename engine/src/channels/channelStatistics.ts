import { powerSpectrum } from '../math/fft.ts';
import { type ChannelStretch, STRETCH_START, WINDOW } from './windows.ts';

/**
 * What is remembered of each channel: its loudness, how often its windows are how loud, how flat its spectrum is (noise is,
 * voices and tones are not), and which channels have been equal, sample by sample, so far.
 */
export interface ChannelStatistics {
  readonly numChannels: number;
  /** Samples as they are, before anything is done to them. */
  addRaw(block: readonly Float32Array[]): void;
  add(stretch: ChannelStretch): void;
  /** `levels[channel * NUM_LEVELS + level]`: windows of this level. */
  readonly levels: Uint32Array;
  /** The first and the last window of each level; laid out like `levels`, -1 for none. */
  readonly firstAt: Int32Array;
  readonly lastAt: Int32Array;
  /** Mean flatness of the windows that are no digital silence, 0..1. */
  flatness(channel: number): number;
  /** Root mean square and peak of the samples. */
  rms(channel: number): number;
  peak(channel: number): number;
  /** The first channel that has had the same samples throughout, itself where there is none before it. */
  equalTo(channel: number): number;
}

/** Levels in steps of a decibel, from −100 to 0 dBFS. */
export const NUM_LEVELS = 101;

/** The level of a window with this sum of squares. */
export function levelOf(energy: number, length: number = WINDOW): number {
  const decibels = 10 * Math.log10(energy / length + 1e-12);
  return Math.max(0, Math.min(NUM_LEVELS - 1, Math.round(decibels) + 100));
}

export function channelStatistics(numChannels: number): ChannelStatistics {
  const levels = new Uint32Array(numChannels * NUM_LEVELS);
  const firstAt = new Int32Array(numChannels * NUM_LEVELS).fill(-1);
  const lastAt = new Int32Array(numChannels * NUM_LEVELS).fill(-1);
  const flat = new Float64Array(numChannels);
  const numFlat = new Uint32Array(numChannels);
  const squares = new Float64Array(numChannels);
  const peaks = new Float64Array(numChannels);
  const equals = new Int32Array(numChannels);
  let numSamples = 0;
  const frame = new Float32Array(2048);
  const power = new Float64Array(1025);

  function addRaw(block: readonly Float32Array[]): void {
    numSamples += block[0].length;
    for (let c = 0; c < numChannels; c++) {
      const samples = block[c];
      let sum = 0;
      let peak = peaks[c];
      for (let i = 0; i < samples.length; i++) {
        sum += samples[i] * samples[i];
        const size = Math.abs(samples[i]);
        if (size > peak) peak = size;
      }
      squares[c] += sum;
      peaks[c] = peak;
    }
    split(block);
  }

  /** Groups of equal channels fall apart where their samples differ; each group is named by its first. */
  function split(block: readonly Float32Array[]): void {
    const parts = new Map<number, number[]>();
    for (let c = 0; c < numChannels; c++) {
      const group = equals[c];
      let firsts = parts.get(group);
      if (firsts === undefined) parts.set(group, (firsts = []));
      const found = firsts.find((first) => sameSamples(block[first], block[c]));
      if (found === undefined) firsts.push(c);
      equals[c] = found ?? c;
    }
  }

  function add({ samples, firstWindow, numWindows, readUntil }: ChannelStretch): void {
    for (let c = 0; c < numChannels; c++) {
      for (let w = 0; w < numWindows; w++) {
        const from = STRETCH_START + w * WINDOW;
        const length = Math.min(WINDOW, readUntil - (firstWindow + w) * WINDOW); // the last may be short
        let energy = 0;
        for (let i = from; i < from + WINDOW; i++) energy += samples[c][i] * samples[c][i];
        const at = c * NUM_LEVELS + levelOf(energy, length);
        levels[at]++;
        if (firstAt[at] < 0) firstAt[at] = firstWindow + w;
        lastAt[at] = firstWindow + w;
        if (energy / WINDOW < 1e-9) continue;
        frame.set(samples[c].subarray(from, from + frame.length));
        powerSpectrum(frame, power);
        flat[c] += flatnessOf(power);
        numFlat[c]++;
      }
    }
  }

  return {
    numChannels,
    addRaw,
    add,
    levels,
    firstAt,
    lastAt,
    flatness: (channel) => (numFlat[channel] === 0 ? 0 : flat[channel] / numFlat[channel]),
    rms: (channel) => (numSamples === 0 ? 0 : Math.sqrt(squares[channel] / numSamples)),
    peak: (channel) => peaks[channel],
    equalTo: (channel) => equals[channel],
  };
}

function sameSamples(a: Float32Array, b: Float32Array): boolean {
  if (a === b) return true;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Geometric over arithmetic mean of the power between 200 and 3400 Hz: 0.56 for white noise, near 0 for tones. */
function flatnessOf(power: Float64Array): number {
  let logs = 0;
  let sum = 0;
  const [from, to] = [51, 870];
  for (let k = from; k < to; k++) {
    logs += Math.log(power[k] + 1e-20);
    sum += power[k] + 1e-20;
  }
  return Math.exp(logs / (to - from)) / (sum / (to - from));
}
