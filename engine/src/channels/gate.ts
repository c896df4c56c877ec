import type { AudioStream } from '../core/audio.ts';
import type { Seconds, Segment } from '../core/segment.ts';
import { FRAME, type OwnSpeech } from './ownSpeech.ts';

/**
 * A channel with only what is its own: who leaks in from other channels is turned down to the channel's noise floor, so that
 * networks do not hear them. Not to silence: networks that take the mean of a recording away would hear the difference.
 *
 *     channel   ▅▇▇▅▁▂▂▁▅▇▅     ▂ leaks in
 *     own       ━━━━     ━━━
 *     gated     ▅▇▇▅▁▁▁▁▅▇▅
 *
 * A gain for each frame of 20 ms, moving from one to the next.
 */
export interface GateOptions {
  /** Level of the channel's noise in dBFS, as the levels of `own` are. */
  readonly floorDb: number;
  /** So much around each stretch of its own stays as it is. */
  readonly margin?: Seconds;
}

export function gated(stream: AudioStream, own: OwnSpeech, options: GateOptions): AudioStream {
  const gains = gainsOf(own, options);
  const step = FRAME * stream.sampleRate;
  async function* blocks(): AsyncGenerator<Float32Array> {
    let start = 0;
    for await (const block of stream.blocks) {
      const out = new Float32Array(block.length);
      for (let i = 0; i < block.length; i++) {
        // From the middle of one frame to that of the next.
        const at = Math.max(0, (start + i) / step - 0.5);
        const f = Math.min(Math.floor(at), gains.length - 1);
        const next = Math.min(f + 1, gains.length - 1);
        out[i] = block[i] * (gains[f] + (at - f) * (gains[next] - gains[f]));
      }
      yield out;
      start += block.length;
    }
  }
  return gains.length === 0 ? stream : { ...stream, blocks: blocks() };
}

function gainsOf({ levels, segments }: OwnSpeech, { floorDb, margin = 0.1 }: GateOptions): Float32Array {
  const gains = Float32Array.from(levels, (level) => Math.min(1, 10 ** ((floorDb - level) / 20)));
  for (const { start, end } of segments as readonly Segment[]) {
    const from = Math.max(0, Math.floor((start - margin) / FRAME));
    gains.fill(1, from, Math.max(from, Math.ceil((end + margin) / FRAME)));
  }
  return gains;
}
