import { type Stretch, stretches } from '../audio/stretches.ts';
import type { AudioStream } from '../core/audio.ts';
import type { ChunkedActivity } from '../core/frames.ts';
import { forEachLimited } from '../core/limited.ts';
import type { Seconds } from '../core/segment.ts';
import type { Voice } from '../model/embedding.ts';
import { hysteresis } from './binarize.ts';
import type { LocalEmbeddings } from './embeddings.ts';
import { minSoloFrames, soloMasks } from './masks.ts';
import type { DiarizationModels, DiarizeOptions } from './options.ts';
import { decodeHard, powerset } from './powerset.ts';

/**
 * The part of the pipeline that listens: chunk by chunk, who talks (by a number local to the chunk), and how each of them
 * sounds. The recording streams through; what stays is a byte a frame and a vector a voice.
 *
 *   stretch of chunks → segmentation → powerset decode → masks → embeddings        two or more stretches at a time
 */
export interface LocalSpeech {
  readonly duration: Seconds;
  readonly activity: ChunkedActivity;
  readonly embeddings: LocalEmbeddings;
}

type Listening = Pick<DiarizationModels, 'segmentation' | 'embedding' | 'concurrency'>;

export async function localSpeech(
  audio: AudioStream,
  models: Listening,
  options: DiarizeOptions,
): Promise<LocalSpeech> {
  const { segmentation, embedding, concurrency = 2 } = models;
  // While the voices of one stretch are embedded the next is segmented: no inference thread waits.
  const maxInFlight = Math.max(2, Math.ceil(concurrency / 4));
  const { sampleRate, chunkNumSamples, numFrames, numSpeakers } = segmentation;
  const { signal, observe } = options;
  if (audio.sampleRate !== sampleRate)
    throw new RangeError(
      `Got sound at ${audio.sampleRate} Hz when the model hears ${sampleRate} Hz: resample it first.`,
    );
  const chunkDuration = chunkNumSamples / sampleRate;
  const { step = chunkDuration / 10 } = options;
  const stepNumSamples = Math.round(step * sampleRate);

  const results: StretchSpeech[] = [];
  const inFlight = new Set<Promise<void>>();
  let segmented = 0;
  let embedded = 0;
  const report = (): void => {
    observe?.({ type: 'progress', stage: 'segmentation', done: segmented, total: audio.duration });
    observe?.({ type: 'progress', stage: 'embedding', done: embedded, total: audio.duration });
  };

  const reader = stretches(audio, {
    chunkNumSamples,
    stepNumSamples,
    chunksPerStretch: embedding.chunksPerStretch,
    contextFrames: embedding.contextFrames,
  });
  let numSamples = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value: stretch } = await reader.next();
      if (done) {
        numSamples = stretch;
        break;
      }
      const length = (stretch.numChunks * stepNumSamples) / sampleRate;
      const work = segmentStretch(stretch, models, options, stepNumSamples)
        .then((segments) => {
          segmented += length;
          report();
          return embedStretch(stretch, segments, models, options, stepNumSamples);
        })
        .then((speech) => {
          embedded += length;
          report();
          results[speech.order] = speech;
          inFlight.delete(work);
        });
      work.catch(() => {}); // it is awaited below; until then Node must not call it unhandled
      inFlight.add(work);
      if (inFlight.size >= maxInFlight) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);
  } catch (error) {
    await reader.return(0);
    await Promise.allSettled(inFlight);
    throw error;
  }

  const parts = results.filter(() => true); // stretches are numbered by their first chunk: leave out the holes
  const data = concatBytes(parts.map(({ active }) => active));
  return {
    duration: numSamples / sampleRate,
    activity: {
      chunks: { start: 0, duration: chunkDuration, step },
      numChunks: data.length / (numFrames * numSpeakers),
      grid: segmentation.grid,
      numFrames,
      width: numSpeakers,
      data,
    },
    embeddings: joinEmbeddings(parts, embedding.dimension),
  };
}

interface StretchSpeech {
  readonly order: number;
  /** (chunk, frame, speaker) */
  readonly active: Uint8Array;
  readonly voices: readonly Voice[];
  readonly speakers: readonly number[];
  readonly numSolo: readonly number[];
  readonly vectors: Float32Array;
}

/** (chunk, frame, speaker) of one stretch, 0 or 1. */
async function segmentStretch(
  stretch: Stretch,
  { segmentation, concurrency = 2 }: Listening,
  { observe, onset = 0.5, signal }: DiarizeOptions,
  stepNumSamples: number,
): Promise<Uint8Array> {
  const { chunkNumSamples, numFrames, numSpeakers, numClasses, maxSimultaneous, batchSize } = segmentation;
  const { firstChunk, numChunks, samples } = stretch;
  const active = new Uint8Array(numChunks * numFrames * numSpeakers);
  const sets = maxSimultaneous > 0 ? powerset(numSpeakers, maxSimultaneous) : undefined;

  async function runBatch(first: number, size: number): Promise<void> {
    signal?.throwIfAborted();
    const waveforms = new Float32Array(size * chunkNumSamples);
    for (let i = 0; i < size; i++) {
      const from = (first + i) * stepNumSamples;
      waveforms.set(samples.subarray(from, from + chunkNumSamples), i * chunkNumSamples);
    }
    const scores = await segmentation.run(waveforms, size);
    for (let i = 0; i < size; i++) {
      const chunk = scores.subarray(i * numFrames * numClasses, (i + 1) * numFrames * numClasses);
      const decoded = sets ? decodeHard(sets, chunk) : hysteresis(chunk, numFrames, numSpeakers, { onset });
      active.set(decoded, (first + i) * numFrames * numSpeakers);
    }
    observe?.({ type: 'scores', firstChunk: firstChunk + first, numChunks: size, scores });
  }

  // The chunk that holds padding runs alone, as in pyannote: the others' numbers are then the same in any batch.
  const numWhole = stretch.isLast && numChunks > 1 ? numChunks - 1 : numChunks;
  function* batches(): Generator<[first: number, size: number]> {
    for (let first = 0; first < numWhole; first += batchSize) yield [first, Math.min(batchSize, numWhole - first)];
    if (numWhole < numChunks) yield [numWhole, 1];
  }
  await forEachLimited(batches(), concurrency, ([first, size]) => runBatch(first, size));
  return active;
}

/** The voices of one stretch, and a vector for each. */
async function embedStretch(
  stretch: Stretch,
  active: Uint8Array,
  { segmentation, embedding }: Listening,
  { excludeOverlap = true, signal }: DiarizeOptions,
  stepNumSamples: number,
): Promise<StretchSpeech> {
  const { chunkNumSamples, numFrames, numSpeakers } = segmentation;
  const size = numFrames * numSpeakers;
  const minSolo = excludeOverlap
    ? minSoloFrames(numFrames, embedding.minNumSamples, chunkNumSamples)
    : Number.POSITIVE_INFINITY;
  const voices: Voice[] = [];
  const speakers: number[] = [];
  const numSolo: number[] = [];
  for (let i = 0; i < stretch.numChunks; i++) {
    const chunk = soloMasks(active.subarray(i * size, (i + 1) * size), numFrames, numSpeakers, minSolo);
    for (let speaker = 0; speaker < numSpeakers; speaker++) {
      if (chunk.numActive[speaker] === 0) continue;
      voices.push({
        chunk: stretch.firstChunk + i,
        startSample: stretch.startSample + i * stepNumSamples,
        numSamples: chunkNumSamples,
        mask: chunk.masks.subarray(speaker * numFrames, (speaker + 1) * numFrames),
      });
      speakers.push(speaker);
      numSolo.push(chunk.numSolo[speaker]);
    }
  }
  const vectors = await embedding.embed(stretch, voices, { signal });
  return { order: stretch.firstChunk, active, voices, speakers, numSolo, vectors };
}

function joinEmbeddings(parts: readonly StretchSpeech[], dimension: number): LocalEmbeddings {
  const numRows = parts.reduce((sum, { voices }) => sum + voices.length, 0);
  const vectors = new Float32Array(numRows * dimension);
  const chunk = new Int32Array(numRows);
  const speaker = new Int32Array(numRows);
  const numSolo = new Int32Array(numRows);
  let row = 0;
  for (const part of parts) {
    vectors.set(part.vectors, row * dimension);
    for (let i = 0; i < part.voices.length; i++, row++) {
      chunk[row] = part.voices[i].chunk;
      speaker[row] = part.speakers[i];
      numSolo[row] = part.numSolo[i];
    }
  }
  return { dimension, numRows, chunk, speaker, numSolo, vectors };
}

function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
