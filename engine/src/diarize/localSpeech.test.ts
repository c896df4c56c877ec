import { expect, test } from 'vitest';
import { streamOf } from '../audio/samples.ts';
import { localSpeech } from './localSpeech.ts';

/** Networks that hear everybody they can tell apart, all the time. */
const models = (numSpeakers: number) => ({
  segmentation: {
    sampleRate: 16000,
    chunkNumSamples: 160000,
    numFrames: 2,
    grid: { start: 0, duration: 5, step: 5 },
    numSpeakers,
    maxSimultaneous: 0,
    numClasses: numSpeakers,
    batchSize: 1,
    run: async () => new Float32Array(2 * numSpeakers).fill(1),
  },
  embedding: {
    dimension: 1,
    minNumSamples: 400,
    contextFrames: -1,
    chunksPerStretch: 1,
    embed: async (_: unknown, voices: readonly unknown[]) => new Float32Array(voices.length),
  },
});
const tenSeconds = () => streamOf({ sampleRate: 16000, samples: new Float32Array(160000) });

test('eight speakers of a chunk are kept, a bit each', async () => {
  const { activity, embeddings } = await localSpeech(tenSeconds(), models(8), {});
  expect([...activity.talking]).toEqual([255, 255]);
  expect([...embeddings.speaker]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('networks that tell more apart are refused', async () => {
  await expect(localSpeech(tenSeconds(), models(9), {})).rejects.toThrow(
    'Got a segmentation of 9 speakers a chunk when 8',
  );
});
