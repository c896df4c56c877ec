import { FBANK, fbank, numFbankFrames } from '../../audio/fbank.ts';
import type { LogMelFrames, Stretch } from '../../audio/stretches.ts';
import { AudioError } from '../../core/errors.ts';
import type { Seconds } from '../../core/segment.ts';
import type { Signal } from '../../core/signal.ts';
import type { EmbeddingModel, Voice } from '../../model/embedding.ts';

/**
 * One vector for a stretch of sound as a whole: everything in it is taken for one voice. With all weights alike the
 * pooling is a mean and a standard deviation with Bessel's correction, which is what pyannote.audio 4.0.7 computes when
 * it calls the network without weights (`Inference(window="whole")`, `SpeakerEmbedding`).
 */
export interface Sound {
  /** At 16 kHz. May be left empty when `frames` are given and the network takes these. */
  readonly samples: Float32Array;
  readonly numSamples: number;
  readonly frames: LogMelFrames;
}

/** 16 kHz samples with the features that the network wants of them. */
export function soundOf(samples: Float32Array, model: EmbeddingModel): Sound {
  const numFrames = model.contextFrames < 0 ? 0 : numFbankFrames(samples.length);
  const data = numFrames > 0 ? fbank(samples) : new Float32Array();
  return {
    samples,
    numSamples: samples.length,
    frames: { firstFrame: 0, numFrames, numRealFrames: numFrames, data },
  };
}

/** The vector of samples [from, to) of a sound; what lies around them is only looked at by networks that want context. */
export async function embedSound(
  { samples, numSamples, frames }: Sound,
  model: EmbeddingModel,
  {
    from = 0,
    to = numSamples,
    signal,
  }: { readonly from?: number; readonly to?: number; readonly signal?: Signal } = {},
): Promise<Float32Array> {
  const least = leastNumSamples(model);
  if (to - from < least)
    throw new AudioError(
      'audio_invalid',
      `Got ${seconds(to - from)} s of sound, too short for a voice; the network needs at least ${seconds(least)} s.`,
    );
  const stretch: Stretch = {
    firstChunk: 0,
    numChunks: 1,
    startSample: 0,
    samples,
    frames,
    readUntil: numSamples / FBANK.sampleRate,
    isLast: true,
  };
  return model.embed(stretch, [wholeVoice(0, from, to - from)], { signal });
}

/** A voice that fills its window: its mask is 1 everywhere, at the pace of the segmentation's frames. */
export function wholeVoice(chunk: number, startSample: number, numSamples: number): Voice {
  const numMask = Math.max(1, 1 + Math.floor((numSamples - 991) / 270));
  return { chunk, startSample, numSamples, mask: new Uint8Array(numMask).fill(1) };
}

/** Networks need one frame of features at least, whatever they say of themselves. */
export function leastNumSamples({ minNumSamples }: EmbeddingModel): number {
  return Math.max(minNumSamples, FBANK.frameLength);
}

function seconds(numSamples: number): Seconds {
  return Math.max(0, numSamples) / FBANK.sampleRate;
}
