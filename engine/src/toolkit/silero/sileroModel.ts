import { ModelError } from '../../core/errors.ts';
import { floats, type Session, type Tensor } from '../../model/runtime.ts';

/**
 * Silero VAD, versions 5 and 6: the probability of speech in each 32 ms. It is a recurrent network with a memory, and
 * each step also wants the end of the one before:
 *
 *   samples   ············|················|················|
 *   step 1           [ 64 |      512       ]                      at 16 kHz; 32 and 256 at 8 kHz
 *   step 2                           [ 64  |      512       ]     without those 64 the probabilities collapse, silently
 *
 * Two forms of the file are known. `streaming` takes one step: input (1, 576), state (2, 1, 128), sr → output (1, 1),
 * stateN. `sequence` takes many at once, with the same result: input (n, 576), h and c (1, 1, 128) → speech_probs (n).
 * Contract of the silero-vad package 6.2.3, `OnnxWrapper`.
 */
export interface SileroModel {
  readonly sampleRate: number;
  /** Samples of a step. */
  readonly stepNumSamples: number;
  /** Begins a recording. */
  begin(): SileroStream;
}

/** One recording on its way through the network. Calls must wait for each other. */
export interface SileroStream {
  /** The probabilities of the steps that these samples complete. */
  push(samples: Float32Array): Promise<Float32Array>;
  /** The last step, filled up with zeros; none when nothing is left. */
  end(): Promise<Float32Array>;
}

/** Numbers of the memory, in all. */
const STATE_SIZE = 256;
/** Steps that the sequence form takes at once. */
const MAX_STEPS = 512;

export function sileroModel(
  session: Session,
  { sampleRate = 16000 }: { readonly sampleRate?: 8000 | 16000 } = {},
): SileroModel {
  const form = formOf(session);
  if (!(sampleRate === 16000 || (sampleRate === 8000 && form === 'streaming')))
    throw new RangeError(
      `Got sound at ${sampleRate} Hz; this Silero model hears 16000${form === 'streaming' ? ' or 8000' : ''} Hz.`,
    );
  const stepNumSamples = sampleRate / 31.25;
  const contextNumSamples = stepNumSamples / 8;
  const width = contextNumSamples + stepNumSamples;

  function begin(): SileroStream {
    let context = new Float32Array(contextNumSamples);
    let memory = new Float32Array(STATE_SIZE);
    let waiting = new Float32Array();

    /** (step, sample) with the context in front of each step. */
    async function run(rows: Float32Array, numSteps: number): Promise<Float32Array> {
      if (form === 'sequence') {
        const [h, c] = [memory.slice(0, 128), memory.slice(128)];
        const found = await session.run({
          input: floats(rows, [numSteps, width]),
          h: floats(h, [1, 1, 128]),
          c: floats(c, [1, 1, 128]),
        });
        memory = new Float32Array(STATE_SIZE);
        memory.set(numbers(found.hn));
        memory.set(numbers(found.cn), 128);
        return numbers(found.speech_probs);
      }
      const probabilities = new Float32Array(numSteps);
      for (let i = 0; i < numSteps; i++) {
        const { output, stateN } = await session.run({
          input: floats(rows.slice(i * width, (i + 1) * width), [1, width]),
          state: floats(memory, [2, 1, 128]),
          sr: { type: 'int64', data: BigInt64Array.of(BigInt(sampleRate)), dims: [] },
        });
        probabilities[i] = numbers(output)[0];
        memory = numbers(stateN).slice();
      }
      return probabilities;
    }

    async function steps(samples: Float32Array, numSteps: number): Promise<Float32Array> {
      const probabilities = new Float32Array(numSteps);
      for (let first = 0; first < numSteps; first += MAX_STEPS) {
        const size = Math.min(MAX_STEPS, numSteps - first);
        const rows = new Float32Array(size * width);
        for (let i = 0; i < size; i++) {
          const from = (first + i) * stepNumSamples;
          rows.set(context, i * width);
          rows.set(samples.subarray(from, from + stepNumSamples), i * width + contextNumSamples);
          context = rows.slice((i + 1) * width - contextNumSamples, (i + 1) * width);
        }
        probabilities.set(await run(rows, size), first);
      }
      return probabilities;
    }

    return {
      push: async (samples) => {
        const all = new Float32Array(waiting.length + samples.length);
        all.set(waiting);
        all.set(samples, waiting.length);
        const numSteps = Math.floor(all.length / stepNumSamples);
        waiting = all.slice(numSteps * stepNumSamples);
        return steps(all, numSteps);
      },
      end: async () => {
        if (waiting.length === 0) return new Float32Array();
        const last = new Float32Array(stepNumSamples);
        last.set(waiting);
        waiting = new Float32Array();
        return steps(last, 1);
      },
    };
  }

  return { sampleRate, stepNumSamples, begin };
}

function formOf({ inputs, outputs }: Session): 'streaming' | 'sequence' {
  const has = (names: readonly string[], list: Session['inputs']): boolean =>
    names.every((wanted) => list.some(({ name }) => name === wanted));
  if (has(['input', 'state', 'sr'], inputs) && has(['output', 'stateN'], outputs)) return 'streaming';
  if (has(['input', 'h', 'c'], inputs) && has(['speech_probs', 'hn', 'cn'], outputs)) return 'sequence';
  const found = `${inputs.map(({ name }) => name).join(', ')} → ${outputs.map(({ name }) => name).join(', ')}`;
  throw new ModelError(
    'model_invalid',
    `This is not Silero VAD 5 or 6: it has ${found}; expected input, state, sr → output, stateN. Version 4 and older are not supported.`,
  );
}

function numbers(tensor: Tensor | undefined): Float32Array<ArrayBuffer> {
  if (tensor?.data instanceof Float32Array) return tensor.data as Float32Array<ArrayBuffer>;
  throw new ModelError('model_invalid', 'Got no float32 numbers from Silero VAD, where they were expected.');
}
