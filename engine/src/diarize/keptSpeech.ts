import type { LocalEmbeddings } from './embeddings.ts';
import type { TurnVoices } from './turnVoices.ts';

/**
 * What is kept of a recording that streams through: a byte a frame and a vector a voice. Stretches come in any order and go
 * to the end of one array each as soon as those before them are there, so that nothing is held twice when the last has come.
 */
export interface KeptSpeech {
  add(speech: StretchSpeech): void;
  finish(): { readonly talking: Uint8Array; readonly embeddings: LocalEmbeddings; readonly turns?: TurnVoices };
}

/** What was heard in one stretch; what a checkpoint keeps. */
export interface StretchSpeech {
  readonly firstChunk: number;
  /** (chunk, frame): a bit a speaker, as in ChunkedActivity. */
  readonly talking: Uint8Array;
  /** (voice) chunk of the recording, local speaker, frames alone. */
  readonly chunk: Int32Array;
  readonly speaker: Int32Array;
  readonly numSolo: Int32Array;
  /** (voice, dimension) */
  readonly vectors: Float32Array;
  /** Where turns were grouped anew: in all stretches or in none. */
  readonly turns?: TurnVoices;
}

/** Keeps what has been heard, stretch by stretch, so that a run that was interrupted can go on where it was. */
export interface SpeechStore {
  load(firstChunk: number): Promise<StretchSpeech | undefined>;
  save(speech: StretchSpeech): Promise<void>;
}

/**
 * @param numFrames of a chunk
 * @param dimension of a vector
 */
export function keptSpeech(numFrames: number, dimension: number): KeptSpeech {
  const talking = growing<Uint8Array>(Uint8Array);
  const chunk = growing<Int32Array>(Int32Array);
  const speaker = growing<Int32Array>(Int32Array);
  const numSolo = growing<Int32Array>(Int32Array);
  const vectors = growing<Float32Array>(Float32Array);
  const spans = growing<Int32Array>(Int32Array);
  const weights = growing<Float32Array>(Float32Array);
  const turnVectors = growing<Int8Array>(Int8Array);
  let withTurns = false;
  /** Stretches whose predecessor is still under way, by their first chunk: as many as are heard at once. */
  const early = new Map<number, StretchSpeech>();
  let numChunks = 0;

  function add(speech: StretchSpeech): void {
    early.set(speech.firstChunk, speech);
    for (let next = early.get(numChunks); next !== undefined; next = early.get(numChunks)) {
      early.delete(numChunks);
      numChunks += next.talking.length / numFrames;
      talking.append(next.talking);
      chunk.append(next.chunk);
      speaker.append(next.speaker);
      numSolo.append(next.numSolo);
      vectors.append(next.vectors);
      if (next.turns === undefined) continue;
      withTurns = true;
      spans.append(next.turns.spans);
      weights.append(next.turns.weights);
      turnVectors.append(next.turns.vectors);
    }
  }

  return {
    add,
    finish: () => ({
      talking: talking.values(),
      embeddings: {
        dimension,
        numRows: chunk.values().length,
        chunk: chunk.values(),
        speaker: speaker.values(),
        numSolo: numSolo.values(),
        vectors: vectors.values(),
      },
      ...(withTurns
        ? { turns: { spans: spans.values(), weights: weights.values(), vectors: turnVectors.values() } }
        : {}),
    }),
  };
}

type Numbers = Uint8Array | Int8Array | Int32Array | Float32Array;

interface Growing<A extends Numbers> {
  append(values: A): void;
  /** A view of all that was appended. */
  values(): A;
}

/** An array with room for a quarter more than it was last found to need; pages that nothing is written to take no memory. */
function growing<A extends Numbers>(Kind: new (length: number) => A): Growing<A> {
  let data = new Kind(0);
  let used = 0;
  return {
    append(values) {
      const needed = used + values.length;
      if (needed > data.length) {
        const grown = new Kind(Math.ceil(1.25 * needed));
        grown.set(data.subarray(0, used));
        data = grown;
      }
      data.set(values, used);
      used = needed;
    },
    values: () => data.subarray(0, used) as A,
  };
}
