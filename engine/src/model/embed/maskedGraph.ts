import { centre, FBANK } from '../../audio/fbank.ts';
import { framesBetween } from '../../audio/logMel.ts';
import type { Stretch } from '../../audio/stretches.ts';
import { type EmbeddingModel, embedByChunk, type Voice } from '../embedding.ts';
import { floats, type Session } from '../runtime.ts';

/**
 * A network that is one piece: (sound, mask) → vector. `sound` is the window's samples, or its log-mel frames minus their
 * mean. Some take several masks of one window at once (speakrs' multi-mask files, three to a window): then the trunk inside
 * runs once a window; others run once a voice.
 */
export interface MaskedGraphOptions {
  readonly session: Session;
  readonly input: 'samples' | 'fbank';
  /** Names of the sound and of the mask. */
  readonly soundName: string;
  readonly maskName: string;
  /** Masks that belong to one sound. */
  readonly masksPerSound?: number;
  /** Rows that the graph wants, when it is not free. */
  readonly batchSize?: number;
  readonly dimension: number;
  readonly minNumSamples?: number;
}

export function maskedGraph({
  session,
  input,
  soundName,
  maskName,
  masksPerSound = 1,
  batchSize = 1,
  dimension,
  minNumSamples = FBANK.frameLength,
}: MaskedGraphOptions): EmbeddingModel {
  const outputName = session.outputs[0].name;

  function soundOf(stretch: Stretch, { startSample, numSamples }: Voice): { data: Float32Array; dims: number[] } {
    if (input === 'samples') {
      const from = startSample - stretch.startSample;
      return { data: stretch.samples.subarray(from, from + numSamples), dims: [1, numSamples] };
    }
    const first = startSample / FBANK.frameShift;
    const numFrames = 1 + Math.floor((numSamples - FBANK.frameLength) / FBANK.frameShift);
    return { data: centre(framesBetween(stretch.frames, first, first + numFrames)), dims: [numFrames, FBANK.numBins] };
  }

  /** Up to `masksPerSound` voices of one chunk; the rest of the batch stays silent. */
  async function run(stretch: Stretch, voices: readonly Voice[]): Promise<Float32Array> {
    const sound = soundOf(stretch, voices[0]);
    const numMask = voices[0].mask.length;
    const data = new Float32Array(batchSize * sound.data.length);
    data.set(sound.data);
    const masks = new Float32Array(batchSize * masksPerSound * numMask);
    voices.forEach(({ mask }, i) => {
      masks.set(mask, i * numMask);
    });
    const { [outputName]: vectors } = await session.run({
      [soundName]: floats(data, [batchSize, ...sound.dims]),
      [maskName]: floats(masks, [batchSize * masksPerSound, numMask]),
    });
    return (vectors.data as Float32Array).subarray(0, voices.length * dimension);
  }

  const embed: EmbeddingModel['embed'] = (stretch, voices, options = {}) =>
    embedByChunk(voices, dimension, options, async (chunk) => {
      const vectors = new Float32Array(chunk.length * dimension);
      for (let at = 0; at < chunk.length; at += masksPerSound)
        vectors.set(await run(stretch, chunk.slice(at, at + masksPerSound)), at * dimension);
      return vectors;
    });

  return { dimension, minNumSamples, contextFrames: input === 'samples' ? -1 : 0, chunksPerStretch: 16, embed };
}
