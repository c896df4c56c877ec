import { centre, FBANK } from '../../audio/fbank.ts';
import { framesBetween } from '../../audio/logMel.ts';
import type { Stretch } from '../../audio/stretches.ts';
import { type EmbeddingModel, embedByChunk, type Voice } from '../embedding.ts';
import { floats, type Session } from '../runtime.ts';

/**
 * A network that knows no masks: (frames) → vector. The frames of the voice are cut out of the window and put together
 * before the network sees them, minus the mean of what is left. A voice shorter than the network's shortest input gives
 * NaN, which the clusterings leave out. pyannote.audio 4.0.7 `ONNXWeSpeakerPretrainedSpeakerEmbedding`; another algorithm
 * than masked pooling, with other results.
 */
export interface CutFramesOptions {
  /** (batch, frames, 80) → (batch, dimension) */
  readonly session: Session;
  readonly inputName: string;
  readonly outputName: string;
  readonly dimension: number;
  readonly minNumFrames?: number;
  readonly centred?: boolean;
}

export function cutFrames({
  session,
  inputName,
  outputName,
  dimension,
  minNumFrames = 1,
  centred = true,
}: CutFramesOptions): EmbeddingModel {
  const { numBins, frameShift, frameLength } = FBANK;

  async function embedVoice(stretch: Stretch, voice: Voice): Promise<Float32Array> {
    const first = voice.startSample / frameShift;
    const numFrames = 1 + Math.floor((voice.numSamples - frameLength) / frameShift);
    const window = framesBetween(stretch.frames, first, first + numFrames);
    const kept: number[] = [];
    for (let frame = 0; frame < numFrames; frame++)
      if (voice.mask[Math.floor((frame * voice.mask.length) / numFrames)]) kept.push(frame); // nearest, as torch
    if (kept.length < minNumFrames) return new Float32Array(dimension).fill(Number.NaN);
    const cut = new Float32Array(kept.length * numBins);
    kept.forEach((frame, i) => {
      cut.set(window.subarray(frame * numBins, (frame + 1) * numBins), i * numBins);
    });
    const { [outputName]: vector } = await session.run({
      [inputName]: floats(centred ? centre(cut) : cut, [1, kept.length, numBins]),
    });
    return vector.data as Float32Array;
  }

  const embed: EmbeddingModel['embed'] = (stretch, voices, options = {}) =>
    embedByChunk(voices, dimension, options, async (chunk) => {
      const vectors = new Float32Array(chunk.length * dimension);
      for (let i = 0; i < chunk.length; i++) vectors.set(await embedVoice(stretch, chunk[i]), i * dimension);
      return vectors;
    });

  return {
    dimension,
    minNumSamples: (minNumFrames - 1) * frameShift + frameLength,
    contextFrames: 0,
    chunksPerStretch: 16,
    embed,
  };
}
