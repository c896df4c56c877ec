import { eachStretch, type Stretch } from '../audio/stretches.ts';
import type { AudioStream } from '../core/audio.ts';
import { type ChunkedActivity, MOST_LOCAL_SPEAKERS, packSpeakers } from '../core/frames.ts';
import type { Seconds } from '../core/segment.ts';
import type { Voice } from '../model/embedding.ts';
import { hysteresis } from './binarize.ts';
import { chunkScores } from './chunkScores.ts';
import type { LocalEmbeddings } from './embeddings.ts';
import { keptSpeech, type StretchSpeech } from './keptSpeech.ts';
import { minSoloFrames, soloMasks } from './masks.ts';
import type { DiarizationModels, DiarizeOptions } from './options.ts';
import { decodeHard, powerset } from './powerset.ts';
import { regroupStretch } from './regroupStretch.ts';
import type { TurnVoices } from './turnVoices.ts';

/**
 * The part of the pipeline that listens: chunk by chunk, who talks (by a number local to the chunk), and how each of them
 * sounds. The recording streams through; what stays is a byte a frame and a vector a voice.
 *
 *   stretch of chunks → segmentation → powerset decode → (regroup →) masks → embeddings       two or more stretches at a time
 */
export interface LocalSpeech {
  readonly duration: Seconds;
  readonly activity: ChunkedActivity;
  readonly embeddings: LocalEmbeddings;
  /** Where turns were grouped anew. */
  readonly turns?: TurnVoices;
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
  const { signal, observe, checkpoint } = options;
  if (audio.sampleRate !== sampleRate)
    throw new RangeError(
      `Got sound at ${audio.sampleRate} Hz when the model hears ${sampleRate} Hz: resample it first.`,
    );
  if (numSpeakers > MOST_LOCAL_SPEAKERS)
    throw new RangeError(
      `Got a segmentation of ${numSpeakers} speakers a chunk when ${MOST_LOCAL_SPEAKERS} are the most that diarization takes.`,
    );
  const chunkDuration = chunkNumSamples / sampleRate;
  const { step = chunkDuration / 10 } = options;
  const stepNumSamples = Math.round(step * sampleRate);
  // As pyannote's Inference, which takes no step longer than its chunks; without one the reader would never move on.
  if (!(stepNumSamples >= 1 && stepNumSamples <= chunkNumSamples))
    throw new RangeError(
      `Got a step of ${step} s when more than 0 and at most a chunk's ${chunkDuration} s was expected.`,
    );

  const kept = keptSpeech(numFrames, embedding.dimension);
  const inFlight = new Set<Promise<void>>();
  let segmented = 0;
  let embedded = 0;
  const most = audio.duration ?? Number.POSITIVE_INFINITY; // the last chunk reaches beyond the end
  const report = (): void => {
    const total = audio.duration;
    observe?.({ type: 'progress', stage: 'segmentation', done: Math.min(segmented, most), total });
    observe?.({ type: 'progress', stage: 'embedding', done: Math.min(embedded, most), total });
  };

  async function hear(stretch: Stretch): Promise<StretchSpeech> {
    const known = await checkpoint?.load(stretch.firstChunk);
    const talking = known?.talking ?? (await segmentStretch(stretch, models, options, stepNumSamples));
    segmented += (stretch.numChunks * stepNumSamples) / sampleRate;
    report();
    if (known !== undefined) return known;
    const speech = await embedStretch(stretch, talking, models, options, stepNumSamples);
    await checkpoint?.save(speech);
    return speech;
  }

  const { chunksPerStretch, contextFrames } = embedding;
  const cut = { chunkNumSamples, stepNumSamples, chunksPerStretch, contextFrames, signal };
  let numSamples = 0;
  try {
    numSamples = await eachStretch(audio, cut, async (stretch) => {
      const length = (stretch.numChunks * stepNumSamples) / sampleRate;
      const work = hear(stretch).then((speech) => {
        embedded += length;
        report();
        kept.add(speech);
        inFlight.delete(work);
      });
      work.catch(() => {}); // it is awaited below; until then Node must not call it unhandled
      inFlight.add(work);
      if (inFlight.size >= maxInFlight) await Promise.race(inFlight);
    });
    await Promise.all(inFlight);
    segmented = embedded = numSamples / sampleRate;
    report();
  } catch (error) {
    await Promise.allSettled(inFlight);
    throw error;
  }

  const { talking, ...voices } = kept.finish();
  return {
    duration: numSamples / sampleRate,
    activity: {
      chunks: { start: 0, duration: chunkDuration, step },
      numChunks: talking.length / numFrames,
      grid: segmentation.grid,
      numFrames,
      width: options.regroup && embedding.hear ? MOST_LOCAL_SPEAKERS : numSpeakers,
      talking,
    },
    ...voices,
  };
}

/** Who talks in one stretch, (chunk, frame), a bit a speaker. */
async function segmentStretch(
  stretch: Stretch,
  { segmentation, concurrency = 2 }: Listening,
  { observe, onset = 0.5, signal }: DiarizeOptions,
  stepNumSamples: number,
): Promise<Uint8Array> {
  const { numFrames, numSpeakers, numClasses, maxSimultaneous } = segmentation;
  const talking = new Uint8Array(stretch.numChunks * numFrames);
  const sets = maxSimultaneous > 0 ? powerset(numSpeakers, maxSimultaneous) : undefined;
  function take(first: number, size: number, scores: Float32Array): void {
    for (let i = 0; i < size; i++) {
      const chunk = scores.subarray(i * numFrames * numClasses, (i + 1) * numFrames * numClasses);
      const decoded = sets ? decodeHard(sets, chunk) : hysteresis(chunk, numFrames, numSpeakers, { onset });
      talking.set(packSpeakers(decoded, numSpeakers), (first + i) * numFrames);
    }
    observe?.({ type: 'scores', firstChunk: stretch.firstChunk + first, numChunks: size, scores });
  }
  await chunkScores(stretch, segmentation, take, { stepNumSamples, concurrency, signal });
  return talking;
}

/** The voices of one stretch, and a vector for each. */
async function embedStretch(
  stretch: Stretch,
  talking: Uint8Array,
  { segmentation, embedding }: Listening,
  options: DiarizeOptions,
  stepNumSamples: number,
): Promise<StretchSpeech> {
  const { chunkNumSamples, numFrames, numSpeakers, grid } = segmentation;
  const { excludeOverlap = true, regroup: likeness, signal } = options;
  const minSolo = excludeOverlap
    ? minSoloFrames(numFrames, embedding.minNumSamples, chunkNumSamples)
    : Number.POSITIVE_INFINITY;
  const shape = { numFrames, chunkNumSamples, stepNumSamples };
  const local = voicesOf(stretch, talking, { ...shape, width: numSpeakers, minSolo });
  if (likeness === undefined || embedding.hear === undefined)
    return speechOf(stretch, talking, local, await embedding.embed(stretch, local.voices, { signal }));
  const pool = await embedding.hear(stretch, local.voices, { signal });
  const { talking: anew, turns } = await regroupStretch(stretch, talking, pool, {
    ...shape,
    likeness,
    dimension: embedding.dimension,
    numSpeakers,
    frameStep: grid.step,
    signal,
  });
  const groups = voicesOf(stretch, anew, { ...shape, width: MOST_LOCAL_SPEAKERS, minSolo });
  return { ...speechOf(stretch, anew, groups, await pool(groups.voices, { signal })), turns };
}

interface LocalVoices {
  readonly voices: readonly Voice[];
  readonly speakers: readonly number[];
  readonly numSolo: readonly number[];
}

interface VoicesShape {
  readonly numFrames: number;
  readonly chunkNumSamples: number;
  readonly stepNumSamples: number;
  readonly width: number;
  readonly minSolo: number;
}

/** Everybody who talks in a chunk, chunk by chunk, with the frames that tell how they sound. */
function voicesOf(
  { firstChunk, numChunks, startSample }: Stretch,
  talking: Uint8Array,
  { numFrames, chunkNumSamples, stepNumSamples, width, minSolo }: VoicesShape,
): LocalVoices {
  const voices: Voice[] = [];
  const speakers: number[] = [];
  const numSolo: number[] = [];
  for (let i = 0; i < numChunks; i++) {
    const chunk = soloMasks(talking.subarray(i * numFrames, (i + 1) * numFrames), numFrames, width, minSolo);
    for (let speaker = 0; speaker < width; speaker++) {
      if (chunk.numActive[speaker] === 0) continue;
      voices.push({
        chunk: firstChunk + i,
        startSample: startSample + i * stepNumSamples,
        numSamples: chunkNumSamples,
        mask: chunk.masks.subarray(speaker * numFrames, (speaker + 1) * numFrames),
      });
      speakers.push(speaker);
      numSolo.push(chunk.numSolo[speaker]);
    }
  }
  return { voices, speakers, numSolo };
}

function speechOf(
  { firstChunk }: Stretch,
  talking: Uint8Array,
  { voices, speakers, numSolo }: LocalVoices,
  vectors: Float32Array,
): StretchSpeech {
  return {
    firstChunk,
    talking,
    chunk: Int32Array.from(voices, ({ chunk }) => chunk),
    speaker: Int32Array.from(speakers),
    numSolo: Int32Array.from(numSolo),
    vectors,
  };
}
