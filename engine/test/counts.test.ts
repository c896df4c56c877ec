import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { countingRuntime, type Work } from '../bench/counts.ts';
import { streamOf } from '../src/audio/samples.ts';
import type { Audio } from '../src/core/audio.ts';
import { assemble } from '../src/diarize/assemble.ts';
import { diarize } from '../src/diarize/diarize.ts';
import type { LocalSpeech } from '../src/diarize/localSpeech.ts';
import type { DiarizeEvent } from '../src/diarize/options.ts';
import type { Speed } from '../src/model/embed/loadEmbedding.ts';
import type { ModelManifest } from '../src/model/manifest.ts';
import { DEFAULT_PARAMETERS } from '../src/model/parameters.ts';
import { floats, type Runtime, type Session, type Tensor } from '../src/model/runtime.ts';
import { createRuntime } from '../src/node/runtime/device.ts';
import { base, modelFolder, samplesOf } from './parity/reference.ts';

/**
 * How much work a recording is: windows segmented, log-mel frames computed, frames through the trunk, voices pooled, bytes
 * to and from the networks, bytes kept (memory.test.ts has those that come after). None depends on the machine, so a saving that gets lost fails here, not in somebody's benchmark. The networks are scripts:
 * the segmentation hears the first speaker from 12.0 to 13.5 s and the second from 14 to 16 s, wherever its window lies.
 */
const made = vi.hoisted(() => ({ frames: 0 }));
vi.mock('../src/audio/fbank.ts', async (original) => {
  const module = await original<typeof import('../src/audio/fbank.ts')>();
  return {
    ...module,
    fbank: (samples: Float32Array) => {
      made.frames += module.numFbankFrames(samples.length);
      return module.fbank(samples);
    },
  };
});
beforeEach(() => {
  made.frames = 0;
});

type Spoken = (time: number) => 0 | 1 | 2;
const twoTurns: Spoken = (time) => (time >= 12 && time < 13.5 ? 1 : time >= 14 && time < 16 ? 2 : 0);

describe('40 s in which two people say something between 12 and 16 s', () => {
  test('exact: a window a second, the trunk once for each that hears somebody and only where', async () => {
    const { work } = await count(clockOf(40), { spoken: twoTurns, speed: 'exact' });
    expect(work.windows).toBe(31); // 0-10 s, 1-11 s … 30-40 s
    expect(work.runs.segmentation).toBe(9); // stretches of 16 and 15 windows: four by four, 14 as 4 + 4 + 4 + 2, and the last by itself
    expect(work.runs.trunk).toBe(13); // from 3-13 s to 15-25 s
    expect(work.runs.head).toBe(13);
    expect(work.voices).toBe(22); // the first speaker in windows 3 … 13, the second in 5 … 15
    // From 128 log-mel frames before the first frame of speech, on a multiple of 8, to 128 after the last. By hand for the
    // window from 8 s: speech in mask frames 236 … 472 of 589, which are log-mel frames 399.9 … 801.4 of 998, so from 264
    // (271 rounded down) to 930. NumPy did the others.
    expect(work.framesOfRuns).toEqual([230, 326, 430, 534, 630, 666, 660, 664, 628, 528, 427, 327, 227]);
    expect(made.frames).toBe(3998); // each 10 ms once: (640000 - 400) / 160 + 1
  });

  test('exact, in bytes: what the networks are fed and give, and what is kept of it', async () => {
    const { work, kept } = await count(clockOf(40), { spoken: twoTurns, speed: 'exact' });
    expect(work.fed.segmentation).toBe(19_840_000); // 31 windows of 160,000 floats, each once
    expect(work.given.segmentation).toBe(511_252); // 31 · 589 frames · 7 sets · 4 bytes
    expect(work.fed.trunk).toBe(2_008_640); // the 6,277 log-mel frames of above, 80 bands of 4 bytes
    // two channels; the runs' frames by 8 are 29 + 41 + 54 + 67 + 79 + 84 + 83 + 83 + 79 + 66 + 54 + 41 + 29 = 789 steps
    expect(work.given.trunk).toBe(6_312);
    expect(work.fed.head).toBe(73_832); // 22 voices: 2 channels of a window's 125 steps, a mask of 589, 4 bytes each
    expect(work.given.head).toBe(352); // 22 · 4 dimensions · 4 bytes
    expect(kept.activity.talking.byteLength).toBe(18_259); // 31 · 589: a byte a frame, for three speakers
    expect(kept.embeddings.vectors.byteLength).toBe(352); // a vector a voice, none for who does not talk
  });

  test('balanced: a window every 0.96 s, the trunk once over all of them that hear somebody', async () => {
    const { work } = await count(clockOf(40), { spoken: twoTurns, speed: 'balanced' });
    expect(work.windows).toBe(33); // 32 whole ones in 40 s, and one for the rest
    expect(work.runs.trunk).toBe(1);
    expect(work.trunkFrames).toBe(2504); // windows 3 (2.88 s) to 16 (ends at 25.36 s), 128 frames more on either side
    expect(work.voices).toBe(24); // the first speaker in windows 3 … 14, the second in 5 … 16
    expect(made.frames).toBe(4070); // the last window ends at 40.72 s: (651520 - 400) / 160 + 1
  });

  test('turbo: a window every 2 s', async () => {
    const { work } = await count(clockOf(40), { spoken: twoTurns, speed: 'turbo' });
    expect(work.windows).toBe(16);
    expect(work.runs.trunk).toBe(1);
    expect(work.trunkFrames).toBe(2256); // windows 2 (4 s) to 7 (ends at 24 s)
    expect(work.voices).toBe(10); // the first speaker in windows 2 … 6, the second in 3 … 7
    expect(made.frames).toBe(3998);
  });

  test('a trunk made to be shared runs once a stretch of 64 windows in exact mode too', async () => {
    const { work } = await count(clockOf(40), { spoken: twoTurns, speed: 'exact', shared: true });
    expect(work.runs.trunk).toBe(1);
    expect(work.trunkFrames).toBe(2360); // windows 3 to 15 (3 … 25 s), 80 frames more on either side
    expect(work.voices).toBe(22);
  });
});

test('150 s of speech: three stretches, the trunk once over each', async () => {
  const { work } = await count(clockOf(150), { spoken: () => 1, speed: 'exact', shared: true });
  expect(work.windows).toBe(141);
  // windows 0-63 hear 0-73 s, 64-127 hear 64-137 s, 128-140 hear 128-150 s; 80 frames more where there are any
  expect(work.framesOfRuns).toEqual([7380, 7460, 2278]);
  expect(work.voices).toBe(141);
  expect(made.frames).toBe(14998);
});

test('nobody speaks: the trunk never runs', async () => {
  const { work } = await count(clockOf(40), { spoken: () => 0, speed: 'exact' });
  expect(work.windows).toBe(31);
  expect([work.runs.trunk, work.runs.head, work.trunkFrames, work.voices]).toEqual([0, 0, 0, 0]);
});

test('a recording of 30 s with its own networks: as much as pyannote.audio finds in it', async () => {
  const { numChunks } = base('dev00');
  const inference = await createRuntime({ device: 'cpu', threads: 2 });
  try {
    const audio = { sampleRate: 16000, samples: samplesOf('dev00') };
    const segmentation = await inference.load({ path: join(modelFolder, 'segmentation.onnx') });
    const { work } = await count(audio, { segmentation, speed: 'exact' });
    expect(work.windows).toBe(numChunks);
    // counted with NumPy in pyannote's own segmentation, fixtures/parity/rec/dev00/base.npz
    expect(work.runs.trunk).toBe(22);
    expect(work.voices).toBe(66);
    // 942 + 998 + 886 + 19 · 998, a frame of speech being 1.7 of them: float noise may move an end by as much
    expect(Math.abs(work.trunkFrames - 21788)).toBeLessThanOrEqual(16);
  } finally {
    await inference.close();
  }
});

interface Scripted {
  readonly speed: Speed;
  readonly spoken?: Spoken;
  readonly segmentation?: Session;
  /** A trunk that is made to run over long stretches, as the embedded model's. */
  readonly shared?: boolean;
}

/** Runs the pipeline as `createDiarizer` puts it together, on networks that only look at the clock. */
async function count(
  audio: Audio,
  { speed, spoken = () => 0, segmentation = scriptedSegmentation(spoken), shared = false }: Scripted,
): Promise<{ readonly work: Work; readonly kept: Omit<LocalSpeech, 'duration'> }> {
  const sessions: Record<string, Session> = {
    segmentation,
    trunk: scriptedTrunk(shared ? 4 : 8),
    head: scriptedHead(),
  };
  const scripts: Runtime = {
    device: 'script',
    concurrency: 2,
    load: async (model) => sessions['path' in model ? model.path : ''],
    close: async () => {},
  };
  const runtime = countingRuntime(scripts);
  const manifest: ModelManifest = {
    format: 1,
    name: 'scripted',
    version: '0',
    description: '',
    task: 'diarization',
    sampleRate: 16000,
    windowDuration: 10,
    pipeline: '3.1',
    powerset: { numSpeakers: 3, maxSimultaneous: 2 },
    embedding: {
      dimension: DIMENSION,
      fbankMean: 'window',
      minNumSamples: 400,
      shared: shared ? { subsampling: 4, margin: 80 } : undefined,
    },
    parameters: {},
    files: {},
    licences: [],
  };
  const files = { segmentation: 'segmentation', 'embedding-trunk': 'trunk', 'embedding-head': 'head' };
  const { models, defaults } = await assemble(
    { manifest, pipeline: '3.1', parameters: DEFAULT_PARAMETERS['3.1'], files },
    runtime,
    { source: async (role) => ({ path: role.replace('embedding-', '') }), bytes: async () => new Uint8Array() },
    { speed },
  );
  const kept: { -readonly [K in 'activity' | 'embeddings']?: LocalSpeech[K] } = {};
  const observe = (event: DiarizeEvent): void => {
    if (event.type === 'activity') kept.activity = event.activity;
    else if (event.type === 'embeddings') kept.embeddings = event.embeddings;
  };
  await diarize(streamOf(audio), models, { ...defaults, observe });
  return { work: runtime.work, kept: kept as Omit<LocalSpeech, 'duration'> };
}

const DIMENSION = 4;
const NUM_CHANNELS = 2;
const NUM_FRAMES = 589;
const NUM_CLASSES = 7;

/** Each sample tells the time, so that a window knows where it lies. */
function clockOf(seconds: number): Audio {
  const samples = Float32Array.from({ length: seconds * 16000 }, (_, i) => i / 16000 / 256);
  return { sampleRate: 16000, samples };
}

function session(
  inputs: Record<string, (number | string)[]>,
  outputs: Record<string, (number | string)[]>,
  run: (feeds: Readonly<Record<string, Tensor>>) => Tensor,
): Session {
  const describe = (tensors: Record<string, (number | string)[]>) =>
    Object.entries(tensors).map(([name, dims]) => ({ name, type: 'float32', dims }));
  const [name] = Object.keys(outputs);
  return {
    inputs: describe(inputs),
    outputs: describe(outputs),
    run: async (feeds) => ({ [name]: run(feeds) }),
    release: async () => {},
  };
}

/** In each frame, whoever is said to speak at its middle. */
function scriptedSegmentation(spoken: Spoken): Session {
  return session({ x: ['n', 1, 't'] }, { y: ['n', 'frames', NUM_CLASSES] }, ({ x }) => {
    const [numWindows, , numSamples] = x.dims;
    const data = new Float32Array(numWindows * NUM_FRAMES * NUM_CLASSES).fill(-10);
    for (let window = 0; window < numWindows; window++) {
      const start = Math.round((x.data as Float32Array)[window * numSamples] * 256 * 100) / 100;
      for (let frame = 0; frame < NUM_FRAMES; frame++) {
        const time = start + 0.06193750000000001 / 2 + frame * 0.016875;
        data[(window * NUM_FRAMES + frame) * NUM_CLASSES + spoken(time)] = 0;
      }
    }
    return floats(data, [numWindows, NUM_FRAMES, NUM_CLASSES]);
  });
}

function scriptedTrunk(stride: number): Session {
  return session({ fbank: [1, 'frames', 80] }, { features: [1, NUM_CHANNELS, 'steps'] }, ({ fbank }) => {
    const numSteps = Math.ceil(fbank.dims[1] / stride);
    return floats(new Float32Array(NUM_CHANNELS * numSteps), [1, NUM_CHANNELS, numSteps]);
  });
}

function scriptedHead(): Session {
  const inputs = { features: ['n', NUM_CHANNELS, 'steps'], weights: ['n', 'frames'] };
  return session(inputs, { embedding: ['n', DIMENSION] }, ({ features }) =>
    floats(new Float32Array(features.dims[0] * DIMENSION).fill(1), [features.dims[0], DIMENSION]),
  );
}
