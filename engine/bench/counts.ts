import type { Runtime, Session, Tensor } from '../src/model/runtime.ts';

/**
 * What the networks are asked to do, counted by a runtime around the runtime: how much work a recording is, whatever the
 * machine. A saving that is lost shows here as a larger number (engine/test/counts.test.ts), also when nobody notices
 * the time. The seconds are for the benchmark's table.
 *
 *   engine → counting runtime → (waits for one of `concurrency` places) → runtime
 */
export type Network = 'segmentation' | 'trunk' | 'head' | 'embedding';

export interface Work {
  /** Calls of a network. */
  readonly runs: Readonly<Record<Network, number>>;
  /** Windows that were segmented. */
  readonly windows: number;
  /** Log-mel frames that went through the convolutions of the embedding, which are nearly all of the cost. */
  readonly trunkFrames: number;
  /** Frames of each run of the trunk, in the order of the runs. */
  readonly framesOfRuns: readonly number[];
  /** Vectors that were pooled. */
  readonly voices: number;
  /** Bytes of the tensors that a network was fed, and that it gave: what is copied to and from where it runs. */
  readonly fed: Readonly<Record<Network, number>>;
  readonly given: Readonly<Record<Network, number>>;
  /** Seconds that inference threads spent in each network, those of several threads added up. */
  readonly seconds: Readonly<Record<Network, number>>;
}

export interface CountingRuntime extends Runtime {
  readonly work: Work;
  /** Forgets what was counted so far. */
  reset(): void;
}

export function countingRuntime(runtime: Runtime): CountingRuntime {
  const limit = places(runtime.concurrency);
  let work = nothing();

  async function load(model: Parameters<Runtime['load']>[0]): Promise<Session> {
    const session = await runtime.load(model);
    return {
      inputs: session.inputs,
      outputs: session.outputs,
      release: () => session.release(),
      run: async (feeds) => {
        const call = describeCall(feeds);
        add(work, call);
        await limit.take();
        const started = performance.now();
        try {
          const outputs = await session.run(feeds);
          work.given[call.network] += bytesOf(outputs);
          return outputs;
        } finally {
          work.seconds[call.network] += (performance.now() - started) / 1000;
          limit.giveBack();
        }
      },
    };
  }

  return {
    device: runtime.device,
    blockedLayout: runtime.blockedLayout,
    concurrency: runtime.concurrency,
    load,
    close: () => runtime.close(),
    get work() {
      return work;
    },
    reset: () => {
      work = nothing();
    },
  };
}

interface Call {
  readonly network: Network;
  readonly fed: number;
  readonly windows: number;
  readonly trunkFrames: number;
  readonly voices: number;
}

/**
 * Which network a call is for, and how much it asks for, by the shapes of what it is fed:
 * (windows, 1, samples) segmentation; (1, frames, 80) trunk; (voices, …, features) + (voices, frames) head; log-mel or
 * samples + masks an embedding in one piece.
 */
function describeCall(feeds: Readonly<Record<string, Tensor>>): Call {
  const dims = Object.values(feeds).map((tensor) => tensor.dims);
  const [sound, masks] = dims;
  const fed = bytesOf(feeds);
  if (dims.length === 1)
    return sound[1] === 1
      ? { network: 'segmentation', fed, windows: sound[0], trunkFrames: 0, voices: 0 }
      : { network: 'trunk', fed, windows: 0, trunkFrames: sound[0] * sound[1], voices: 0 };
  if (sound.length === 3 && sound[2] === 80)
    return { network: 'embedding', fed, windows: 0, trunkFrames: sound[0] * sound[1], voices: masks[0] };
  if (sound.length === 2)
    return { network: 'embedding', fed, windows: 0, trunkFrames: sound[0] * framesIn(sound[1]), voices: masks[0] };
  return { network: 'head', fed, windows: 0, trunkFrames: 0, voices: sound[0] };
}

function bytesOf(tensors: Readonly<Record<string, Tensor>>): number {
  return Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
}

/** 25 ms frames every 10 ms in so many samples. */
function framesIn(numSamples: number): number {
  return 1 + Math.floor((numSamples - 400) / 160);
}

interface Tally extends Work {
  readonly runs: Record<Network, number>;
  windows: number;
  trunkFrames: number;
  readonly framesOfRuns: number[];
  voices: number;
  readonly fed: Record<Network, number>;
  readonly given: Record<Network, number>;
  readonly seconds: Record<Network, number>;
}

function nothing(): Tally {
  const none = (): Record<Network, number> => ({ segmentation: 0, trunk: 0, head: 0, embedding: 0 });
  return {
    runs: none(),
    windows: 0,
    trunkFrames: 0,
    framesOfRuns: [],
    voices: 0,
    fed: none(),
    given: none(),
    seconds: none(),
  };
}

function add(tally: Tally, { network, fed, windows, trunkFrames, voices }: Call): void {
  tally.runs[network]++;
  tally.windows += windows;
  tally.trunkFrames += trunkFrames;
  if (trunkFrames > 0) tally.framesOfRuns.push(trunkFrames);
  tally.voices += voices;
  tally.fed[network] += fed;
}

/** So many may hold a place at a time; others wait in line, so that a run is timed from when a thread is free. */
function places(count: number): { take(): Promise<void>; giveBack(): void } {
  const waiting: (() => void)[] = [];
  let free = count;
  return {
    take: () => {
      if (free > 0) {
        free--;
        return Promise.resolve();
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    giveBack: () => {
      const next = waiting.shift();
      if (next) next();
      else free++;
    },
  };
}
