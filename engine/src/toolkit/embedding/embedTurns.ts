import { FBANK } from '../../audio/fbank.ts';
import type { AudioStream } from '../../core/audio.ts';
import { AudioError } from '../../core/errors.ts';
import type { Seconds } from '../../core/segment.ts';
import type { Turn } from '../../core/turn.ts';
import type { EmbeddingModel } from '../../model/embedding.ts';
import type { WindowOptions } from '../segmentation/windowScores.ts';
import { checkRate } from './embedRecording.ts';
import { embedSound, leastNumSamples, soundOf } from './embedSound.ts';

/**
 * A vector for each turn, from its own samples: pyannote.audio 4.0.7 `Inference.crop(file, turn)`. Networks that want to
 * know the recording around the turn (the embedded one subtracts a mean over a minute) are given it. The recording is
 * read once and only as much of it kept as turns still need.
 */
export interface TurnEmbedding extends Turn {
  /** Absent where there is none: see `reason`. */
  readonly vector?: Float32Array;
  /** The turn lies outside the recording, or holds too little sound for a voice. */
  readonly reason?: 'outside' | 'too short';
}

export interface TurnEmbeddings {
  readonly duration: Seconds;
  /** In the order in which the turns were given. */
  readonly turns: readonly TurnEmbedding[];
}

/** Context begins on a multiple of this before the turn: a multiple of every trunk's stride. */
const ALIGNMENT = 16 * FBANK.frameShift;

export async function embedTurns(
  audio: AudioStream,
  model: EmbeddingModel,
  turns: readonly Turn[],
  { signal, observe }: Pick<WindowOptions, 'signal' | 'observe'> = {},
): Promise<TurnEmbeddings> {
  checkRate(audio);
  const { sampleRate, frameShift } = FBANK;
  const context = Math.max(0, model.contextFrames) * frameShift;
  const cuts = turns
    .map((turn, index) => ({ turn, index, ...cutOf(turn, context) }))
    .sort((a, b) => a.low - b.low || a.high - b.high);
  const found: TurnEmbedding[] = turns.map((turn) => ({ ...turn, reason: 'outside' }));
  const sound = new Buffered();
  let open: typeof cuts = []; // begun, not yet embedded
  let next = 0;

  /** Embeds what has all its sound, or, at the end, all that there is. */
  async function embedReady(ended: boolean): Promise<void> {
    while (next < cuts.length && cuts[next].low < sound.end) open.push(cuts[next++]);
    const waiting: typeof cuts = [];
    for (const cut of open) {
      if (!ended && cut.high > sound.end) {
        waiting.push(cut);
        continue;
      }
      signal?.throwIfAborted();
      const [from, to] = [cut.from, Math.min(cut.to, sound.end)];
      if (from >= to) continue; // only its context lies in the recording
      if (to - from < leastNumSamples(model)) found[cut.index] = { ...cut.turn, reason: 'too short' };
      else {
        const piece = soundOf(sound.slice(cut.low, cut.high), model);
        const vector = await embedSound(piece, model, { from: from - cut.low, to: to - cut.low, signal });
        found[cut.index] = { ...cut.turn, vector };
      }
    }
    open = waiting;
    const needed = [...waiting, ...cuts.slice(next, next + 1)].map(({ low }) => low);
    sound.dropBefore(Math.min(sound.end, ...needed));
  }

  let numSamples = 0;
  for await (const block of audio.blocks) {
    signal?.throwIfAborted();
    sound.append(block);
    numSamples += block.length;
    await embedReady(false);
    observe?.({ type: 'progress', stage: 'embedding', done: numSamples / sampleRate, total: audio.duration });
  }
  if (numSamples === 0) throw new AudioError('audio_empty', 'The recording holds no samples.');
  await embedReady(true);
  return { duration: numSamples / sampleRate, turns: found };
}

/** In samples: the turn [from, to), and [low, high) with the context around it. */
function cutOf({ start, end }: Turn, context: number): { from: number; to: number; low: number; high: number } {
  if (!(Number.isFinite(start) && Number.isFinite(end)))
    throw new RangeError(`Got a turn from ${start} to ${end}; expected both times as numbers of seconds.`);
  const from = Math.max(0, Math.round(start * FBANK.sampleRate));
  const to = Math.max(from, Math.round(end * FBANK.sampleRate));
  const low = from - Math.floor(Math.min(from, context) / ALIGNMENT) * ALIGNMENT;
  return { from, to, low, high: to + context };
}

/** The newest part of a recording. */
class Buffered {
  start = 0;
  end = 0;
  private data: Float32Array<ArrayBuffer> = new Float32Array(1 << 16);

  append(block: Float32Array): void {
    const used = this.end - this.start;
    if (used + block.length > this.data.length) {
      const grown = new Float32Array(Math.max(2 * this.data.length, used + block.length));
      grown.set(this.data.subarray(0, used));
      this.data = grown;
    }
    this.data.set(block, used);
    this.end += block.length;
  }

  slice(from: number, to: number): Float32Array {
    return this.data.slice(from - this.start, Math.min(to, this.end) - this.start);
  }

  dropBefore(index: number): void {
    if (index <= this.start) return;
    this.data.copyWithin(0, index - this.start, this.end - this.start);
    this.start = index;
  }
}
