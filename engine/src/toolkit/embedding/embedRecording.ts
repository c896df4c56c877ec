import { FBANK, fbank } from '../../audio/fbank.ts';
import { eachStretch } from '../../audio/stretches.ts';
import type { AudioStream } from '../../core/audio.ts';
import { AudioError } from '../../core/errors.ts';
import type { Frames } from '../../core/frames.ts';
import type { Seconds } from '../../core/segment.ts';
import type { EmbeddingModel } from '../../model/embedding.ts';
import type { WindowOptions } from '../segmentation/windowScores.ts';
import { embedSound, leastNumSamples, wholeVoice } from './embedSound.ts';

/**
 * Vectors of a recording: one for all of it, or one for each window that slides along it. Equal to pyannote.audio 4.0.7
 * `Inference(model, window="whole")` and `Inference(model, window="sliding", duration=…, step=…)`: a last window that
 * runs over the end is filled up with silence.
 */
export interface RecordingEmbedding {
  readonly duration: Seconds;
  readonly vector: Float32Array;
}

/** Longer recordings would need gigabytes of features for their one vector. */
const MAX_HOURS = 4;

/** One vector for a whole recording; needs about 120 MB an hour for its features, and more while the network runs. */
export async function embedWhole(
  audio: AudioStream,
  model: EmbeddingModel,
  { signal, observe }: Pick<WindowOptions, 'signal' | 'observe'> = {},
): Promise<RecordingEmbedding> {
  checkRate(audio);
  const takesSamples = model.contextFrames < 0;
  const parts: Float32Array[] = [];
  let waiting = new Float32Array();
  let numSamples = 0;
  for await (const block of audio.blocks) {
    signal?.throwIfAborted();
    numSamples += block.length;
    if (numSamples > MAX_HOURS * 3600 * FBANK.sampleRate)
      throw new RangeError(`Got more than ${MAX_HOURS} hours for one vector: embed windows or turns instead.`);
    if (takesSamples) parts.push(block);
    else {
      const joined = new Float32Array(waiting.length + block.length);
      joined.set(waiting);
      joined.set(block, waiting.length);
      const frames = fbank(joined);
      parts.push(frames);
      waiting = joined.slice((frames.length / FBANK.numBins) * FBANK.frameShift);
    }
    observe?.({ type: 'progress', stage: 'embedding', done: numSamples / FBANK.sampleRate, total: audio.duration });
  }
  if (numSamples === 0) throw new AudioError('audio_empty', 'The recording holds no samples.');
  const data = joinedParts(parts);
  const numFrames = takesSamples ? 0 : data.length / FBANK.numBins;
  const sound = {
    samples: takesSamples ? data : new Float32Array(),
    numSamples,
    frames: {
      firstFrame: 0,
      numFrames,
      numRealFrames: numFrames,
      data: takesSamples ? new Float32Array() : data,
    },
  };
  const vector = await embedSound(sound, model, { signal });
  return { duration: numSamples / FBANK.sampleRate, vector };
}

export interface WindowEmbeddings extends Frames {
  /** Length of the recording; the last window may run over it. */
  readonly duration: Seconds;
}

/** A vector each window, (window, number). */
export async function embedWindows(
  audio: AudioStream,
  model: EmbeddingModel,
  { duration = 3, step = 1, signal, observe }: WindowOptions & { readonly duration?: Seconds } = {},
): Promise<WindowEmbeddings> {
  checkRate(audio);
  const chunkNumSamples = inSamples(duration, 'window duration');
  const stepNumSamples = inSamples(step, 'step');
  if (chunkNumSamples < leastNumSamples(model))
    throw new RangeError(
      `Got windows of ${duration} s; the network needs at least ${leastNumSamples(model) / FBANK.sampleRate} s.`,
    );
  const { chunksPerStretch, contextFrames } = model;
  const cut = { chunkNumSamples, stepNumSamples, chunksPerStretch, contextFrames, signal };
  const parts: Float32Array[] = [];
  const numSamples = await eachStretch(audio, cut, async (stretch) => {
    const voices = Array.from({ length: stretch.numChunks }, (_, i) =>
      wholeVoice(stretch.firstChunk + i, stretch.startSample + i * stepNumSamples, chunkNumSamples),
    );
    parts.push(await model.embed(stretch, voices, { signal }));
    observe?.({ type: 'progress', stage: 'embedding', done: stretch.readUntil, total: audio.duration });
  });
  if (parts.length === 0) throw new AudioError('audio_empty', 'The recording holds no samples.');
  const data = joinedParts(parts);
  return {
    grid: { start: 0, duration, step },
    numFrames: data.length / model.dimension,
    width: model.dimension,
    data,
    duration: numSamples / FBANK.sampleRate,
  };
}

export function checkRate({ sampleRate }: AudioStream): void {
  if (sampleRate !== FBANK.sampleRate)
    throw new RangeError(
      `Got sound at ${sampleRate} Hz when the model hears ${FBANK.sampleRate} Hz: resample it first.`,
    );
}

/** Windows lie on the features' grid of 10 ms. */
function inSamples(time: Seconds, what: string): number {
  const numSamples = Math.round(time * FBANK.sampleRate);
  if (time > 0 && numSamples % FBANK.frameShift === 0) return numSamples;
  throw new RangeError(`Got a ${what} of ${time} s; expected a multiple of 0.01 s, above 0.`);
}

function joinedParts(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
