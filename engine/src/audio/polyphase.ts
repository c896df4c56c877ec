/**
 * Resampling by a rational factor as a polyphase filter, block by block.
 *
 * After division by the greatest common divisor, `from` input samples become `to` output samples. Output n belongs to
 * phase p = n mod `to` and reads the inputs around sample floor(n / to) · from:
 *
 *   y[n] = Σ_k kernel[p][k] · x[floor(n / to) · from + first[p] + k]
 *
 * Which numbers the kernel holds decides the quality (see torchaudioKernel.ts and kaiserKernel.ts); this file only
 * applies it. Only the last few inputs are kept between blocks, so memory does not grow with the recording, and the
 * sum of one output is the same whatever the block sizes: streaming equals whole-array bit for bit.
 */
export interface PolyphaseKernel {
  readonly from: number;
  readonly to: number;
  /** Most taps that a phase has. */
  readonly maxTaps: number;
  /** Writes the taps of a phase into `out` and returns which they are: inputs `first` … `first + numTaps - 1`. */
  phase(phase: number, out: Float32Array): { first: number; numTaps: number };
  /** How many samples come out for `numInput` samples in. */
  outputLength(numInput: number): number;
}

/** Samples in, samples out, with state between the calls. */
export interface Resampler {
  /** The output that this block completes; its length varies from call to call. */
  push(block: Float32Array): Float32Array;
  /** The rest, once the input has ended. */
  flush(): Float32Array;
}

/** Up to this many taps are computed once and kept (16 MB); rarer ratios compute each phase anew. */
const MAX_TABLE = 1 << 22;

export function polyphaseResampler(kernel: PolyphaseKernel): Resampler {
  const { from, to, maxTaps } = kernel;
  const kept = to * maxTaps <= MAX_TABLE;
  const table = new Float32Array(kept ? to * maxTaps : maxTaps);
  const first = new Int32Array(kept ? to : 1);
  const numTaps = new Int32Array(kept ? to : 1);
  let reach = 0; // how far back of its frame's first input an output may read
  if (kept) {
    for (let phase = 0; phase < to; phase++) {
      const taps = kernel.phase(phase, table.subarray(phase * maxTaps, (phase + 1) * maxTaps));
      first[phase] = taps.first;
      numTaps[phase] = taps.numTaps;
      reach = Math.max(reach, -taps.first);
    }
  } else reach = maxTaps;

  let history = new Float32Array(0); // inputs historyStart …; what lies before 0 is silence
  let historyStart = 0;
  let numInput = 0;
  let numOutput = 0;

  function append(block: Float32Array): void {
    const needed = Math.floor(numOutput / to) * from - reach;
    const drop = Math.min(Math.max(needed - historyStart, 0), history.length);
    const next = new Float32Array(history.length - drop + block.length);
    next.set(history.subarray(drop));
    next.set(block, history.length - drop);
    history = next;
    historyStart += drop;
    numInput += block.length;
  }

  /** Outputs from `numOutput` on, until `limit` outputs exist or (unless `ended`) inputs are missing. */
  function produce(limit: number, ended: boolean): Float32Array {
    const out = new Float32Array(Math.max(0, limit - numOutput));
    let count = 0;
    let frame = Math.floor(numOutput / to);
    let phase = numOutput - frame * to;
    for (; count < out.length; count++) {
      let row = phase;
      if (!kept) {
        const taps = kernel.phase(phase, table);
        first[0] = taps.first;
        numTaps[0] = taps.numTaps;
        row = 0;
      }
      const start = frame * from + first[row];
      const end = start + numTaps[row];
      if (!ended && end > numInput) break;
      const firstTap = row * maxTaps - start;
      const stop = Math.min(end, numInput);
      let sum = 0;
      for (let i = Math.max(start, 0); i < stop; i++) sum += table[firstTap + i] * history[i - historyStart];
      out[count] = sum;
      if (++phase === to) {
        phase = 0;
        frame++;
      }
    }
    numOutput += count;
    return count === out.length ? out : out.slice(0, count);
  }

  return {
    push(block) {
      append(block);
      return produce(Math.floor((numInput * to) / from) + to, false);
    },
    flush() {
      return produce(kernel.outputLength(numInput), true);
    },
  };
}
