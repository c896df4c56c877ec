import { checkSamples, streamOf } from '../audio/samples.ts';
import type { Seconds } from '../core/segment.ts';
import { localSpeech } from '../diarize/localSpeech.ts';
import type { DiarizationModels, DiarizeOptions } from '../diarize/options.ts';
import { type LiveEvent, liveTurns } from './liveTurns.ts';
import { NOBODY_YET, type OnlineSpeakersOptions, onlineSpeakers } from './onlineSpeakers.ts';

/**
 * Who speaks, while they speak. A window of ten seconds slides along the sound; each time it has moved by `step` the networks
 * hear it whole, its voices are told apart by what was heard before (onlineSpeakers.ts), and what is older than `latency` is
 * decided: who is active in most of the windows that end within `latency` after it.
 *
 *     window  |------------------------|
 *        next    |------------------------|        step 0.5 s
 *     decided ·······················|             latency 1 s before the end
 *
 * Memory and work a second do not grow with the stream. What was told is never taken back; `diarize` of the whole recording
 * knows what came later and is better.
 */
export interface LiveOptions extends OnlineSpeakersOptions, HearingOptions {
  /** From a sound to its decision, at least; the windows that decide are `latency / step`. */
  readonly latency?: Seconds;
  readonly step?: Seconds;
  readonly signal?: DiarizeOptions['signal'];
}

/** How a window is heard: as by `diarize`, and as the model has it. */
type HearingOptions = Pick<DiarizeOptions, 'onset' | 'excludeOverlap' | 'regroup'>;

/** What live takes of a model's options. Its step and its turns are for whole recordings. */
export function liveDefaults({ onset, excludeOverlap, regroup }: DiarizeOptions): HearingOptions {
  return { onset, excludeOverlap, regroup };
}

export interface LiveDiarization {
  readonly sampleRate: number;
  /**
   * Takes any number of samples; returns what is decided by them. A call waits for those before it.
   * @throws Error after `finish`; what a network failed with, in this call and in all after it.
   */
  push(samples: Float32Array): Promise<LiveEvent[]>;
  /** The stream has ended: what is left, and the ends of all turns. The second time, nothing. */
  finish(): Promise<LiveEvent[]>;
}

/** Who is active in one window: `active[frame * maxSpeakers + speaker]`, from frame `first` of the stream. */
interface Heard {
  readonly first: number;
  readonly active: Uint8Array;
  /** 1 where somebody is heard who is not known yet: such a window has no say about that frame. */
  readonly unknown: Uint8Array;
}

export function liveDiarization(
  models: Pick<DiarizationModels, 'segmentation' | 'embedding' | 'concurrency'>,
  { latency = 1, step = 0.5, signal, maxSpeakers = 8, onset, excludeOverlap, regroup, ...options }: LiveOptions = {},
): LiveDiarization {
  const { sampleRate, chunkNumSamples, numFrames, grid } = models.segmentation;
  checkOptions({ latency, step, maxSpeakers, onset, ...options }, chunkNumSamples / sampleRate);
  const frameNumSamples = Math.round(grid.step * sampleRate);
  // A step of whole frames, so that the frames of all windows lie on one grid; no longer than the frames of one, so that none
  // lies between two windows.
  const longest = Math.min(numFrames, Math.floor(chunkNumSamples / frameNumSamples));
  const stepFrames = Math.min(longest, Math.max(1, Math.round((step * sampleRate) / frameNumSamples)));
  const stepNumSamples = stepFrames * frameNumSamples;
  const latencyFrames = Math.max(stepFrames, Math.round(latency / grid.step));
  const hearing = { onset, excludeOverlap, regroup, signal, step: chunkNumSamples / sampleRate };
  const speakers = onlineSpeakers({ ...options, maxSpeakers });
  const turns = liveTurns();

  const window = new Float32Array(chunkNumSamples);
  /** Samples of the stream that the window has seen; before its beginning there is silence. */
  let seen = 0;
  let pending = new Float32Array(0);
  let heard: Heard[] = [];
  /** The next frame of the stream to decide; frame 0 begins where the stream does, or up to a frame before. */
  let decided = 0;
  const offset = chunkNumSamples % frameNumSamples;
  const timeOf = (frame: number): Seconds =>
    Math.max(0, (frame * frameNumSamples - offset) / sampleRate + grid.duration / 2);

  let ended = false;
  let last: Promise<unknown> = Promise.resolve();
  /**
   * Microphones do not wait: of two calls at once each would hear some samples twice and others never. What comes after a
   * call that failed fails in the same way, for the window has lost its place.
   */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = last.then(work);
    last = result;
    result.catch(() => {}); // the caller has it
    return result;
  }

  async function push(samples: Float32Array): Promise<LiveEvent[]> {
    checkSamples(samples);
    if (ended) throw new Error('Got samples after finish(): this stream has ended. Begin another one for them.');
    const own = samples.slice(); // the caller may fill the same array anew meanwhile
    return inTurn(() => take(own));
  }

  async function take(samples: Float32Array): Promise<LiveEvent[]> {
    pending = joined(pending, samples);
    const events: LiveEvent[] = [];
    let from = 0;
    for (; pending.length - from >= stepNumSamples; from += stepNumSamples)
      events.push(...(await advance(pending.subarray(from, from + stepNumSamples), latencyFrames)));
    pending = pending.slice(from);
    return events;
  }

  /** Moves the window on by a step and decides all but the last `waiting` frames. */
  async function advance(samples: Float32Array, waiting: number): Promise<LiveEvent[]> {
    signal?.throwIfAborted();
    window.copyWithin(0, samples.length);
    window.set(samples, chunkNumSamples - samples.length);
    seen += samples.length;
    // chunkNumSamples before `seen`, on the grid of frames.
    const first = (seen - chunkNumSamples + offset) / frameNumSamples;
    const now = await hear(first);
    heard.push(now);
    const events: LiveEvent[] = [];
    for (const end = first + numFrames - waiting; decided < end; decided++) {
      const votes = heard.filter(
        ({ first: from, unknown }) => decided < from + numFrames && unknown[decided - from] === 0,
      );
      const active = (s: number) => {
        let sum = 0;
        for (const one of votes) sum += one.active[(decided - one.first) * maxSpeakers + s];
        return sum * 2 > votes.length;
      };
      events.push(...turns.frame(timeOf(decided), active, speakers.count));
    }
    // Kept as long as they decide, and the last one, which knows who was heard before.
    heard = heard.filter((one) => one === now || one.first + numFrames > decided);
    return events;
  }

  async function hear(first: number): Promise<Heard> {
    const active = new Uint8Array(numFrames * maxSpeakers);
    const unknown = new Uint8Array(numFrames);
    const audio = streamOf({ sampleRate, samples: window.slice() });
    const { activity, embeddings } = await localSpeech(audio, models, hearing);
    const before = heard.at(-1);
    const overlap = new Float64Array(embeddings.numRows * maxSpeakers);
    if (before) {
      for (let row = 0; row < embeddings.numRows; row++) {
        let frames = 0;
        const shift = first - before.first;
        for (let f = 0; f + shift < numFrames; f++) {
          if (((activity.talking[f] >> embeddings.speaker[row]) & 1) === 0) continue;
          frames++;
          for (let s = 0; s < maxSpeakers; s++)
            overlap[row * maxSpeakers + s] += before.active[(f + shift) * maxSpeakers + s];
        }
        for (let s = 0; frames > 0 && s < maxSpeakers; s++) overlap[row * maxSpeakers + s] /= frames;
      }
    }
    const found = speakers.assign(embeddings, overlap, grid.step);
    for (let row = 0; row < embeddings.numRows; row++) {
      for (let f = 0; f < numFrames; f++) {
        const talks = (activity.talking[f] >> embeddings.speaker[row]) & 1;
        if (found[row] === NOBODY_YET) unknown[f] |= talks;
        else active[f * maxSpeakers + found[row]] |= talks;
      }
    }
    return { first, active, unknown };
  }

  async function end(): Promise<LiveEvent[]> {
    const duration = (seen + pending.length) / sampleRate;
    const events: LiveEvent[] = [];
    // Silence behind the last sample, until the last frame that has some of the stream in it is decided.
    if (duration > 0) {
      const last = new Float32Array(stepNumSamples);
      last.set(pending);
      events.push(...(await advance(last, 0)));
    }
    events.push(...turns.finish(duration));
    return events.map((event) => (event.time > duration ? { ...event, time: duration } : event));
  }

  async function finish(): Promise<LiveEvent[]> {
    if (ended) return [];
    ended = true;
    return inTurn(end);
  }

  return { sampleRate, push, finish };
}

/** What is wrong with an option would show only once somebody has talked for a while. */
function checkOptions(options: LiveOptions, window: Seconds): void {
  const check = (name: keyof LiveOptions, isRight: (value: number) => boolean, expected: string) => {
    const value = options[name];
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value) && isRight(value))) return;
    throw new RangeError(`Got ${name} ${String(value)} when ${expected} was expected.`);
  };
  check('latency', (value) => value >= 0, 'a number of seconds from 0');
  check('step', (value) => value > 0 && value <= window, `a number of seconds above 0, up to the window's ${window},`);
  check('maxSpeakers', (value) => Number.isInteger(value) && value > 0, 'a whole number from 1');
  check('onset', (value) => value >= 0 && value <= 1, 'a number from 0 to 1');
  check('minNewSpeech', (value) => value > 0, 'a number of seconds above 0');
  check('threshold', () => true, 'a number');
  check('weight', () => true, 'a number');
}

function joined(a: Float32Array, b: Float32Array): Float32Array<ArrayBuffer> {
  const all = new Float32Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
