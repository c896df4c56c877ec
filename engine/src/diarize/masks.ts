/**
 * Which frames of a chunk an embedding is pooled from. Overlapped speech spoils a voice, so a speaker's mask holds the
 * frames where nobody else talks, unless these are too few to embed: then all of the speaker's frames.
 * pyannote.audio 4.0.7 `speaker_diarization.py:get_embeddings` with `embedding_exclude_overlap`.
 */

export interface ChunkMasks {
  /** (speaker, frame): 1 where the embedding looks; `masks[speaker * numFrames + frame]`. */
  readonly masks: Uint8Array;
  /** Frames of each speaker, and those of them with nobody else. */
  readonly numActive: Uint16Array;
  readonly numSolo: Uint16Array;
}

/**
 * @param talking one chunk, a byte a frame, a bit a speaker
 * @param minNumFrames a solo mask must hold *more* than this many frames; see {@link minSoloFrames}
 */
export function soloMasks(
  talking: Uint8Array,
  numFrames: number,
  numSpeakers: number,
  minNumFrames: number,
): ChunkMasks {
  const masks = new Uint8Array(numSpeakers * numFrames);
  const numActive = new Uint16Array(numSpeakers);
  const numSolo = new Uint16Array(numSpeakers);
  for (let frame = 0; frame < numFrames; frame++) {
    const set = talking[frame];
    for (let s = 0; s < numSpeakers; s++) {
      numActive[s] += (set >> s) & 1;
      numSolo[s] += set === 1 << s ? 1 : 0;
    }
  }
  for (let s = 0; s < numSpeakers; s++) {
    const solo = numSolo[s] > minNumFrames;
    for (let frame = 0; frame < numFrames; frame++) {
      const set = talking[frame];
      masks[s * numFrames + frame] = solo ? Number(set === 1 << s) : (set >> s) & 1;
    }
  }
  return { masks, numActive, numSolo };
}

/** Frames that an embedding needs at least: the model's shortest input, on the segmentation's grid, rounded up. */
export function minSoloFrames(numFrames: number, minNumSamples: number, chunkNumSamples: number): number {
  return Math.ceil((numFrames * minNumSamples) / chunkNumSamples);
}
